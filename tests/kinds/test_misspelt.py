"""A misspelt option of an annotation is told with the one that is meant: all options of all kinds, by their shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import ContractError, Finding, read
from specdouble.contract.annotation import PLACES, SHAPES
from specdouble.contract.kind import kinds

# What an annotation has to say beside the option that is misspelt.
NEEDED: dict[str, dict[str, Any]] = {
    "x-resource": {"collection": "things"},
    "x-identity": {"collection": "things"},
    "x-references": {"collection": "things"},
    "x-roles": {"roles": ["ADMIN"]},
    "x-timestamp": {"event": "created"},
    "x-validations": {"rule": "self.id != 'none'"},
}
# How the place of an annotation is described, by the part of the contract below that it stands on.
BEGINNINGS: dict[str, tuple[str, ...]] = {
    "operation": ("an operation",),
    "scheme": ("a security scheme",),
    "schema": ("an object schema", "a schema"),
    "property": ("a property", "an `enum` property"),
}
ELSEWHERE = {("x-unique", "fields"): "a schema"}  # the option means something in another of the annotation's places


def options(shape: Mapping[str, Any]) -> Iterator[str]:
    """The options of an annotation, whatever else it may be written as."""
    yield from shape.get("properties", {})
    parts = [*shape.get("anyOf", ()), *([shape["items"]] if "items" in shape else [])]
    for part in parts:
        yield from options(part)


def places() -> Iterator[tuple[str, str, str]]:
    """Each option: of which annotation, and what that stands on."""
    known: dict[str, tuple[str, Mapping[str, Any] | None]] = {one: (PLACES[one], SHAPES[one]) for one in PLACES}
    known |= {kind.keyword: (kind.place, kind.shape) for kind in kinds().values() if kind.keyword not in PLACES}
    for keyword, (place, shape) in known.items():
        for option in dict.fromkeys(options(shape or {})):
            yield keyword, option, ELSEWHERE.get((keyword, option), place)


def findings_of(folder: Path, keyword: str, said: Any, place: str) -> list[Finding]:
    said = [said] if keyword == "x-validations" else said
    on = {part: {keyword: said} if place.startswith(begin) else {} for part, begin in BEGINNINGS.items()}
    thing = {
        "type": "object",
        "x-resource": {"collection": "things", "id": "id"},
        "properties": {"id": {"type": "string"}, "name": {"type": "string", **on["property"]}},
    }
    one = {"$ref": "#/components/schemas/Thing"}
    made = {"description": "made", "content": {"application/json": {"schema": one}}}
    all_of_them = {"description": "all", "content": {"application/json": {"schema": {"type": "array", "items": one}}}}
    method, answers = ("get", {"200": all_of_them}) if keyword == "x-list" else ("post", {"201": made})
    contract = {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "security": [{"key": []}],
        "paths": {"/things": {method: {"responses": answers, **on["operation"]}}},
        "components": {
            "schemas": {"Thing": thing | on["schema"]},
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "key", **on["scheme"]}},
        },
    }
    (folder / "openapi.json").write_text(json.dumps(contract), "utf-8")
    try:
        return list(read(folder).findings)
    except ContractError as refused:
        return [*refused.findings, *refused.others]


@pytest.mark.parametrize(("keyword", "option", "place"), list(places()), ids=str)
def test_a_misspelt_option_is_told_with_the_one_that_is_meant(
    tmp_path: Path, keyword: str, option: str, place: str
) -> None:
    misspelt = option[:-2] + option[-1] + option[-2]
    said = {name: value for name, value in NEEDED.get(keyword, {}).items() if name != option}
    told = findings_of(tmp_path, keyword, said | {misspelt: "x"}, place)
    assert [one for one in told if f"`{misspelt}`" in one.reason and f"`{option}`" in one.remedy], told
