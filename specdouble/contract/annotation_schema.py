"""The JSON Schemas of `rules.yaml` and of a contract's annotations, made of the kinds: editors complete by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.contract.annotation import PLACES, SHAPES, keywords
from specdouble.contract.kind import kinds

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IGNORED = {"type": ["string", "array"], "items": {"type": "string"}, "description": "findings that are not told here"}
_OPERATION = "an operation"
_DATA = ("example", "examples", "default", "enum", "const")


def rules_schema() -> dict[str, Any]:
    """The JSON Schema of `rules.yaml`: of annotations by the names of what they speak of."""
    on_operations = [keyword for keyword in keywords() if _place(keyword).startswith(_OPERATION) or not _place(keyword)]
    elsewhere = [keyword for keyword in keywords() if _place(keyword) != _OPERATION]
    return {
        "$schema": _DIALECT,
        "title": "Rules of an API by names",
        "description": "For each schema, property, operation or security scheme of the contract, its annotations.",
        "type": "object",
        "properties": {"$schema": {"type": "string"}},
        "patternProperties": {"^[A-Za-z]+ +/": {**_mapping(on_operations), "description": "an operation"}},
        "additionalProperties": {
            **_mapping(elsewhere, on_schemas=True),
            "description": "a schema, a property (`Schema.property`), or a security scheme",
        },
        "$defs": _definitions(),
    }


def annotations_schema() -> dict[str, Any]:
    """The JSON Schema of a contract as far as our annotations go: beside OpenAPI's own."""
    value = {"$ref": "#/$defs/value"}
    named = {"type": "object", "additionalProperties": value}
    annotations: dict[str, dict[str, Any]] = {}
    for keyword in (one for one in keywords() if one.startswith("x-")):
        on_schemas = _reference(keyword, on_schemas=True)
        anywhere = _reference(keyword)
        annotations[keyword] = anywhere if on_schemas == anywhere else {"anyOf": [anywhere, on_schemas]}
    return {
        "$schema": _DIALECT,
        "title": "The annotations of specdouble in an OpenAPI description",
        "$ref": "#/$defs/value",
        "$defs": {
            "value": {
                # What an author named, and what is data, holds no annotations by these names.
                "properties": {**annotations, "properties": named, **dict.fromkeys(_DATA, True)},
                "additionalProperties": value,
                "items": value,
            },
            **_definitions(),
        },
    }


def _mapping(known: list[str], *, on_schemas: bool = False) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {keyword: _reference(keyword, on_schemas=on_schemas) for keyword in known},
        "additionalProperties": False,
    }


def _reference(keyword: str, *, on_schemas: bool = False) -> dict[str, Any]:
    other = on_schemas and _on_schemas(keyword) is not None
    return {"$ref": f"#/$defs/{keyword}-of-a-schema" if other else f"#/$defs/{keyword}"}


def _on_schemas(keyword: str) -> Mapping[str, Any] | None:
    """The shape of an annotation on a schema, where it has another one there."""
    return next((one.shape_on_schemas for one in kinds().values() if one.keyword == keyword), None)


def _definitions() -> dict[str, Any]:
    found = {keyword: _definition(keyword) for keyword in keywords()}
    for keyword in keywords():
        shape = _on_schemas(keyword)
        if shape is not None:
            found[f"{keyword}-of-a-schema"] = {**shape, "description": found[keyword].get("description", "")}
    return found


def _definition(keyword: str) -> dict[str, Any]:
    if keyword in SHAPES:
        return SHAPES[keyword]
    kind = next((one for one in kinds().values() if one.keyword == keyword), None)
    return _IGNORED if kind is None else {**kind.shape, "description": f"{kind.written}: {kind.means}"}


def _place(keyword: str) -> str:
    """What a keyword stands on; empty where it stands on anything."""
    if keyword in PLACES:
        return PLACES[keyword]
    return next((one.place for one in kinds().values() if one.keyword == keyword), "")
