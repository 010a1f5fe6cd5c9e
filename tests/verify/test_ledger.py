"""The ledger knows what this run created, and what it may have created."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import Settings
from specdouble.verify.clean_up import left_over
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.ledger import Ledger
from specdouble.verify.register import Created
from specdouble.verify.session import Session

DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
components:
  schemas:
    Pet: {type: object, properties: {id: {type: integer}, name: {type: string}}}
paths:
  /pets:
    post:
      operationId: createPet
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: made}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: readPet
      responses: {"200": {description: it, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /tags:
    post:
      operationId: createTag
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: made}}
  /tags/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    put:
      operationId: replaceTag
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"200": {description: replaced}}
    delete: {operationId: deleteTag, responses: {"204": {description: gone}}}
"""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT, "utf-8")
    return read(tmp_path)


def sent(ledger: Ledger, operation: str, body: dict[str, Any], status: int | None) -> None:
    """Send a create, and have it answered without a body; or not at all."""
    call = Call(ledger.contract.operations[operation], body=body, has_body=True)
    number = ledger.send(call)
    if status is not None:
        ledger.answer(number, call, Exchange(call, "POST", "", {}, None, status, {}, b"", 0.0, 0.0))


def known(found: list[Created]) -> list[tuple[Any, bool]]:
    return [(one.id, one.sure) for one in found]


@pytest.mark.parametrize("status", [None, 500, 504])
def test_a_create_that_was_not_answered_well_may_have_made_its_document(contract: Contract, status: int | None) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createTag", {"name": ledger.mint("tag-1")}, status)
    assert known(ledger.newest_first()) == [("tag-1", False)]
    assert ledger.owned("/tags/{}", "tag-1") is None


def test_a_create_that_was_refused_made_nothing(contract: Contract) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createTag", {"name": ledger.mint("tag-1")}, 422)
    assert ledger.newest_first() == []


def test_what_may_be_there_is_gone_once_it_is_deleted(contract: Contract) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createTag", {"name": ledger.mint("tag-1")}, 500)
    ledger.remove(*ledger.newest_first())
    assert ledger.newest_first() == []


def test_a_name_that_others_may_have_is_not_deleted_for_a_create_that_failed(contract: Contract) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createTag", {"name": "main"}, 500)
    assert ledger.newest_first() == []


def test_a_name_is_no_id_where_paths_take_a_number(contract: Contract) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createPet", {"name": ledger.mint("pet-1")}, 201)
    assert (ledger.newest_first(), len(ledger.unnamed)) == ([], 1)


def test_a_removal_is_told_as_it_is_sent(contract: Contract) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createTag", {"name": ledger.mint("a tag/1")}, 201)
    assert [ledger.removal(one) for one in ledger.newest_first()] == ["DELETE /tags/a%20tag%2F1"]


def test_what_a_refused_create_made_is_known_once_a_list_shows_it(contract: Contract) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createTag", {"name": ledger.mint("tag-1")}, 422)
    ledger.see([{"name": "tag-0"}, {"name": "tag-1"}])
    assert known(ledger.newest_first()) == [("tag-1", False)]


def test_the_name_that_a_replacement_gave_is_the_id_that_is_deleted(contract: Contract) -> None:
    ledger = Ledger(contract)
    sent(ledger, "createTag", {"name": ledger.mint("tag-1")}, 201)
    call = Call(contract.operations["replaceTag"], path={"name": "tag-1"}, body={"name": "Żółć"}, has_body=True)
    shown = b'{"name": "\\\\197\\\\187"}'
    ledger.answer(ledger.send(call), call, Exchange(call, "PUT", "", {}, None, 200, {}, shown, 0.0, 0.0))
    assert ledger.owned("/tags/{}", "\\197\\187") is not None


def test_what_is_not_found_by_a_name_that_was_only_asked_for_is_told_as_left(contract: Contract) -> None:
    session = Session(contract, Settings("http://127.0.0.1:9"))
    sent(session.ledger, "createTag", {"name": session.ledger.mint("tag-1")}, 201)
    session.ledger.miss(next(iter(session.ledger.created)))
    (line,) = left_over(session)
    assert "/tags/{} tag-1, which may be there: its create told no id" in line
    assert line.endswith("curl -X DELETE http://127.0.0.1:9/tags/tag-1")


def test_what_a_list_does_not_show_and_no_path_finds_is_gone(contract: Contract) -> None:
    session = Session(contract, Settings("http://127.0.0.1:9"))
    sent(session.ledger, "createTag", {"name": session.ledger.mint("tag-1")}, 201)
    session.ledger.miss(next(iter(session.ledger.created)))
    session.ledger.search(Call(contract.operations["createTag"]))
    assert left_over(session) == []


def test_a_name_that_was_refused_is_no_id_where_the_server_gives_ids(contract: Contract) -> None:
    """Another document of the name is no proof that the refused create made one."""
    ledger = Ledger(contract)
    call = Call(contract.operations["createTag"], body={"name": ledger.mint("tag-0")}, has_body=True)
    made = Exchange(call, "POST", "", {}, None, 201, {"content-type": "application/json"}, b'{"id": "8a3f"}', 0.0, 0.0)
    ledger.answer(ledger.send(call), call, made)
    sent(ledger, "createTag", {"name": ledger.mint("tag-1")}, 409)
    ledger.see([{"id": "77c1", "name": "tag-1"}])
    assert known(ledger.newest_first()) == [("8a3f", True)]
