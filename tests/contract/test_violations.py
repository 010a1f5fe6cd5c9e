"""A violation says where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Schemas
from specdouble.contract.document import Document
from specdouble.contract.source import Source

CLOSED = [
    {"additionalProperties": False},
    {"additionalProperties": False, "properties": {"a": {}}},
    {"additionalProperties": False, "patternProperties": {"^a": {}}},
    {"unevaluatedProperties": False, "properties": {"a": {}}},
]


@pytest.mark.parametrize("schema", CLOSED)
def test_a_closed_schema_names_each_property_that_it_shuts_out(schema: dict[str, Any]) -> None:
    schemas = Schemas(Document(Source(Path(), "", ""), {"openapi": "3.1.0", "tested": schema}))
    found = schemas.violations(schemas.slot(schema, "request"), {"b": 1, "c": 2}, "body")
    assert [(one.pointer, one.message) for one in found] == [
        ("/b", "is not a property of the schema"),
        ("/c", "is not a property of the schema"),
    ]


def expression(*operators: str) -> dict[str, Any]:
    """The schema of an expression, whose every operator has an expression inside."""
    return {
        "oneOf": [
            {
                "type": "object",
                "required": ["op", "of"],
                "properties": {
                    "op": {"enum": [operator]},
                    "of": {"anyOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Expression"}]},
                },
            }
            for operator in operators
        ]
    }


def nested(levels: int, operator: str) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"op": operator, "of": value}
    return value


@pytest.mark.parametrize("levels", [5, 17, 90])
def test_alternatives_in_alternatives_are_told_of_without_an_end(levels: int) -> None:
    # Six operators in each other: to tell of each alternative inside each other one takes 6 to the power of levels.
    schema = expression("not", "minus", "abs", "half", "twice", "round")
    data = {"openapi": "3.1.0", "components": {"schemas": {"Expression": schema}}}
    schemas = Schemas(Document(Source(Path(), "", ""), data))
    slot = schemas.slot(schema, "request")
    assert schemas.violations(slot, nested(levels, "abs"), "body") == []
    for told in (schemas.violations, schemas.first_violations):
        (found,) = told(slot, nested(levels, "no such operator"), "body")
        assert found.pointer == ""
        assert "not" in found.message


def test_what_is_wrong_beside_deep_alternatives_is_told_with_its_place() -> None:
    schema = expression("not", "minus")
    whole = {"type": "object", "properties": {"size": {"type": "integer"}, "of": {"$ref": "#/components/schemas/E"}}}
    schema["oneOf"][0]["properties"]["of"] = schema["oneOf"][1]["properties"]["of"] = {
        "anyOf": [{"type": "integer"}, {"$ref": "#/components/schemas/E"}]
    }
    data = {"openapi": "3.1.0", "components": {"schemas": {"E": schema, "Whole": whole}}}
    schemas = Schemas(Document(Source(Path(), "", ""), data))
    found = schemas.violations(schemas.slot(whole, "request"), {"size": "a", "of": nested(8, "neither")}, "body")
    assert {one.pointer for one in found} == {"/size", "/of"}


def tree(kinds: int) -> tuple[Schemas, str]:
    """The schemas of a tree of nodes, of which a discriminator says the kind, and the slot of a node."""
    node = {"$ref": "#/components/schemas/Node"}
    named = {
        f"N{kind}": {
            "type": "object",
            "required": ["kind", "size"],
            "properties": {"kind": {"type": "string"}, "size": {"type": "integer"}, "inside": {"anyOf": [node, node]}},
        }
        for kind in range(kinds)
    }
    options = [{"$ref": f"#/components/schemas/{name}"} for name in named]
    whole = {"oneOf": options, "discriminator": {"propertyName": "kind"}}
    data = {"openapi": "3.1.0", "components": {"schemas": {"Node": whole, **named}}}
    schemas = Schemas(Document(Source(Path(), "", ""), data))
    return schemas, schemas.slot(whole, "request")


def branch(levels: int, leaf: dict[str, Any]) -> dict[str, Any]:
    for level in range(levels):
        leaf = {"kind": f"N{level % 3}", "size": level, "inside": leaf}
    return leaf


@pytest.mark.parametrize(
    ("leaf", "is_right"),
    [
        ({"kind": "N1", "size": 1}, True),
        ({"kind": "N1", "size": "large"}, False),
        ({"kind": "N1"}, False),
        ({"kind": "no such kind", "size": 1}, False),
        ({"size": 1}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("levels", [0, 2, 4, 90])
def test_what_a_discriminator_means_is_told_in_time_however_deep(
    levels: int, leaf: dict[str, Any], is_right: bool
) -> None:
    schemas, slot = tree(40)
    value = branch(levels, leaf)
    assert schemas.is_valid(slot, value) is is_right
    assert bool(schemas.violations(slot, value, "body")) is not is_right
    assert bool(schemas.first_violations(slot, value, "body")) is not is_right


def test_what_is_wrong_with_the_schema_that_a_discriminator_means_has_its_place() -> None:
    schemas, slot = tree(40)
    (found,) = schemas.violations(slot, {"kind": "N39", "size": "large"}, "body")
    assert found.pointer == "/size"
