"""Each kind of change is told by its id, and means what it means for a client that was written before."""

from __future__ import annotations

import itertools
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.diff.change import Change
from specdouble.diff.comparison import compared

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
LIST: dict[str, Any] = {"type": "array", "items": TEXT}
BREAKING, UNCLEAR, COMPATIBLE = "breaking", "unclear", "compatible"
_number = itertools.count()


def contract(
    parameter: Any = TEXT,
    sent: Any = TEXT,
    answered: Any = TEXT,
    *,
    needed: bool = False,
    promised: bool = False,
    demands: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A contract with one schema of each place; `needed` and `promised` say whether the property has to be there."""
    body = {"type": "object", "properties": {"value": sent}, "required": demands or (["value"] if needed else [])}
    answer = {"type": "object", "properties": {"value": answered}, "required": ["value"] if promised else []}
    query = {"name": "q", "in": "query", "schema": parameter}
    operation: dict[str, Any] = {
        "operationId": "make",
        "parameters": [query],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": "Made.", "content": {"application/json": {"schema": answer}}}},
    }
    operation |= more.pop("operation", {})
    operation = {key: value for key, value in operation.items() if value is not None}
    paths = {"/things/{id}": {"post": operation}, **more.pop("paths", {})}
    operation["parameters"].append({"name": "id", "in": "path", "required": True, "schema": TEXT})
    data = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths, **more}
    return deepcopy(data)


def changes(folder: Path, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    files = []
    for data in (before, after):
        file = folder / f"{next(_number)}.json"
        file.write_text(json.dumps(data), "utf-8")
        files.append(read(file))
    return compared(*files)


# Of a schema in each of its three places: what changes, the end of the id, and what it means where it is sent; where it
# is answered, narrower and wider change places.
FACETS = [
    (NUMBER, {"type": "number"}, "type-generalized", COMPATIBLE),
    ({"type": "number"}, NUMBER, "type-specialized", BREAKING),
    (TEXT, NUMBER, "type-changed", BREAKING),
    (TEXT, {"type": ["string", "null"]}, "became-nullable", COMPATIBLE),
    ({"type": ["string", "null"]}, TEXT, "became-not-nullable", BREAKING),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum-value-removed", BREAKING),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, "enum-value-added", COMPATIBLE),
    (TEXT, {**TEXT, "enum": ["a"]}, "became-enum", BREAKING),
    ({**TEXT, "enum": ["a"]}, TEXT, "became-not-enum", COMPATIBLE),
    (TEXT, {**TEXT, "const": "a"}, "const-added", BREAKING),
    ({**TEXT, "const": "a"}, TEXT, "const-removed", COMPATIBLE),
    (NUMBER, {**NUMBER, "maximum": 9}, "max-set", BREAKING),
    ({**NUMBER, "maximum": 9}, NUMBER, "max-unset", COMPATIBLE),
    ({**NUMBER, "maximum": 9}, {**NUMBER, "maximum": 8}, "max-decreased", BREAKING),
    ({**NUMBER, "maximum": 8}, {**NUMBER, "maximum": 9}, "max-increased", COMPATIBLE),
    ({**NUMBER, "exclusiveMaximum": 9}, {**NUMBER, "exclusiveMaximum": 8}, "exclusive-max-decreased", BREAKING),
    (NUMBER, {**NUMBER, "minimum": 1}, "min-set", BREAKING),
    ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 2}, "min-increased", BREAKING),
    ({**NUMBER, "minimum": 2}, {**NUMBER, "minimum": 1}, "min-decreased", COMPATIBLE),
    (TEXT, {**TEXT, "maxLength": 5}, "max-length-set", BREAKING),
    ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 4}, "max-length-decreased", BREAKING),
    ({**TEXT, "maxLength": 4}, {**TEXT, "maxLength": 5}, "max-length-increased", COMPATIBLE),
    ({**TEXT, "minLength": 1}, {**TEXT, "minLength": 2}, "min-length-increased", BREAKING),
    ({**TEXT, "minLength": 2}, {**TEXT, "minLength": 1}, "min-length-decreased", COMPATIBLE),
    (LIST, {**LIST, "maxItems": 3}, "max-items-set", BREAKING),
    ({**LIST, "minItems": 1}, {**LIST, "minItems": 2}, "min-items-increased", BREAKING),
    (LIST, {**LIST, "uniqueItems": True}, "unique-items-set", BREAKING),
    ({**LIST, "uniqueItems": True}, LIST, "unique-items-unset", COMPATIBLE),
    (NUMBER, {**NUMBER, "multipleOf": 5}, "multiple-of-set", BREAKING),
    ({**NUMBER, "multipleOf": 10}, {**NUMBER, "multipleOf": 5}, "multiple-of-generalized", COMPATIBLE),
    ({**NUMBER, "multipleOf": 4}, {**NUMBER, "multipleOf": 6}, "multiple-of-changed", BREAKING),
    (TEXT, {**TEXT, "pattern": "^a"}, "pattern-added", BREAKING),
    ({**TEXT, "pattern": "^a"}, TEXT, "pattern-removed", COMPATIBLE),
    ({**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}, "pattern-changed", UNCLEAR),
    (TEXT, {**TEXT, "format": "date"}, "format-added", BREAKING),
    (TEXT, {**TEXT, "default": "a"}, "default-value-added", COMPATIBLE),
    (TEXT, {**TEXT, "deprecated": True}, "deprecated", COMPATIBLE),
    ({**TEXT, "deprecated": True}, TEXT, "reactivated", COMPATIBLE),
    ({"anyOf": [TEXT, NUMBER]}, {"anyOf": [TEXT]}, "any-of-removed", BREAKING),
    ({"oneOf": [TEXT]}, {"oneOf": [TEXT, NUMBER]}, "one-of-added", COMPATIBLE),
]  # fmt: skip
MIRRORED = {BREAKING: COMPATIBLE, COMPATIBLE: BREAKING, UNCLEAR: UNCLEAR}


@pytest.mark.parametrize(("before", "after", "id", "level"), FACETS, ids=[facet[2] for facet in FACETS])
def test_what_a_schema_takes_away_breaks_whoever_sends_it(
    tmp_path: Path, before: Any, after: Any, id: str, level: str
) -> None:
    found = changes(tmp_path, contract(before, before), contract(after, after))
    assert {(change.id, change.level.value) for change in found} == {
        (f"request-parameter-{id}", level),
        (f"request-property-{id}", level),
    }


@pytest.mark.parametrize(("before", "after", "id", "level"), FACETS, ids=[facet[2] for facet in FACETS])
def test_what_a_schema_lets_in_breaks_whoever_is_answered_it(
    tmp_path: Path, before: Any, after: Any, id: str, level: str
) -> None:
    found = changes(tmp_path, contract(answered=before), contract(answered=after))
    wanted = COMPATIBLE if id.startswith("default") or id in ("deprecated", "reactivated") else MIRRORED[level]
    if id in ("type-changed", "multiple-of-changed"):
        wanted = BREAKING  # some values are gone, and others are new
    assert [(change.id, change.level.value) for change in found] == [(f"response-property-{id}", wanted)]


TWO = {"201": {"description": "Made."}, "204": {"description": "Made."}}
OPEN: dict[str, Any] = {"components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "K"}}}}
KEY: dict[str, Any] = {"security": [{"key": []}]}
OTHER: dict[str, Any] = {"paths": {"/others": {"get": {"responses": {"200": {"description": "All."}}}}}}
DEPRECATED: dict[str, Any] = {
    "paths": {"/others": {"get": {"deprecated": True, "responses": {"200": {"description": "All."}}}}}
}
BODY: dict[str, Any] = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


BARE = contract(operation={"parameters": []})
BODILESS = contract(operation={"requestBody": None})
BODIED = contract(operation={"requestBody": BODY})
MAY_BODY = contract(operation={"requestBody": BODY | {"required": False}})


def asked(**more: Any) -> dict[str, Any]:
    return {"operation": {"parameters": [{"name": "q", "in": "query", "schema": TEXT, **more}]}}


def headed(**headers: Any) -> dict[str, Any]:
    return {"operation": {"responses": {"201": {"description": "Made.", "headers": headers}}}}


def called(answered: Any = TEXT, *, sent: Any = TEXT, **more: Any) -> dict[str, Any]:
    """A contract with a webhook."""
    return contract(webhooks={"made": call(answered, sent=sent, **more)})


def called_back(sent: Any) -> dict[str, Any]:
    """A contract whose operation calls back."""
    return contract(operation={"callbacks": {"done": {"{$request.query.q}": call(sent=sent)}}})


def call(
    answered: Any = TEXT, *, sent: Any, required: bool = True, media: str = "application/json", status: str = "200"
) -> dict[str, Any]:
    answers = {status: {"description": "Heard.", "content": {"application/json": {"schema": answered}}}}
    body = {"required": required, "content": {media: {"schema": sent}}}
    return {"post": {"requestBody": body, "responses": answers}}


REFERRED: dict[str, Any] = {"components": {"schemas": {"Name": TEXT}}}
REFERRING = {"$ref": "#/components/schemas/Name", "maxLength": 9}
REST = [
    (contract(**OTHER), contract(), "api-path-removed-without-deprecation", BREAKING),
    (contract(**DEPRECATED), contract(), "api-path-removed-with-deprecation", COMPATIBLE),
    (contract(), contract(**OTHER), "api-added", COMPATIBLE),
    (contract(), contract(operation={"deprecated": True}), "endpoint-deprecated", COMPATIBLE),
    (contract(), contract(operation={"operationId": "create"}), "api-operation-id-changed", COMPATIBLE),
    (contract(), BARE, "request-parameter-removed", UNCLEAR),
    (BARE, contract(), "new-optional-request-parameter", COMPATIBLE),
    (BARE, contract(**asked(required=True)), "new-required-request-parameter", BREAKING),
    (contract(), contract(**asked(required=True)), "request-parameter-became-required", BREAKING),
    (contract(**asked(required=True)), contract(), "request-parameter-became-optional", COMPATIBLE),
    (contract(**asked(schema=LIST)), contract(**asked(schema=LIST, style="pipeDelimited")),
     "request-parameter-serialization-changed", BREAKING),
    (contract(), contract(**asked(deprecated=True)), "request-parameter-deprecated", COMPATIBLE),
    (BODILESS, BODIED, "request-body-added-required", BREAKING),
    (BODIED, BODILESS, "request-body-removed", BREAKING),
    (MAY_BODY, BODIED, "request-body-became-required", BREAKING),
    (BODIED, MAY_BODY, "request-body-became-optional", COMPATIBLE),
    (contract(), contract(needed=True), "request-property-became-required", BREAKING),
    (contract(needed=True), contract(), "request-property-became-optional", COMPATIBLE),
    (contract(promised=True), contract(), "response-property-became-optional", BREAKING),
    (contract(), contract(promised=True), "response-property-became-required", COMPATIBLE),
    (contract(), contract(sent={**TEXT, "readOnly": True}), "request-property-became-read-only", UNCLEAR),
    (contract(operation={"responses": TWO}), contract(operation={"responses": {"204": TWO["204"]}}),
     "response-success-status-removed", BREAKING),
    (contract(operation={"responses": {"204": TWO["204"]}}), contract(operation={"responses": TWO}),
     "response-success-status-added", COMPATIBLE),
    (contract(**headed(Link={"required": True, "schema": TEXT})), contract(**headed()),
     "required-response-header-removed", BREAKING),
    (contract(**headed(Link={"schema": TEXT})), contract(**headed()), "optional-response-header-removed", COMPATIBLE),
    (contract(**headed()), contract(**headed(Link={"schema": TEXT})), "response-header-added", COMPATIBLE),
    (contract(**OPEN), contract(operation=KEY, **OPEN), "api-security-anonymous-access-removed", BREAKING),
    (contract(operation=KEY, **OPEN), contract(**OPEN), "api-security-anonymous-access-added", COMPATIBLE),
    (contract(webhooks={"made": {}}), contract(), "webhook-removed", BREAKING),
    (called(), called(TEXT, sent=NUMBER), "response-body-type-changed", BREAKING),
    (called(), called(required=False), "webhook-body-became-optional", BREAKING),
    (called(), called(media="text/plain"), "webhook-media-type-removed", BREAKING),
    (called(), called(TEXT, status="204"), "webhook-answer-removed", BREAKING),
    (called(), called({**TEXT, "maxLength": 9}), "request-body-max-length-set", BREAKING),
    (called(), called(sent={**TEXT, "maxLength": 9}), "response-body-max-length-set", COMPATIBLE),
    (called_back(TEXT), called_back(NUMBER), "response-body-type-changed", BREAKING),
    (called_back(TEXT), contract(), "callback-removed", BREAKING),
    (contract(), called_back(TEXT), "callback-added", COMPATIBLE),
    (contract(), contract(demands=["other"]), "request-property-became-required", BREAKING),
    (contract(demands=["other"]), contract(), "request-property-became-optional", COMPATIBLE),
    (contract(**REFERRED), contract(**REFERRED, sent=REFERRING), "request-property-max-length-set", BREAKING),
    (contract(**headed(Link={"required": True, "schema": TEXT})), contract(**headed(link={"schema": TEXT})),
     "response-header-became-optional", BREAKING),
    (contract(NUMBER), contract(TEXT), "request-parameter-type-generalized", COMPATIBLE),
    (contract({"type": ["string", "integer"]}), contract(LIST), "request-parameter-type-generalized", COMPATIBLE),
    (contract(sent={**TEXT, "pattern": "^a"}), contract(sent={**TEXT, "pattern": ""}),
     "request-property-pattern-removed", COMPATIBLE),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "id", "level"), REST, ids=[row[2] for row in REST])
def test_a_change_outside_of_schemas_is_told(tmp_path: Path, before: Any, after: Any, id: str, level: str) -> None:
    found = changes(tmp_path, before, after)
    assert (id, level) in {(change.id, change.level.value) for change in found}
    if level != BREAKING:
        assert not [change for change in found if change.level.value == BREAKING]


def ruled(**annotations: Any) -> dict[str, Any]:
    thing = {"type": "object", "x-resource": {"collection": "things", "id": "id"}, "properties": {
        "id": {**TEXT, "readOnly": True}, "name": {**TEXT, **annotations}, "state": {"enum": ["a", "b", "c"]},
    }}  # fmt: skip
    data = contract()
    media = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    data["paths"] = {
        "/things": {"post": {"requestBody": media, "responses": {"201": {"description": "Made.", **media}}}}
    }
    return data | {"components": {"schemas": {"Thing": thing}}}


RULES = [
    (ruled(), ruled(**{"x-unique": True}), "rule-added", BREAKING),
    (ruled(**{"x-unique": True}), ruled(), "rule-removed", COMPATIBLE),
    (ruled(**{"x-unique": True}), ruled(**{"x-unique": {"ignore": "case"}}), "rule-changed", BREAKING),
    (ruled(**{"x-unique": {"ignore": "case"}}), ruled(**{"x-unique": {"within": "state"}}), "rule-changed", COMPATIBLE),
    (ruled(**{"x-unique": True}), ruled(**{"x-unique": {"status": 422}}), "rule-status-changed", BREAKING),
]


@pytest.mark.parametrize(("before", "after", "id", "level"), RULES)
def test_a_rule_is_compared_as_what_it_refuses(tmp_path: Path, before: Any, after: Any, id: str, level: str) -> None:
    found = [change for change in changes(tmp_path, before, after) if change.id.startswith("rule-")]
    assert [(change.id, change.level.value) for change in found] == [(id, level)]
    assert "unique:things.name" in found[0].subject
    assert found[0].line > 0 or found[0].file


def test_what_a_path_parameter_is_called_is_no_change(tmp_path: Path) -> None:
    after = contract()
    after["paths"] = {"/things/{key}": after["paths"]["/things/{id}"]}
    after["paths"]["/things/{key}"]["post"]["parameters"][-1]["name"] = "key"
    assert changes(tmp_path, contract(), after) == []


@pytest.mark.parametrize(("style", "is_told"), [("simple", False), ("label", True)])
def test_how_a_single_value_is_written_changes_with_few_styles(tmp_path: Path, style: str, is_told: bool) -> None:
    after = contract()
    after["paths"]["/things/{id}"]["post"]["parameters"][-1].update(style=style, explode=True)
    assert [one.id for one in changes(tmp_path, contract(), after)] == (
        ["request-parameter-serialization-changed"] if is_told else []
    )


def test_the_same_contract_in_another_version_of_openapi_is_the_same(tmp_path: Path) -> None:
    asked, held = {"name": "q", "in": "query"}, {"id": {"name": "id", "in": "path", "required": True}}
    answers = {"200": {"description": "All."}}
    info = {"title": "Things", "version": "1"}
    swagger = {
        "swagger": "2.0", "info": info,
        "paths": {"/things/{id}": {"get": {
            "parameters": [{**asked, "type": "integer"}, {**held["id"], "type": "string"}], "responses": answers,
        }}},
    }  # fmt: skip
    openapi = {
        "openapi": "3.0.3", "info": info,
        "paths": {"/things/{id}": {"get": {
            "parameters": [{**asked, "schema": {"type": "integer"}}, {**held["id"], "schema": {"type": "string"}}],
            "responses": answers,
        }}},
    }  # fmt: skip
    assert changes(tmp_path, swagger, openapi) == []


def test_a_server_that_moves_is_one_change_and_its_operations_are_the_same(tmp_path: Path) -> None:
    was, becomes = contract(servers=[{"url": "https://a.example/v1"}]), contract(servers=[{"url": "/v2"}])
    assert [(one.id, one.level.value) for one in changes(tmp_path, was, becomes)] == [
        ("api-base-path-changed", UNCLEAR)
    ]


def test_a_path_that_is_written_with_its_server_is_the_same_as_without(tmp_path: Path) -> None:
    becomes = contract()
    becomes["paths"] = {f"/v1{path}": item for path, item in becomes["paths"].items()}
    assert changes(tmp_path, contract(servers=[{"url": "/v1"}]), becomes) == []


def test_one_thing_or_null_is_that_thing_made_nullable_however_it_is_written(tmp_path: Path) -> None:
    after = contract(sent={"anyOf": [TEXT, {"type": "null"}]})
    (change,) = changes(tmp_path, contract(), after)
    assert (change.id, change.level.value) == ("request-property-became-nullable", COMPATIBLE)


PERSON: dict[str, Any] = {"type": "object", "required": ["a", "b"], "properties": {"a": TEXT, "b": TEXT}}
A, B = (PERSON | {"required": [name]} for name in "ab")


@pytest.mark.parametrize(
    ("alternatives", "level"),
    [({"oneOf": [A, B]}, BREAKING), ({"oneOf": [A, NUMBER]}, UNCLEAR), ({"anyOf": [A, B]}, UNCLEAR)],
)
def test_what_two_alternatives_take_no_one_of_does(tmp_path: Path, alternatives: Any, level: str) -> None:
    found = changes(tmp_path, contract(sent=PERSON), contract(sent=alternatives))
    assert {change.level.value for change in found} <= {level, UNCLEAR, COMPATIBLE}
    assert level in {change.level.value for change in found}


def test_an_alternative_that_was_changed_is_compared_with_itself(tmp_path: Path) -> None:
    narrower = {**TEXT, "maxLength": 9}
    (change,) = changes(
        tmp_path, contract(sent={"anyOf": [TEXT, NUMBER]}), contract(sent={"anyOf": [narrower, NUMBER]})
    )
    assert change.id == "request-property-max-length-set"


@pytest.mark.parametrize("keyword", ["then", "contains", "propertyNames", "unevaluatedProperties", "patternProperties"])
def test_a_schema_in_a_schema_is_compared(tmp_path: Path, keyword: str) -> None:
    def holding(held: Any) -> dict[str, Any]:
        return contract(sent={keyword: {"^x": held} if keyword == "patternProperties" else held})

    (change,) = changes(tmp_path, holding(TEXT), holding({**TEXT, "maxLength": 9}))
    assert (change.id, change.level.value) == ("request-property-max-length-set", BREAKING)


def test_a_schema_that_holds_itself_is_compared_once(tmp_path: Path) -> None:
    def holding(longest: int) -> dict[str, Any]:
        node = {
            "type": "object",
            "properties": {"name": {**TEXT, "maxLength": longest}, "next": {"$ref": "#/components/schemas/Node"}},
        }
        return contract(sent={"$ref": "#/components/schemas/Node"}, components={"schemas": {"Node": node}})

    (change,) = changes(tmp_path, holding(5), holding(4))
    assert (change.id, change.subject) == ("request-property-max-length-decreased", "/value/name")
