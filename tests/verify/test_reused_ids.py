"""A new document has an id of its own, though there are fewer by now than were made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings
from specdouble.verify.checks.programs import _open, _Search
from specdouble.verify.model import Model
from specdouble.verify.session import Session
from specdouble.verify.trial import Trial
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
components:
  schemas:
    Note:
      type: object
      x-resource: {collection: notes, id: id}
      properties: {id: {type: integer, readOnly: true}, text: {type: string}}
  responses:
    Note: {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
paths:
  /notes:
    get:
      responses:
        "200":
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Note"}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"201": {$ref: "#/components/responses/Note"}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {$ref: "#/components/responses/Note"}, "404": {description: none}}}
    delete: {responses: {"204": {description: gone}, "404": {description: none}}}
"""


class Notes:
    """Notes with numbers: of how many are there, or of how many were made."""

    def __init__(self, of_those_there: bool) -> None:
        self.of_those_there, self.made, self.notes = of_those_there, 0, dict[int, Any]()

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        match path.strip("/").split("/"):
            case ["notes"] if method == "GET":
                return 200, [*self.notes.values()]
            case ["notes"]:
                self.made += 1
                key = len(self.notes) + 1 if self.of_those_there else self.made
                self.notes[key] = {**json.loads(sent or b"{}"), "id": key}
                return 201, self.notes[key]
            case ["notes", key] if key.isdecimal() and int(key) in self.notes:
                return (204, self.notes.pop(int(key)) and None) if method == "DELETE" else (200, self.notes[int(key)])
        return 404, None


def _programs(tmp_path: Path, notes: Notes) -> str:
    """What the first program tells; empty where it finds nothing."""
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    with serving(notes.answer) as url:
        trial = Trial(Session(read(tmp_path), Settings(url, owned=True)))
        search = _Search(trial, lambda inner: Model(inner, trial.subject("notes"), ()))
        _open(search)
    return search.shortest[1].seen if search.shortest else ""


@pytest.mark.slow
def test_the_number_of_those_that_are_there_is_no_new_one_after_a_delete(tmp_path: Path) -> None:
    assert "another one there has" in _programs(tmp_path, Notes(of_those_there=True))
    assert _programs(tmp_path, Notes(of_those_there=False)) == ""
