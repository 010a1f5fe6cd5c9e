"""Below a document of this run, too, nothing of another's is written to: a server may look at the last id alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.guard import Guard
from specdouble.verify.ledger import Ledger

CONTRACT = """
openapi: 3.0.3
info: {title: A blog, version: "1"}
paths:
  /articles:
    post:
      operationId: write
      responses: {"201": {description: made, content: {application/json: {schema: {type: object}}}}}
  /articles/{slug}:
    get:
      operationId: read
      parameters: [{name: slug, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: one, content: {application/json: {schema: {type: object}}}}}
    delete:
      operationId: withdraw
      parameters: [{name: slug, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: gone}}
  /articles/{slug}/copy:
    parameters: [{name: slug, in: path, required: true, schema: {type: string}}]
    post:
      operationId: copy
      responses: {"200": {description: another one, content: {application/json: {schema: {type: object}}}}}
  /articles/{slug}/comments:
    parameters: [{name: slug, in: path, required: true, schema: {type: string}}]
    post:
      operationId: comment
      responses: {"201": {description: made, content: {application/json: {schema: {type: object}}}}}
  /articles/{slug}/comments/{number}:
    parameters:
    - {name: slug, in: path, required: true, schema: {type: string}}
    - {name: number, in: path, required: true, schema: {type: integer}}
    delete:
      operationId: take_back
      responses: {"204": {description: gone}}
"""


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    contract = read(tmp_path)
    ledger = Ledger(contract)
    made(ledger, Call(contract.operations["write"], has_body=True), b'{"id": "ours"}')
    made(ledger, Call(contract.operations["comment"], path={"slug": "ours"}, has_body=True), b'{"id": 4}')
    return Guard(contract, ledger)


def made(ledger: Ledger, call: Call, shown: bytes) -> None:
    headers = {"content-type": "application/json"}
    ledger.answer(0, call, Exchange(call, "POST", "http://x/", {}, None, 201, headers, shown, 0.0, 0.0))


def taken_back(guard: Guard, slug: str, number: object) -> Call:
    return Call(guard.contract.operations["take_back"], path={"slug": slug, "number": number})


def test_a_comment_of_another_is_not_deleted_by_a_path_through_our_article(guard: Guard) -> None:
    assert "this run did not create it" in str(guard.refuses(taken_back(guard, "ours", 1)))


def test_our_comment_on_our_article_is_deleted(guard: Guard) -> None:
    assert guard.refuses(taken_back(guard, "ours", 4)) is None


def test_a_number_that_no_comment_can_have_is_sent(guard: Guard) -> None:
    assert guard.refuses(taken_back(guard, "ours", 9_223_372_036_854_775_807)) is None


def test_below_an_article_that_we_deleted_a_comment_is_tried(guard: Guard) -> None:
    comment = Call(guard.contract.operations["comment"], path={"slug": "ours"}, has_body=True)
    guard.ledger.remove(next(iter(guard.ledger.created)))
    assert guard.refuses(comment) is None
    assert guard.refuses(taken_back(guard, "ours", 1)) is not None


def test_an_article_that_a_comment_has_made_is_deleted_too(guard: Guard) -> None:
    ledger, slug = guard.ledger, guard.ledger.mint("nobody-wrote-this-one")
    made(ledger, Call(guard.contract.operations["comment"], path={"slug": slug}, has_body=True), b'{"id": 5}')
    assert f"DELETE /articles/{slug}" in [ledger.removal(one) for one in ledger.newest_first()]
    above = next(one for one in ledger.newest_first() if one.id == slug)
    ledger.miss(above)
    assert slug not in [one.id for one in ledger.newest_first()]


def test_an_article_that_may_be_anothers_is_not_deleted_for_a_comment_on_it(guard: Guard) -> None:
    comment = Call(guard.contract.operations["comment"], path={"slug": "theirs"}, has_body=True)
    made(guard.ledger, comment, b'{"id": 5}')
    assert "theirs" not in [one.id for one in guard.ledger.newest_first()]


def test_a_copy_of_our_article_is_ours(guard: Guard) -> None:
    made(guard.ledger, Call(guard.contract.operations["copy"], path={"slug": "ours"}), b'{"slug": "ours-again"}')
    told = [guard.ledger.removal(one) for one in guard.ledger.newest_first()]
    assert {"DELETE /articles/ours", "DELETE /articles/ours-again"} <= {*told}


@pytest.mark.parametrize(
    ("answer", "told"), [(b'"3a85acb3-926c-4807-853c-552d569536eb"', 1), (b"7", 1), (b'"created"', 0), (b"true", 0)]
)
def test_an_id_may_be_all_that_a_create_answers(guard: Guard, answer: bytes, told: int) -> None:
    before = len(guard.ledger.newest_first())
    made(guard.ledger, Call(guard.contract.operations["write"], has_body=True), answer)
    assert (len(guard.ledger.newest_first()) - before, len(guard.ledger.unnamed)) == (told, 1 - told)


def test_of_two_comments_of_one_number_the_one_below_anothers_article_is_ours_as_well(guard: Guard) -> None:
    below_theirs = Call(guard.contract.operations["comment"], path={"slug": "theirs"}, has_body=True)
    made(guard.ledger, below_theirs, b'{"id": 4}')
    assert guard.refuses(taken_back(guard, "theirs", 4)) is None
    assert "this run did not create it" in str(guard.refuses(taken_back(guard, "others", 4)))


def test_what_is_forgotten_is_the_one_of_a_number_that_its_path_leads_to(guard: Guard) -> None:
    guard.ledger.mint("ours-too")
    second = Call(guard.contract.operations["comment"], path={"slug": "ours-too"}, has_body=True)
    made(guard.ledger, second, b'{"id": 4}')
    (kind, value) = next(one.name for one in guard.ledger.created if str(one.id) == "4")
    guard.ledger.forget(kind, value, second)
    assert [one.parents["slug"] for one in guard.ledger.created if one.name == (kind, value)] == ["ours"]
