"""What is written wrong in an annotation is told with what is meant: all options of all kinds, by their shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from specdouble.contract import ContractError, Finding, read
from specdouble.contract.annotation import PLACES, SHAPES
from specdouble.contract.annotation_schema import annotations_schema
from specdouble.contract.kind import kinds

# What an annotation has to say beside the option that is misspelt.
NEEDED: dict[str, dict[str, Any]] = {
    "x-resource": {"collection": "things"},
    "x-identity": {"collection": "things"},
    "x-references": {"collection": "things"},
    "x-roles": {"roles": ["ADMIN"]},
    "x-timestamp": {"event": "created"},
    "x-validations": {"rule": "self.id != 'none'"},
    "x-computed": {"expression": "self.id"},
    "x-limit": {"max": 3},
    "x-soft-delete": {"property": "goneAt"},
    "x-idempotency": {"header": "Key"},
}
PUBLISHED = jsonschema_rs.validator_for(annotations_schema())
WRONG: tuple[Any, ...] = (7, -1, True, "zzz", "", None, [7], [], {"zzz": 1})  # of these, each option takes but some
# How the place of an annotation is described, by the part of the contract below that it stands on.
BEGINNINGS: dict[str, tuple[str, ...]] = {
    "operation": ("an operation",),
    "scheme": ("a security scheme",),
    "schema": ("an object schema", "a schema"),
    "property": ("a property", "an `enum` property"),
}
ELSEWHERE = {("x-unique", "fields"): "a schema"}  # the option means something in another of the annotation's places


def options(shape: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The options of an annotation with their shapes, whatever else it may be written as."""
    yield from shape.get("properties", {}).items()
    parts = [*shape.get("anyOf", ()), *([shape["items"]] if "items" in shape else [])]
    for part in parts:
        yield from options(part)


def shapes() -> dict[str, tuple[str, Mapping[str, Any]]]:
    """What each annotation stands on, and its shape."""
    known: dict[str, tuple[str, Mapping[str, Any]]] = {one: (PLACES[one], SHAPES[one]) for one in PLACES}
    return known | {kind.keyword: (kind.place, kind.shape) for kind in kinds().values() if kind.keyword not in PLACES}


def places() -> Iterator[tuple[str, str, str]]:
    """Each option: of which annotation, and what that stands on."""
    for keyword, (place, shape) in shapes().items():
        for option in dict(options(shape)):
            yield keyword, option, ELSEWHERE.get((keyword, option), place)


def wrong_values() -> Iterator[tuple[str, str, str, Any]]:
    """Each option with each value that it does not take: of which annotation, and what that stands on."""
    for keyword, option, place in places():
        taken = [dict(shape) for name, shape in options(shapes()[keyword][1]) if name == option]
        for value in WRONG:
            if not any(jsonschema_rs.is_valid(shape, value) for shape in taken):
                yield keyword, option, place, value


def findings_of(folder: Path, keyword: str, said: Any, place: str) -> list[Finding]:
    said = [said] if keyword == "x-validations" else said
    on = {part: {keyword: said} if place.startswith(begin) else {} for part, begin in BEGINNINGS.items()}
    thing = {
        "type": "object",
        "x-resource": {"collection": "things", "id": "id"},
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string", **on["property"]},
            "goneAt": {"type": "string", "format": "date-time"},
        },
    }
    one = {"$ref": "#/components/schemas/Thing"}
    made = {"description": "made", "content": {"application/json": {"schema": one}}}
    all_of_them = {"description": "all", "content": {"application/json": {"schema": {"type": "array", "items": one}}}}
    method, answers = ("get", {"200": all_of_them}) if keyword == "x-list" else ("post", {"201": made})
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    identity = {"x-identity": {"collection": "things", "credential": "id", "claims": {"role": "name"}}}
    contract = {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "security": [{"key": []}],
        "paths": {"/things": {method: {"parameters": [page], "responses": answers, **on["operation"]}}},
        "components": {
            "schemas": {"Thing": thing | on["schema"]},
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "key"} | identity | on["scheme"]},
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
    annotation = [said | {misspelt: "x"}] if keyword == "x-validations" else said | {misspelt: "x"}
    assert not PUBLISHED.is_valid({keyword: annotation})


@pytest.mark.parametrize(("keyword", "option", "place", "value"), list(wrong_values()), ids=repr)
def test_a_value_that_an_option_cannot_have_is_told_where_it_stands(
    tmp_path: Path, keyword: str, option: str, place: str, value: Any
) -> None:
    said = NEEDED.get(keyword, {})
    before = {one.reason for one in findings_of(tmp_path, keyword, said, place)}
    told = [one for one in findings_of(tmp_path, keyword, said | {option: value}, place) if one.reason not in before]
    assert [one for one in told if keyword in one.pointer and one.line and one.remedy], told


@pytest.mark.parametrize(
    ("keyword", "said", "place", "meant"),
    [
        ("x-resource", {"collection": "things", "id": "naem"}, "an object schema", "name"),
        ("x-resource", {"collection": "things", "owner": "naem"}, "an object schema", "name"),
        ("x-resource", {"collection": "things", "tenant": {"property": "naem"}}, "an object schema", "name"),
        ("x-unique", {"within": ["goneat"]}, "a property", "goneAt"),
        ("x-unique", {"fields": ["id", "naem"]}, "a schema", "name"),
        ("x-unique", {"where": "self.naem == 'a'"}, "a property", "name"),
        ("x-references", "thigns", "a property", "things"),
        ("x-references", {"collection": "things", "key": "naem"}, "a property", "name"),
        ("x-limit", {"max": 3, "per": "naem"}, "a schema", "name"),
        ("x-soft-delete", "goneat", "a schema", "goneAt"),
        ("x-computed", "self.naem", "a property", "name"),
        ("x-validations", {"rule": "self.naem != 'a'"}, "a schema", "name"),
        ("x-validations", {"rule": "self.id != 'a'", "fieldPath": ".naem"}, "a schema", "name"),
        ("x-identity", {"collection": "thigns", "credential": "id"}, "a security scheme", "things"),
        ("x-identity", {"collection": "things", "claims": {"role": "naem"}}, "a security scheme", "name"),
        ("x-action", {"action": "create", "collection": "thigns"}, "an operation", "things"),
        ("x-action", {"action": "create", "collection": "things", "set": {"naem": "a"}}, "an operation", "name"),
        ("x-list", {"page": "paeg"}, "an operation", "page"),
        ("x-list", {"filters": {"page": "naem"}}, "an operation", "name"),
        ("x-list", {"sort": {"parameter": "page", "by": {"newest": "-goneat"}}}, "an operation", "goneAt"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_name_of_nothing_is_told_with_the_one_that_is_meant(
    tmp_path: Path, keyword: str, said: Any, place: str, meant: str
) -> None:
    told = findings_of(tmp_path, keyword, said, place)
    assert [one for one in told if keyword in one.pointer and one.line and f"`{meant}`" in one.remedy], told
