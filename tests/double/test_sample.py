"""Samples conform, always, and are the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract.document import Document
from specdouble.contract.schema import Schemas
from specdouble.contract.source import Source
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from tests.contracts import client_for, client_of

TEXT = {"type": "string"}
RECURSIVE = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/tested"}}}


def made(schema: Any, openapi: str = "3.1.0", seed: int | None = None, key: str = "key") -> Any:
    data = {"openapi": openapi, "components": {"schemas": {"tested": schema}}}
    schemas = Schemas(Document(Source(Path(), "", ""), data))
    slot = schemas.slot(schema, "response")
    value = Sampler(schemas, seed).made(slot, key)
    assert schemas.violations(slot, value, "body") == []
    return value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 40, "maxLength": 41},
        {"type": "string", "pattern": "^[A-Z]{2}-\\d{3,5}(?:/x|/y)?$"},
        {"type": "string", "pattern": "^(?=.*a)[ab]{5}$"},
        {"type": "string", "pattern": "^\\p{L}+$"},
        {"type": "string", "pattern": "^[\\p{L}\\s]{3,}$", "maxLength": 5},
        {"type": "string", "format": "date-time", "minLength": 25, "maxLength": 25},
        {"type": "integer", "minimum": 7, "multipleOf": 5},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
        {"type": "number", "multipleOf": 0.01, "minimum": 3},
        {"type": "integer", "maximum": -5},
        {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False, "minItems": 2},
        {"type": "array", "contains": {"const": 9}, "minContains": 2, "items": {"type": "integer"}},
        {"type": "object", "minProperties": 3},
        {"type": "object", "propertyNames": {"pattern": "^x-[a-z]+$"}, "minProperties": 2},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "patternProperties": {"^n_\\d$": {"type": "boolean"}}, "additionalProperties": False},
        {"type": "object", "required": ["nowhere"]},
        {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"], "dependentRequired": {"a": ["b"]}},
        {"oneOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]},
        {"type": "object", "oneOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]},
        {"allOf": [{"minimum": 3, "type": "number"}, {"maximum": 4, "type": "integer"}]},
        {"if": {"properties": {"k": {"const": 1}}}, "then": {"required": ["x"]}, "type": "object", "required": ["k"]},
        {"anyOf": [{"$ref": "#/components/schemas/tested"}, {"type": "null"}]},
        {"type": "object", "required": ["child"], "properties": {
            "child": {"anyOf": [{"$ref": "#/components/schemas/tested"}, {"type": "null"}]}}},
        {"type": "object", "not": {"required": ["a"]}, "properties": {"a": {}, "b": {"type": "string"}}},
        {"type": ["string", "null"], "example": 12},
        {"type": "object", "properties": {"when": {"type": "string", "format": "date", "example": "soon"}}},
        True,
    ],
)  # fmt: skip
def test_a_sample_conforms(schema: Any) -> None:
    made(schema)


def test_a_sample_of_a_tree_ends() -> None:
    children = {"type": "array", "items": {"$ref": "#/components/schemas/tested"}}
    properties = {"name": {"type": "string"}, "children": children}
    tree = {"type": "object", "required": ["name", "children"], "properties": properties}
    assert [child["children"] for child in made(tree)["children"]] == [[]]


@pytest.mark.parametrize("schema", [False, {"type": "integer", "enum": ["a"]}, {"minimum": 2, "maximum": 1}, RECURSIVE])
def test_what_nothing_conforms_to_is_told(schema: Any) -> None:
    if schema == {"minimum": 2, "maximum": 1}:
        schema = {**schema, "type": "integer"}
    with pytest.raises(UnsatisfiableError):
        made(schema)


NEVER = {"type": "integer", "enum": ["1 (Small)"]}
TOO_SHORT = {"type": "string", "allOf": [{"minLength": 5}, {"maxLength": 2}]}


@pytest.mark.parametrize("never", [NEVER, TOO_SHORT], ids=["an enum of another type", "bounds that cross"])
def test_a_sample_leaves_out_what_cannot_be_made(never: Any) -> None:
    assert made({"type": "object", "properties": {"a": never, "b": {"const": 1}}}) == {"b": 1}
    assert made({"type": "object", "properties": {"a": {"type": "array", "items": never}}}) == {"a": []}
    inner = {"type": "object", "required": ["a"], "properties": {"a": never}}
    assert made({"type": "object", "properties": {"inner": inner, "b": {"const": 1}}}) == {"b": 1}
    assert made({"type": "object", "required": ["b"], "properties": {"b": {"anyOf": [never, {"const": 1}]}}}) == {
        "b": 1
    }


def test_an_enum_is_null_where_null_alone_is_of_the_type() -> None:
    assert made({"type": ["integer", "null"], "enum": ["1 (Small)", None]}) is None


def test_a_required_property_that_cannot_be_made_is_named() -> None:
    outer = {"type": "object", "required": ["size"], "properties": {"size": NEVER}}
    with pytest.raises(UnsatisfiableError, match="/outer/size cannot exist"):
        made({"type": "object", "required": ["outer"], "properties": {"outer": outer}})


CLOSED = """
openapi: 3.0.3
info: {title: Batches, version: "1"}
paths:
  batches:
    get:
      operationId: list_batches
      responses: {"200": {description: all, content: {application/json: {schema: {
        additionalProperties: false, allOf: [{$ref: "#/components/schemas/Page"}]}}}}}
components:
  schemas:
    Page:
      type: object
      required: [batches, links]
      properties:
        batches: {type: array, items: {type: object, required: [id], properties: {id: {type: string}}}}
        links: {type: object, required: [next], properties: {next: {type: integer, enum: [none]}}}
"""


def test_an_answer_that_cannot_be_made_is_501_and_never_500(tmp_path: Path) -> None:
    with client_for(CLOSED, tmp_path) as client:
        assert client.get("/batches").status_code == 501


def test_what_goes_with_another_mend_is_not_mended_itself() -> None:
    links = {"type": "object", "minProperties": 3, "required": ["n"], "properties": {"n": NEVER, "a": TEXT}}
    schema = {"type": "object", "properties": {"links": links}}
    schemas = Schemas(Document(Source(Path(), "", ""), {"openapi": "3.1.0", "tested": schema}))
    slot = schemas.slot(schema, "response")
    assert Sampler(schemas).repaired(slot, {"links": {"a": 1}}, "key") == {}


def test_an_answer_leaves_out_an_optional_property_that_nothing_conforms_to(tmp_path: Path) -> None:
    text = """
openapi: 3.0.3
info: {title: Machines, version: "1"}
paths:
  /machines/size:
    get:
      operationId: size_of_machines
      responses:
        "200": {description: one, content: {application/json: {schema: {type: object, properties: {
          size: {type: integer, minimum: 2, maximum: 1}, name: {type: string, enum: [small]}}}}}}
"""
    with client_for(text, tmp_path) as client:
        assert client.get("/machines/size").json() == {"name": "small"}


def test_samples_are_realistic_by_name() -> None:
    names = ("email", "firstName", "city", "price", "createdAt", "avatarUrl", "phone")
    kinds = {"price": {"type": "number"}}
    person = made({"type": "object", "properties": {name: kinds.get(name, {"type": "string"}) for name in names}})
    assert person["email"].endswith("@example.com")
    assert person["avatarUrl"].startswith("https://")
    assert person["createdAt"][:4] == "2026"
    assert 5 <= person["price"] <= 250


def test_a_seed_repeats_samples_and_another_makes_others() -> None:
    schema = {"type": "object", "properties": {"email": {"type": "string"}, "n": {"type": "integer"}}}
    assert made(schema, seed=1) == made(schema, seed=1)
    assert made(schema, seed=1) != made(schema, seed=2)
    assert made(schema, seed=1) != made(schema, seed=1, key="another operation")


def test_examples_go_before_what_is_made() -> None:
    assert made({"type": "string", "examples": ["mine"]}) == "mine"
    assert made({"type": "string", "example": "mine"}, openapi="3.0.3") == "mine"


def test_an_operation_answers_its_sample_the_same_each_time() -> None:
    with client_of("petstore") as shop:
        one, two = (shop.get("/store/inventory").json() for _ in range(2))
    assert one == two


def test_an_example_that_breaks_its_schema_is_not_answered(tmp_path: Path) -> None:
    contract = """
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /mood:
    get:
      responses:
        '200':
          description: ok
          content:
            application/json:
              example: {level: high}
              schema: {type: object, required: [level], properties: {level: {type: integer}}}
"""
    with client_for(contract, tmp_path) as client:
        assert isinstance(client.get("/mood").json()["level"], int)


def test_what_cannot_conform_is_501_and_names_the_place(tmp_path: Path) -> None:
    contract = """
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /mood:
    get:
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema: {type: integer, minimum: 2, maximum: 1}
"""
    with client_for(contract, tmp_path) as client:
        answer = client.get("/mood")
    assert answer.status_code == 501
    assert "openapi.yaml:11" in answer.json()["detail"]
