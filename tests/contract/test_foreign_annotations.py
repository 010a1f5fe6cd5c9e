"""Annotations of other tools that bear the names of ours, as public contracts have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.contract import Contract, ContractError, read

# Where it stands, and what is written there.
FOREIGN = [
    ("property", {"x-unique": "project"}),
    ("property", {"x-unique": "True"}),
    ("property", {"x-unique": ["tenantId"]}),
    ("property", {"x-unique": True}),
    ("schema", {"x-unique": ["code"]}),
    ("schema", {"x-unique": [["title", "key"]]}),
    ("schema", {"x-unique": "data_id"}),
    ("property", {"x-immutable": True}),
    ("property", {"x-immutable": "after-create"}),
    ("schema", {"x-immutable": ["id", "created_at"]}),
    ("property", {"x-references": "users.id"}),
    ("property", {"x-references": {"collection": "posts", "field": "_id"}}),
    ("schema", {"x-references": [{"from": "a[*].b", "to": ["c[*].d"]}]}),
    ("schema", {"x-resource": {"name": "orders", "singular": "order", "routes": {"path": "/orders"}}}),
    ("schema", {"x-resource": True}),
    ("schema", {"x-resource": "/orders"}),
    ("property", {"x-resource": "retrieval_profile"}),
    ("operation", {"x-resource": "Workspace"}),
    ("path", {"x-resource": "player"}),
    ("operation", {"x-action": "ban"}),
    ("operation", {"x-action": ["read", "write"]}),
    ("operation", {"x-action": {"action": "parse-commits", "task": 3}}),
    ("operation", {"x-roles": ["guest", "moderator"]}),
    ("operation", {"x-roles": "admin,member"}),
    ("property", {"x-timestamp": True}),
    ("property", {"x-timestamp": "unix-seconds"}),
    ("schema", {"x-transitions": [{"from": "open", "to": "closed"}]}),
    ("property", {"x-transitions": "ease-in"}),
    ("scheme", {"x-identity": "user-pool"}),
    ("property", {"x-computed": True}),
    ("property", {"x-computed": "on-write"}),
    ("property", {"x-computed": {"strategy": "hash", "of": ["a", "b"]}}),
    ("operation", {"x-limit": 100}),
    ("schema", {"x-limit": {"rate": "10/s", "burst": 20}}),
    ("operation", {"x-list": True}),
    ("schema", {"x-list": {"columns": ["id", "name"]}}),
    ("operation", {"x-etag": "weak"}),
    ("schema", {"x-etag": True}),
    ("operation", {"x-idempotency": {"enabled": True, "ttl": 86400}}),
    ("operation", {"x-idempotent": True}),
    ("schema", {"x-soft-delete": True}),
    ("schema", {"x-soft-delete": {"field": "deletedAt", "days": 30}}),
    ("property", {"x-validations": {"min": 3}}),
    ("property", {"x-validations": ["email", "unique"]}),
    ("property", {"x-validation": "required|min:3"}),
    ("schema", {"x-kubernetes-validations": [{"rule": "self.a == 1"}]}),
]


def contract_with(place: str, annotation: dict[str, Any], ours: dict[str, Any] | None = None) -> dict[str, Any]:
    name = {"type": "string", **(annotation if place == "property" else {})}
    thing = {"type": "object", "properties": {"id": {"type": "string"}, "name": name}, **(ours or {})}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    answers = {"200": {"description": "all", "content": {"application/json": {"schema": {"type": "array", "items": {
        "$ref": "#/components/schemas/Thing"}}}}}}  # fmt: skip
    listing = {"operationId": "list", "responses": answers, **(annotation if place == "operation" else {})}
    creating = {"operationId": "add", "requestBody": body, "responses": {"201": {"description": "one", **body}}}
    key = {"type": "apiKey", "in": "header", "name": "key", **(annotation if place == "scheme" else {})}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": listing, "post": creating, **(annotation if place == "path" else {})}},
        "components": {
            "schemas": {"Thing": {**thing, **(annotation if place == "schema" else {})}},
            "securitySchemes": {"key": key},
        },
    }


def read_it(folder: Path, data: dict[str, Any]) -> Contract:
    (folder / "openapi.json").write_text(json.dumps(data), "utf-8")
    return read(folder / "openapi.json")


@pytest.mark.parametrize(("place", "annotation"), FOREIGN, ids=[f"{place}-{said}" for place, said in FOREIGN])
def test_an_annotation_that_cannot_be_meant_as_ours_is_a_warning(
    tmp_path: Path, place: str, annotation: dict[str, Any]
) -> None:
    contract = read_it(tmp_path, contract_with(place, annotation))
    told = [finding for finding in contract.findings if finding.id == "annotation"]
    assert {finding.severity for finding in told} <= {"warning"}
    assert not [rule for rule in contract.rules.values() if not rule.native]
    assert {"list", "add"} <= contract.actions.keys()


@pytest.mark.parametrize(
    ("place", "annotation", "rule"),
    [
        ("property", {"x-unique": {"ignore": ["case"]}}, "unique:things.name"),
        ("property", {"x-references": {"collection": "things"}}, "references:things.name"),
        ("schema", {"x-validations": [{"rule": "self.name != self.id"}]}, "validations:things"),
        ("schema", {"x-limit": {"max": 3}}, "limit:things"),
    ],
)
def test_what_only_ours_could_say_needs_no_resource_beside_it(
    tmp_path: Path, place: str, annotation: dict[str, Any], rule: str
) -> None:
    contract = read_it(tmp_path, contract_with(place, annotation))
    assert [id for id in contract.rules if id.startswith(rule)]
    assert not [finding for finding in contract.findings if finding.id == "annotation"]


def test_what_others_write_too_is_a_rule_beside_what_only_ours_could_say(tmp_path: Path) -> None:
    data = contract_with("schema", {"x-limit": {"max": 3}})
    data["components"]["schemas"]["Thing"]["properties"]["name"]["x-immutable"] = True
    assert "immutable:things.name" in read_it(tmp_path, data).rules


@pytest.mark.parametrize(
    ("place", "annotation"), [("property", {"x-unique": True}), ("schema", {"x-unique": ["code"]})], ids=str
)
def test_what_would_be_a_rule_if_documents_were_not_inferred_says_so(
    tmp_path: Path, place: str, annotation: dict[str, Any]
) -> None:
    found = read_it(tmp_path, contract_with(place, annotation)).findings
    (finding,) = [one for one in found if one.id == "annotation"]
    assert "that documents of this schema are kept is inferred" in finding.reason
    assert finding.remedy.endswith("else write `x-resource: {collection: things}` on the schema")


def test_lint_passes_what_is_anothers_unless_it_is_strict(tmp_path: Path) -> None:
    read_it(tmp_path, contract_with("property", {"x-unique": "project"}))
    outcomes = [
        CliRunner().invoke(main, ["lint", str(tmp_path / "openapi.json"), *options]).exit_code
        for options in ([], ["--strict"])
    ]
    assert outcomes == [0, 1]


def test_what_stands_in_many_places_is_told_once(tmp_path: Path) -> None:
    data = contract_with("schema", {})
    properties = {f"p{number}": {"type": "string", "x-immutable": "always"} for number in range(668)}
    data["components"]["schemas"]["Thing"]["properties"] |= properties
    told = [str(one) for one in read_it(tmp_path, data).findings if one.id == "annotation"]
    assert len(told) == 1
    assert "in 667 other places" in told[0]


@pytest.mark.parametrize(
    "ours",
    [
        {"x-resource": {"collection": "things", "id": "id"}},
        {"x-resorce": {"collection": "things", "id": "id"}},
        {"x-resource": {"colection": "things", "id": "id"}},
    ],
)
def test_beside_a_resource_of_ours_even_a_misspelt_one_it_is_an_error(tmp_path: Path, ours: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        read_it(tmp_path, contract_with("property", {"x-unique": "project"}, ours))
