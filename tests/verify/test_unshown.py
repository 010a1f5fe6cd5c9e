"""What a contract promises and no case can show is told; what only looks like a broken promise is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specdouble.prove.bench import Bench, Options
from specdouble.verify.verdict import NOT_EXERCISED, Verdict

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
KEY = {"name": "X-Request-Key", "in": "header", "schema": {"type": "string"}}
TEXT = {"type": "string", "maxLength": 90}
NEW = {"type": "object", "required": ["text"], "properties": {"text": TEXT}}
NOTE = {
    "x-resource": {"collection": "notes", "id": "id"},
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "string"}, "text": TEXT},
}


def told(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "told", "content": {"application/json": {"schema": schema}}}


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    one = {"$ref": "#/components/schemas/Note"}
    add = {
        "operationId": "add",
        "x-idempotency": "X-Request-Key",
        "parameters": [KEY],
        "requestBody": {"required": True, "content": {"application/json": {"schema": NEW}}},
        "responses": {"201": told(one), "422": {"description": "wrong"}},
    }
    everything = {"type": "array", "items": one}
    list_all = {"operationId": "list", "x-list": {"filters": {}}, "responses": {"200": told(everything)}}
    gone = {"204": {"description": "gone"}, "404": {"description": "none"}}
    paths = {
        "/notes": {"get": list_all, "post": add},
        "/notes/{id}": {"delete": {"parameters": [ID], "responses": gone}},
    }
    contract = {
        "openapi": "3.0.3",
        "info": {"title": "Notes", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Note": NOTE}},
    }
    file = tmp_path_factory.mktemp("notes") / "openapi.json"
    file.write_text(json.dumps(contract), "utf-8")
    bench = Bench(Options(file, seed=1))
    return bench.verified(lambda parts: parts, bench.settings)


def test_a_rule_that_no_case_can_show_is_told_as_not_exercised(verdict: Verdict) -> None:
    row = verdict.rows["listing:list"]
    assert (row.state, *row.reasons) == (NOT_EXERCISED, "nothing that the contract declares shows whether it is kept")


def test_a_key_of_idempotency_by_whatever_name_is_another_one_with_each_body(verdict: Verdict) -> None:
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []
