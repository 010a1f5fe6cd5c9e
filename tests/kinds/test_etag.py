"""`x-etag` and `x-idempotency` on a contract whose shape says nothing of either."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from specdouble.contract import read
from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("tickets.yaml")
TAGS, PUT, DELETE, KEYS = "etag:tickets", "etag:put_ticket", "etag:delete_ticket", "idempotency:post_ticket"
DRAFT = {"subject": "no light"}


@pytest.fixture(scope="module")
def tickets() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


def create(tickets: httpx.Client, key: str = "", **more: Any) -> httpx.Response:
    return tickets.post("/tickets", json={**DRAFT, **more}, headers={"X-Request-Key": key or uuid4().hex})


# The double


def test_every_answer_with_a_document_tells_its_tag(tickets: httpx.Client) -> None:
    made = create(tickets)
    path, tag = f"/tickets/{made.json()['id']}", made.headers["ETag"]
    assert tickets.get(path).headers["ETag"] == tag
    changed = tickets.put(path, json={"subject": "light"}, headers={"If-Match": tag})
    assert changed.headers["ETag"] not in ("", tag)


def test_who_has_the_present_version_is_not_sent_it(tickets: httpx.Client) -> None:
    made = create(tickets)
    path = f"/tickets/{made.json()['id']}"
    answers = [tickets.get(path, headers={"If-None-Match": tag}) for tag in (made.headers["ETag"], '"other"')]
    assert [one.status_code for one in answers] == [304, 200]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_change_names_the_present_version(tickets: httpx.Client, method: str) -> None:
    made = create(tickets)
    path, body = f"/tickets/{made.json()['id']}", DRAFT if method == "PUT" else None
    asked: list[dict[str, str]] = [{}, {"If-Match": '"other"'}, {"If-Match": made.headers["ETag"]}]
    answers = [tickets.request(method, path, json=body, headers=fields) for fields in asked]
    assert [one.status_code for one in answers[:2]] == [428, 412]
    assert answers[2].is_success


def test_a_change_without_a_version_says_which_rule_asks_for_one(tickets: httpx.Client) -> None:
    refused = tickets.delete(f"/tickets/{create(tickets).json()['id']}")
    assert refused.headers["X-Specdouble-Rule"] == DELETE


def test_the_same_request_with_the_same_key_is_done_once(tickets: httpx.Client) -> None:
    before = len(tickets.get("/tickets").json())
    answers = [create(tickets, "again") for _ in range(3)]
    assert len({one.json()["id"] for one in answers}) == 1
    assert len(tickets.get("/tickets").json()) == before + 1


def test_another_request_with_the_key_is_refused_and_one_without_is_too(tickets: httpx.Client) -> None:
    assert create(tickets, "once").status_code == 201
    assert create(tickets, "once", subject="another").status_code == 422
    assert tickets.post("/tickets", json=DRAFT).status_code == 400


# The annotations


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("x-etag: {required: true}", "x-etag: strong", "neither true nor a mapping"),
        ("x-etag: {required: true}", "x-etag: {required: yes please}", "`required` is neither true nor false"),
        ("x-etag: {required: true}", "x-etags: true", "unknown annotation `x-etags`"),
        ("header: X-Request-Key", "header: the key", "names no header field"),
        ("header: X-Request-Key", "headers: X-Request-Key", "has no key `headers`"),
        ("x-idempotency:", "x-idempotent:", "unknown annotation `x-idempotent`"),
    ],
)
def test_lint_refuses_what_says_nothing(tmp_path: Path, written: str, instead: str, reason: str) -> None:
    assert any(reason in one for one in findings_of(CONTRACT, written, instead, tmp_path))


def test_the_operations_have_what_the_contract_is_silent_on() -> None:
    operation = read(CONTRACT).operations["put_ticket"]
    assert {"412", "428"} <= operation.statuses
    assert [one.name for one in operation.parameters if one.location == "header"] == ["If-Match"]


ACTION = """
  /tickets/{id}/close:
    post:
      operationId: close_ticket
      x-action: {action: update, collection: tickets, id: id, set: {urgent: true}}
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'204': {description: closed}, '404': {description: there is none}, 'STATUS': {description: no}}
"""


@pytest.mark.parametrize(("status", "is_conditional"), [("409", False), ("412", True), ("428", True)])
def test_an_action_is_conditional_where_it_says_so(tmp_path: Path, status: str, is_conditional: bool) -> None:
    text = CONTRACT.read_text("utf-8").replace("\ncomponents:", ACTION.replace("STATUS", status) + "components:")
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    contract = read(tmp_path)
    fields = {one.name for one in contract.operations["close_ticket"].parameters}
    assert ("etag:close_ticket" in contract.rules, "If-Match" in fields) == (is_conditional, is_conditional)


# The verifier


class Tickets:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.tickets: dict[str, dict[str, Any]] = {}
        self.answered: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.app = FastAPI()
        self.app.get("/tickets")(lambda: [*self.tickets.values()])
        self.app.post("/tickets")(self.post)
        self.app.get("/tickets/{id}")(self.get)
        self.app.put("/tickets/{id}")(self.put)
        self.app.delete("/tickets/{id}")(self.delete)

    def tag(self, ticket: dict[str, Any]) -> str:
        told = ticket["id"] if self.fault == "stands still" else json.dumps(ticket)
        return '"' + hashlib.sha256(told.encode()).hexdigest() + '"'

    def shown(self, ticket: dict[str, Any], status: int = 200) -> Response:
        headers = {} if self.fault == "untold" else {"ETag": self.tag(ticket)}
        return JSONResponse(ticket, status, headers)

    @staticmethod
    def is_wrong(body: Any) -> bool:
        subject = body.get("subject") if isinstance(body, dict) else None
        is_text = isinstance(subject, str) and 0 < len(subject) <= 60
        return not is_text or not isinstance(body.get("urgent", True), bool)

    async def post(self, request: Request) -> Response:
        body, key = await request.json(), request.headers.get("X-Request-Key")
        if self.is_wrong(body) or (key is None and self.fault != "no key"):
            return Response(status_code=400)
        if key in self.answered and self.fault != "done again":
            sent, ticket = self.answered[key]
            if sent != body and self.fault != "any body":
                return Response(status_code=422)
            return self.shown(ticket, 201)
        ticket = {"id": uuid4().hex, **{name: body[name] for name in ("subject", "urgent") if name in body}}
        self.tickets[ticket["id"]] = ticket
        self.answered[str(key)] = body, ticket
        return self.shown(ticket, 201)

    async def get(self, id: str, request: Request) -> Response:
        if id not in self.tickets:
            return Response(status_code=404)
        ticket = self.tickets[id]
        if request.headers.get("If-None-Match") == self.tag(ticket) and self.fault != "no 304":
            return Response(status_code=304)
        return self.shown(ticket)

    def refusal(self, id: str, request: Request) -> int:
        if id not in self.tickets:
            return 404
        asked = request.headers.get("If-Match")
        if asked is None:
            return 0 if self.fault == "not required" else 428
        tags = [asked] if self.fault == "one tag alone" else [one.strip() for one in asked.split(",")]
        is_present = asked == "*" or self.tag(self.tickets[id]) in tags
        return 0 if is_present or self.fault == "not compared" else 412

    async def put(self, id: str, request: Request) -> Response:
        body = await request.json()
        if self.is_wrong(body):
            return Response(status_code=400)
        refused = self.refusal(id, request)
        if refused:
            return Response(status_code=refused)
        ticket = {"id": id, **{name: body[name] for name in ("subject", "urgent") if name in body}}
        self.tickets[id] = ticket
        return self.shown(ticket)

    async def delete(self, id: str, request: Request) -> Response:
        refused = self.refusal(id, request)
        if not refused:
            del self.tickets[id]
        return Response(status_code=refused or 204)


def test_a_server_that_keeps_all_is_found_to_keep_it() -> None:
    rules = (TAGS, PUT, DELETE, KEYS)
    verdict = verdict_of(Tickets().app, CONTRACT, rules)
    assert {key: verdict.rows[key].state for key in rules} == dict.fromkeys(rules, "kept")


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("untold", TAGS),
        ("stands still", TAGS),
        ("no 304", TAGS),
        ("not compared", TAGS),
        ("one tag alone", TAGS),
        ("not required", PUT),
        ("not required", DELETE),
        ("done again", KEYS),
        ("any body", KEYS),
        ("no key", KEYS),
    ],
)
def test_a_server_that_does_not_is_found_to_break_it(fault: str, rule: str) -> None:
    assert rule in verdict_of(Tickets(fault).app, CONTRACT, (rule,)).broken


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["etag", "idempotency"])
def test_the_verifier_kills_each_mutant(kind: str) -> None:
    assert survivors(CONTRACT, kind) == []
