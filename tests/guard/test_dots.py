"""A document whose id is no segment of a path is never asked for by it: that path is another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Jars, version: "1"}
components:
  schemas:
    New: {type: object, required: [label], properties: {label: {type: string, maxLength: 20}}}
    Jar: {type: object, required: [id, label], properties: {id: {type: string}, label: {type: string}}}
paths:
  /jars:
    post:
      operationId: createJar
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/New"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Jar"}}}}
        "422": {description: refused}
  /jars/{jarId}:
    parameters: [{name: jarId, in: path, required: true, schema: {type: string}}]
    delete:
      operationId: deleteJar
      responses: {"204": {description: gone}, "404": {description: none}}
"""


class Jars:
    """Gives each new jar the same id; what is deleted at the path of all is all."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.jars: dict[str, Any] = {"somebody's": {"id": "somebody's", "label": "salt"}}

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        key = path.removeprefix("/jars").removeprefix("/")
        if method == "DELETE":
            return self._delete(key)
        if method != "POST":
            return 405, None
        try:
            label = json.loads(sent)["label"]
        except (ValueError, TypeError, KeyError):
            return 422, None
        self.jars[self.id] = {"id": self.id, "label": label}
        return 201, self.jars[self.id]

    def _delete(self, key: str) -> tuple[int, Any]:
        if key in ("", ".", "%2E"):
            self.jars.clear()
            return 204, None
        return (204, None) if self.jars.pop(key, None) else (404, None)


@pytest.mark.parametrize("id", [".", "..", ""])
def test_what_no_path_can_name_is_told_and_nothing_is_deleted_for_it(id: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    jars = Jars(id)
    with serving(jars.answer) as url:
        verdict = verify(read(tmp_path), Settings(url=url, phases=("fuzzing",), max_examples=5))
    assert "somebody's" in jars.jars
    assert verdict.left


def test_what_a_path_can_name_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    jars = Jars("...")
    with serving(jars.answer) as url:
        verdict = verify(read(tmp_path), Settings(url=url, phases=("fuzzing",), max_examples=5))
    assert (list(jars.jars), verdict.left) == (["somebody's"], [])
