"""Which document a create made is told by its answer, its path, `Location`, or another property."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.verify.created import created_id
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.subject import subjects

DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
components:
  schemas:
    Pet:
      type: object
      x-resource: {collection: pets, id: number}
      properties: {number: {type: integer}, name: {type: string}}
    Toy:
      type: object
      x-resource: {collection: toys, id: name}
      properties: {name: {type: string}, color: {type: string}}
paths:
  /pets:
    post:
      operationId: createPet
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
  /toys/{name}:
    put:
      operationId: putToy
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Toy"}}}}
      responses:
        "200": {description: changed, content: {application/json: {schema: {$ref: "#/components/schemas/Toy"}}}}
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Toy"}}}}
"""


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file = tmp_path_factory.mktemp("created") / "openapi.yaml"
    file.write_text(DOCUMENT, encoding="utf-8")
    return read(file)


def answer(contract: Contract, operation: str, shown: dict[str, Any], location: str = "", **path: str) -> Exchange:
    headers = {"location": location} if location else {}
    call = Call(contract.operations[operation], path=path)
    return Exchange(call, "POST", "", {}, None, 201, headers, json.dumps(shown).encode(), 0.0, 0.0)


def told(contract: Contract, collection: str, exchange: Exchange) -> Any:
    return created_id(subjects(contract)[collection], exchange, exchange.json)


def test_the_id_is_what_the_answer_shows(contract: Contract) -> None:
    assert told(contract, "pets", answer(contract, "createPet", {"number": 7}, location="/pets/8")) == 7


def test_location_tells_the_id_of_what_is_not_shown(contract: Contract) -> None:
    exchange = answer(contract, "createPet", {}, location="https://example.com/pets/8?version=1")
    assert told(contract, "pets", exchange) == 8


def test_the_path_tells_the_id_of_what_is_put(contract: Contract) -> None:
    assert told(contract, "toys", answer(contract, "putToy", {}, name="ball")) == "ball"


def test_another_property_tells_the_id_where_it_alone_holds_one(contract: Contract) -> None:
    assert told(contract, "pets", answer(contract, "createPet", {"petID": "a7", "name": "Rex"})) == "a7"


def test_of_two_properties_that_may_hold_the_id_none_is_taken(contract: Contract) -> None:
    assert told(contract, "pets", answer(contract, "createPet", {"petId": "a7", "ownerId": "b8"})) is None


def test_a_name_that_paths_use_in_place_of_the_id_is_taken(contract: Contract) -> None:
    subject = subjects(contract)["pets"]
    subject.known_by("name")
    exchange = answer(contract, "createPet", {"number": 7, "name": "Rex"})
    assert created_id(subject, exchange, exchange.json) == "Rex"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"message": "made", "pet": {"number": 7, "name": "Rex"}}, {"number": 7, "name": "Rex"}),
        ({"message": "made", "pet": {"number": 7, "name": "Max"}}, None),  # it is another
        ({"name": "Rex", "pet": {"number": 7, "name": "Rex"}}, None),
        ({"ownerId": 3, "pet": {"number": 7, "name": "Rex"}}, None),  # it may be what the answer's own document names
        ({"one": {"name": "Rex"}, "other": {"name": "Rex"}}, None),
    ],
)
def test_a_part_of_an_answer_that_alone_shows_what_was_sent_is_the_document(
    contract: Contract, told: dict[str, Any], shown: dict[str, Any] | None
) -> None:
    exchange = replace(
        answer(contract, "createPet", told), call=Call(contract.operations["createPet"], body={"name": "Rex"})
    )
    assert exchange.shown(contract.actions["createPet"]) == (shown or told)
