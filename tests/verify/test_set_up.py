"""A server that fails on the way to what a case is about is told by the operation that failed, and by no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict
from tests.guard.service import Answer, serving

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
paths:
  /notes:
    post: {operationId: write, requestBody: &note {required: true, content: {application/json: {
      schema: {$ref: "#/components/schemas/Note"}}}}, responses: {"201": {description: made, <<: *note}}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: look, responses: {"200": {description: one, <<: *note}, "404": {description: none}}}
    patch: {operationId: change, requestBody: *note, responses: {"200": {description: one, <<: *note},
      "404": {description: none}}}
components:
  schemas:
    Note:
      type: object
      properties: {id: {type: integer, readOnly: true}, text: {type: string}, mood: {type: string}}
"""


def _notes(failing: str) -> Answer:
    """A server of notes that fails at a method where a mood is sent."""
    kept: dict[str, dict[str, Any]] = {}

    def answer(method: str, path: str, sent: bytes) -> tuple[int, Any]:
        key = path.rpartition("/")[2] if path != "/notes" else str(len(kept) + 1)
        body = json.loads(sent) if sent else {}
        if method == failing and "mood" in body:
            return 500, None
        if path != "/notes" and key not in kept:
            return 404, None
        if method != "GET":
            kept[key] = {**kept.get(key, {}), **body, "id": int(key)}
        return 201 if method == "POST" else 200, kept[key]

    return answer


def _verified(failing: str, folder: Path) -> Verdict:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    with serving(_notes(failing)) as url:
        settings = Settings(url, seed=1, yes=True, phases=("rules",), rules=("partial_update", "conformance"))
        return verify(read(folder / "openapi.yaml"), settings)


@pytest.mark.parametrize(("failing", "named"), [("POST", "POST /notes "), ("PATCH", "PATCH /notes/{id} ")])
def test_a_failure_is_told_by_the_operation_that_failed(tmp_path: Path, failing: str, named: str) -> None:
    told = [one.promise for one in _verified(failing, tmp_path).failures if "500" in one.seen]
    assert told
    assert {promise.startswith(named) for promise in told} == {True}
