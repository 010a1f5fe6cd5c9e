"""Who is kept from what: by whose a document is, and by whose what it lies below is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify.attack import Write
from specdouble.verify.case import Case
from specdouble.verify.plan import plan
from specdouble.verify.session import Session
from specdouble.verify.settings import load

ORDERS = Path(__file__).parents[1] / "abroad" / "contracts" / "comments-below-orders"
BELOW = "what lies below another's document is not found by {}"


@pytest.fixture(scope="module")
def session() -> Session:
    """Uma and viv are of one account, wes of another; no server is asked."""
    return Session(read(ORDERS), replace(load(ORDERS), url="http://127.0.0.1:9"))


@pytest.fixture(scope="module")
def cases(session: Session) -> list[Case]:
    """What would be tried."""
    return [one for one in plan(session) if isinstance(one, Case)]


def test_what_lies_below_a_document_of_an_organization_is_closed_to_others(cases: list[Case]) -> None:
    tried = {one.promise for one in cases if one.check == "tenant:orders.account"}
    labels = "/v1/orders/{orderId}/labels"
    assert {BELOW.format(f"GET {labels}"), BELOW.format(f"POST {labels}")} <= tried


def test_what_is_shared_is_not_there_for_who_does_not_see_what_it_lies_below(cases: list[Case]) -> None:
    told = {(one.detail, one.promise) for one in cases if one.check == "owner:comments.author"}
    assert ("uma's, by viv", "another's document can be read") in told
    assert ("uma's, by wes", "another's document cannot be read") in told
    assert ("uma's, by wes", "another's document can be read") not in told


def test_a_limit_below_a_document_is_shared_by_those_who_see_the_document(cases: list[Case]) -> None:
    beside = {one.detail for one in cases if one.check == "limit:labels" and "beside" in one.detail}
    assert beside == {"viv's beside uma's", "uma's beside viv's"}


def test_what_a_create_fills_in_need_not_be_sent_to_keep_a_validation(session: Session) -> None:
    subject = session.subjects["orders"]
    body = {"buyer": "Ida"}
    assert session.bodies.kept(subject, Write(subject.creators[0], body)) == body
