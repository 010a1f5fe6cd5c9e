"""What one exchange shows of a broken rule, of each kind; and what it does not show is not told."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.proxy.exchange import Copy, Exchange
from specdouble.proxy.inspector import Inspector

INSPECTOR = Inspector(read(Path(__file__).parent / "rules.yaml"))
GOOD = {
    "id": "t1", "owner": "ada", "code": "c1", "name": "Tea", "from": 1, "to": 2, "size": 3, "double": 6, "state": "new",
    "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00+00:00",
}  # fmt: skip
ADMIN = {"sub": "ada", "owner": "ada", "role": "ADMIN"}


def bearer(claims: dict[str, Any]) -> bytes:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
    return b"Bearer eyJhbGciOiJub25lIn0." + part + b".c2ln"


def told(method: str, sent: Any, answer: Any, claims: dict[str, Any] | None = ADMIN) -> list[str]:
    """What an exchange shows: the rules, else the sentences."""
    request, content = Copy(10_000), Copy(10_000)
    request.add(b"" if sent is None else json.dumps(sent).encode())
    content.add(json.dumps(answer).encode())
    headers = [(b"content-type", b"application/json")]
    headers += [(b"authorization", bearer(claims))] if claims is not None else []
    status = 201 if method == "POST" else 200
    exchange = Exchange(
        method, "/things", b"", headers, 0, request, content, status, [(b"content-type", b"application/json")]
    )
    violations = INSPECTOR.violations(INSPECTOR.meet(method, "/things"), exchange)
    return [one.rule or one.message for one in violations]


def test_an_exchange_that_keeps_every_rule_is_silent() -> None:
    assert told("POST", {"name": "Tea", "from": 1, "to": 2}, GOOD) == []
    assert told("GET", None, [GOOD, {**GOOD, "id": "t2", "name": "Cake"}]) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"size": 4, "double": 8}, "default:things.size"),
        ({"double": 7}, "computed:things.double"),
        ({"state": "old"}, "transitions:things.state"),
        ({"from": 3}, "validations:things.from+to"),
        ({"updatedAt": "2025-12-31T23:59:59Z"}, "timestamp:things.updatedAt"),
        ({"owner": "grace"}, "owner:things.owner"),
    ],
)
def test_a_new_document_that_breaks_a_rule_is_told_by_its_id(change: dict[str, Any], rule: str) -> None:
    assert told("POST", {"name": "Tea"}, {**GOOD, **change}) == [rule]


def test_a_text_of_the_clients_that_the_server_should_set_is_told() -> None:
    assert told("POST", {"name": "Tea", "code": "mine"}, {**GOOD, "code": "mine"}) == ["readOnly:things.code"]
    assert told("POST", {"name": "Tea", "code": "mine"}, GOOD) == []


def test_a_list_shows_a_name_that_is_taken_twice_but_not_one_of_two_owners() -> None:
    again = {**GOOD, "id": "t2", "name": " tea "}
    assert told("GET", None, [GOOD, again]) == ["unique:things.name"]
    others = {**again, "owner": "grace"}
    assert "unique:things.name" not in told("GET", None, [GOOD, others])
    assert told("GET", None, [GOOD, GOOD]) == []  # the same document, shown twice


def test_a_list_shows_more_than_there_may_be() -> None:
    many = [{**GOOD, "id": f"t{number}", "name": f"n{number}"} for number in range(3)]
    assert told("GET", None, many) == ["limit:things"]


def test_a_caller_without_the_role_who_was_let_in_is_told() -> None:
    assert told("POST", {"name": "Tea"}, GOOD, {**ADMIN, "role": "USER"}) == ["roles:createThing"]
    assert told("POST", {"name": "Tea"}, GOOD, {"sub": "ada"}) == []  # the token says nothing of roles


def test_a_request_without_credentials_that_was_taken_is_told() -> None:
    assert told("GET", None, [], None) == ["authentication"]


def test_what_a_document_does_not_show_is_not_guessed() -> None:
    assert told("GET", None, [{"id": "t1", "double": 1, "from": 5, "name": "Tea"}, {"id": "t2", "name": "Tea"}]) == []
