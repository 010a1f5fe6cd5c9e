"""Collections without a seed begin with documents that are made when they are first asked for."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from specdouble.double.double import Double, Settings

NAMES = ("authors", "books", "shops")
CONTRACT = """
openapi: 3.0.3
info: {title: A, version: '1'}
paths:
  /authors: {get: {operationId: authors, responses: {'200': {description: a, content: {application/json: {schema:
    {type: array, items: {$ref: '#/components/schemas/Author'}}}}}}}}
  /books: {get: {operationId: books, responses: {'200': {description: a, content: {application/json: {schema:
    {type: array, items: {$ref: '#/components/schemas/Book'}}}}}}}}
  /shops: {get: {operationId: shops, responses: {'200': {description: a, content: {application/json: {schema:
    {type: array, items: {$ref: '#/components/schemas/Shop'}}}}}}}}
components:
  schemas:
    Author: {type: object, x-resource: {collection: authors, id: id}, required: [id, best], properties: {
      id: {type: string}, best: {type: string, x-references: books}}}
    Book: {type: object, x-resource: {collection: books, id: id}, required: [id, by, at], properties: {
      id: {type: string}, by: {type: string, x-references: authors}, at: {type: string, x-references: shops}}}
    Shop: {type: object, x-resource: {collection: shops, id: id}, required: [id], properties: {id: {type: string}}}
"""


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    file = tmp_path / "openapi.yaml"
    file.write_text(CONTRACT)
    return file


def documents(double: Double, names: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """The documents of the collections, asked for in that order."""
    world = double.world("default")
    return {name: world.collection(name, None).find({}) for name in names}


def test_nothing_is_made_before_it_is_asked_for(contract: Path) -> None:
    double = Double(Settings(contract, seed=1))
    documents(double, ("shops",))
    assert [*double.made.documents] == ["shops"]


def test_documents_are_the_same_whichever_collection_is_asked_for_first(contract: Path) -> None:
    told = [documents(Double(Settings(contract, seed=1)), names) for names in itertools.permutations(NAMES)]
    assert all(one == told[0] for one in told)
    assert all(len(told[0][name]) == 3 for name in NAMES)


def test_what_they_refer_to_is_there(contract: Path) -> None:
    found = documents(Double(Settings(contract, seed=1)), NAMES)
    assert {book["at"] for book in found["books"]} <= {shop["id"] for shop in found["shops"]}
    assert {author["best"] for author in found["authors"]} <= {book["id"] for book in found["books"]}


def test_they_are_no_writes_of_a_client_and_come_back_after_a_reset(contract: Path) -> None:
    double = Double(Settings(contract, seed=1))
    before = documents(double, NAMES)
    world = double.world("default")
    assert world.writes == 0
    world.collection("shops", None).delete_many({})
    assert world.collection("shops", None).find({}) == []
    double.reset()
    assert documents(double, NAMES) == before


def made_of(tmp_path: Path, paths: dict[str, Any], properties: dict[str, Any]) -> Double:
    """The double of a contract of 3.0 with those paths, and one schema `Thing`."""
    contract = {
        "openapi": "3.0.3",
        "info": {"title": "A", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Thing": {"type": "object", "properties": properties}}},
    }
    (tmp_path / "openapi.json").write_text(json.dumps(contract))
    return Double(Settings(tmp_path / "openapi.json", seed=1))


def reading(path: str, **schemas: dict[str, Any]) -> dict[str, Any]:
    """The paths to all things and to one of them, whose parameters have those schemas."""
    thing = {"$ref": "#/components/schemas/Thing"}
    answer = {"200": {"description": "a", "content": {"application/json": {"schema": thing}}}}
    answers = {
        "200": {"description": "a", "content": {"application/json": {"schema": {"type": "array", "items": thing}}}}
    }
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": one} for name, one in schemas.items()
    ]
    above = path.rpartition("/")[0]
    outer = [one for one in parameters if "{" + one["name"] + "}" in above]
    return {
        above: {"parameters": outer, "get": {"responses": answers}},
        path: {
            "parameters": parameters,
            "get": {"responses": answer},
            "delete": {"responses": {"204": {"description": "b"}}},
        },
    }


def test_of_an_example_that_is_a_whole_address_the_path_names_the_last_part(tmp_path: Path) -> None:
    paths = reading("/things/{thingId}", thingId={"type": "string", "maxLength": 20})
    address = "/subscriptions/one/groups/two/things/west"
    double = made_of(tmp_path, paths, {"id": {"type": "string", "example": address}, "name": {"type": "string"}})
    first = documents(double, ("things",))["things"][0]
    assert first["id"] == "west"


@pytest.mark.parametrize("digits", ["9" * 5000, "²"])
def test_an_example_of_digits_that_are_no_number_is_a_text(tmp_path: Path, digits: str) -> None:
    paths = reading("/things/{thingId}", thingId={"type": "integer"})
    double = made_of(tmp_path, paths, {"id": {"type": "string", "example": digits}, "name": {"type": "string"}})
    assert documents(double, ("things",))["things"]


def test_an_example_that_the_path_does_not_take_names_no_document(tmp_path: Path) -> None:
    paths = reading("/things/{thingId}", thingId={"type": "string", "enum": ["google", "github"]})
    double = made_of(tmp_path, paths, {"id": {"type": "string", "example": "Google"}, "name": {"type": "string"}})
    found = documents(double, ("things",))["things"]
    assert {one["id"] for one in found} <= {"google", "github"}
    assert found


def test_an_id_is_one_that_deeper_paths_take_too(tmp_path: Path) -> None:
    paths = reading("/things/{thingId}", thingId={"type": "string", "maxLength": 40})
    key = {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^t-[0-9]{5}$"}}
    paths["/things/{thingId}/copy"] = {"post": {"parameters": [key], "responses": {"204": {"description": "c"}}}}
    double = made_of(tmp_path, paths, {"id": {"type": "string"}, "name": {"type": "string"}})
    assert all(one["id"][:2] == "t-" for one in documents(double, ("things",))["things"])


def test_what_a_path_stands_under_is_found_behind_a_file_extension(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(re.sub(r"(?m)^(  /\S+):$", r"\1.json:", CIRCLE))
    double = Double(Settings(tmp_path, seed=1))
    [scope] = {to for action in double.contract.actions.values() for _, to in action.scope}
    orgs, templates = documents(double, ("orgs", "templates")).values()
    assert {one[scope] for one in templates} <= {org["id"] for org in orgs}
    assert templates


def test_what_a_path_stands_under_is_a_value_that_every_path_takes(tmp_path: Path) -> None:
    paths = reading("/kinds/{kind}/things/{thingId}", kind={"type": "string"}, thingId={"type": "string"})
    kinds = {"name": "kind", "in": "path", "required": True, "schema": {"type": "string", "enum": ["old", "new"]}}
    paths["/kinds/{kind}/things/{thingId}"]["delete"]["parameters"] = [kinds]
    double = made_of(tmp_path, paths, {"id": {"type": "string"}, "name": {"type": "string"}})
    [scope] = {to for action in double.contract.actions.values() for _, to in action.scope}
    assert all(one[scope] in ("old", "new") for one in double.made.of("things"))


def test_what_a_property_names_gives_way_to_what_stands_under_it(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CIRCLE)
    double = Double(Settings(tmp_path, seed=1))
    orgs, templates = documents(double, ("orgs", "templates")).values()
    assert {one["org_id"] for one in templates} <= {org["id"] for org in orgs}
    assert templates


CIRCLE = """
openapi: 3.0.3
info: {title: A, version: '1'}
paths:
  /orgs:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Org'}}}}
      responses: {'200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Org'}}}}}
  /orgs/{org_id}:
    parameters: [{name: org_id, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: a, content: {application/json: {schema: {
      $ref: '#/components/schemas/Org'}}}}}}
  /orgs/{org_id}/templates:
    parameters: [{name: org_id, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: a, content: {application/json: {schema: {type: array, items: {
      $ref: '#/components/schemas/Template'}}}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Template'}}}}
      responses: {'200': {description: a, content: {application/json: {schema: {
        $ref: '#/components/schemas/Template'}}}}}
  /orgs/{org_id}/templates/{template_id}:
    parameters:
      - {name: org_id, in: path, required: true, schema: {type: string}}
      - {name: template_id, in: path, required: true, schema: {type: string}}
    get: {responses: {'200': {description: a, content: {application/json: {schema: {
      $ref: '#/components/schemas/Template'}}}}}}
components:
  schemas:
    Org: {type: object, properties: {id: {type: string, readOnly: true}, template_id: {type: string},
      name: {type: string}}}
    Template: {type: object, properties: {id: {type: string, readOnly: true}, org_id: {type: string, readOnly: true},
      name: {type: string}}}
"""


def test_a_chain_of_references_through_hundreds_of_collections_is_followed(tmp_path: Path) -> None:
    count = 700
    schemas = "".join(
        f"    S{n}: {{type: object, x-resource: {{collection: c{n}, id: id}}, required: [id, to], properties: {{"
        f"id: {{type: string}}, to: {{type: string, x-references: c{min(n + 1, count - 1)}}}}}}}\n"
        for n in range(count)
    )
    paths = """  /c0: {get: {operationId: c0, responses: {'200': {description: a, content: {application/json: {schema:
    {type: array, items: {$ref: '#/components/schemas/S0'}}}}}}}}
"""
    text = f"openapi: 3.0.3\ninfo: {{title: A, version: '1'}}\npaths:\n{paths}components:\n  schemas:\n{schemas}"
    (tmp_path / "openapi.yaml").write_text(text)
    double = Double(Settings(tmp_path, seed=1))
    assert {one["to"] for one in documents(double, ("c0",))["c0"]} <= {one["id"] for one in double.made.of("c1")}
