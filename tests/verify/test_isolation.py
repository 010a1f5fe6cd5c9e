"""Who is kept from what: by whose a document is, and by whose what it lies below is."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, HTTPException

from specdouble.contract import read
from specdouble.verify import Account, Settings, verify
from specdouble.verify.attack import Write
from specdouble.verify.case import Case
from specdouble.verify.plan import plan
from specdouble.verify.session import Session
from specdouble.verify.settings import load
from specdouble.verify.verdict import BROKEN, KEPT
from tests.applications import serving

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


NOTES = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
security: [{token: []}]
paths:
  /notes:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        '200': {description: shown, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
        '404': {description: unknown}
    delete:
      responses: {'204': {description: gone}, '403': {description: not yours to do}, '404': {description: unknown}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    New: {type: object, properties: {text: {type: string}}}
    Note:
      type: object
      x-resource: {collection: notes, id: id, tenant: firm}
      properties: {id: {type: string}, firm: {type: string}, text: {type: string}}
"""
FIRMS = {"token-of-ida": "north", "token-of-mo": "south"}
CHIEF = "token-of-ida"


def _notes(*, tells_of_others: bool) -> FastAPI:
    """Notes that a chief alone deletes; or whoever's they are, and others' are forbidden, but not what is not there."""
    app, held, numbers = FastAPI(), dict[str, dict[str, Any]](), count()

    @app.post("/notes", status_code=201)
    def post(body: dict[str, Any], authorization: Annotated[str, Header()]) -> dict[str, Any]:
        key = str(next(numbers))
        held[key] = {"id": key, "firm": FIRMS[authorization.removeprefix("Bearer ")], **body}
        return held[key]

    @app.get("/notes/{key}")
    def get(key: str, authorization: Annotated[str, Header()]) -> dict[str, Any]:
        if held.get(key, {}).get("firm") != FIRMS[authorization.removeprefix("Bearer ")]:
            raise HTTPException(404)
        return held[key]

    @app.delete("/notes/{key}", status_code=204)
    def delete(key: str, authorization: Annotated[str, Header()]) -> None:
        token = authorization.removeprefix("Bearer ")
        if token != CHIEF and not tells_of_others:
            raise HTTPException(403)
        if held.get(key, {}).get("firm") != FIRMS[token]:
            raise HTTPException(403 if tells_of_others and key in held else 404)
        del held[key]

    return app


@pytest.mark.parametrize(("tells_of_others", "state"), [(False, KEPT), (True, BROKEN)])
def test_who_may_delete_nothing_at_all_is_told_nothing_of_others(
    tmp_path: Path, tells_of_others: bool, state: str
) -> None:
    (tmp_path / "openapi.yaml").write_text(NOTES, "utf-8")
    users = tuple(Account(token, {}, {"token": token}) for token in FIRMS)
    with serving(_notes(tells_of_others=tells_of_others)) as url:
        told = Settings(url=url, yes=True, users=users, phases=("rules",), rules=("tenant:notes.firm",))
        verdict = verify(read(tmp_path), told)
    assert verdict.rows["tenant:notes.firm"].state == state
