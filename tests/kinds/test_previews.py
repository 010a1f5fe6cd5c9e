"""An operation without a collection shows documents that keep their rules, and refuses those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import read
from specdouble.verify.settings import Settings
from specdouble.verify.verification import verify
from tests.kinds.others import doubled

CONTRACT = Path(__file__).with_name("previews.yaml")
WRONG = {"low": 30, "high": 1, "total": 31}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


def keeps(order: dict[str, Any]) -> bool:
    low, high, total = order["low"], order["high"], order["total"]
    return bool(low < high and total == low + high and order["doubled"] == 2 * total)


def test_a_sample_keeps_what_rules_say_of_a_document(client: httpx.Client) -> None:
    assert keeps(client.get("/best-order").json())
    orders = client.get("/top").json()["orders"]
    assert len(orders) == 2
    assert all(map(keeps, orders))


def test_a_sample_that_is_made_anew_does_too(client: httpx.Client) -> None:
    for _ in range(3):
        assert all(map(keeps, client.get("/top", headers={"Prefer": "dynamic=true"}).json()["orders"]))


def test_a_document_that_breaks_a_rule_is_refused_with_the_rule(client: httpx.Client) -> None:
    refused = client.post("/preview", json=WRONG)
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (422, "validations:orders.low+high")


def test_a_body_that_only_has_documents_inside_is_none_of_them(client: httpx.Client) -> None:
    assert client.post("/waybills", json={"orders": [WRONG]}).status_code == 200


def test_a_schema_that_leads_back_to_itself_in_many_ways_is_looked_through_once(client: httpx.Client) -> None:
    assert client.get("/grammar").status_code == 200


def test_what_was_sent_is_shown_as_it_was_sent(client: httpx.Client) -> None:
    shown = client.post("/preview", json={"low": 3, "high": 7, "total": 10}).json()
    assert {**shown, "id": ""} == {"id": "", "low": 3, "high": 7, "total": 10, "doubled": 20}


@pytest.mark.slow
def test_the_verifier_sends_such_operations_documents_that_keep_the_rules() -> None:
    with doubled(CONTRACT) as client:
        verdict = verify(read(CONTRACT), Settings(url=str(client.base_url), yes=True))
    assert (verdict.failures, verdict.broken) == ([], [])
    assert verdict.lacking == []
