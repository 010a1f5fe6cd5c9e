"""What a create has made though it was refused, or its answer was lost, is told; and nobody deletes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
components:
  schemas:
    New: {type: object, required: [text], properties: {text: {type: string, maxLength: 20}}}
    Note: {type: object, required: [id, text], properties: {id: {type: integer}, text: {type: string}}}
paths:
  /notes:
    post:
      operationId: createNote
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/New"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
        "422": {description: refused}
  /notes/{noteId}:
    parameters: [{name: noteId, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: readNote
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
        "404": {description: none}
    delete:
      operationId: deleteNote
      responses: {"204": {description: gone}, "404": {description: none}}
"""
LIST = """    get:
      operationId: listNotes
      responses:
        "200":
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Note"}}}}
"""
OTHERS = (1, 2)


class Notes:
    """Makes each note, and does not say so of each third: it refuses that, or says nothing at all."""

    def __init__(self, refuses: bool, is_listed: bool = True, is_broken_by: int = 0) -> None:
        self.refuses, self.is_listed, self.is_broken_by = refuses, is_listed, is_broken_by
        self.notes: dict[int, Any] = {number: {"id": number, "text": "somebody's"} for number in OTHERS}
        self.made = max(OTHERS)

    def verified(self, folder: Path) -> Verdict:
        listed = CONTRACT.replace("  /notes:\n", "  /notes:\n" + LIST)
        (folder / "openapi.yaml").write_text(listed if self.is_listed else CONTRACT, "utf-8")
        with serving(self.answer) as url:
            return verify(read(folder), Settings(url=url, phases=("fuzzing",), max_examples=20, max_time=20))

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        number = path.removeprefix("/notes").strip("/")
        if method == "POST":
            return self._create(sent)
        if not number:
            fails = 0 < self.is_broken_by < self.made
            return (500, None) if fails else (200, [*self.notes.values()])
        if not number.isdecimal() or int(number) not in self.notes:
            return 404, None
        return (200, self.notes[int(number)]) if method == "GET" else (204, self.notes.pop(int(number)) and None)

    def _create(self, sent: bytes) -> tuple[int, Any]:
        try:
            text = json.loads(sent)["text"]
        except (ValueError, TypeError, KeyError):
            return 422, None
        if not isinstance(text, str) or len(text) > 20:
            return 422, None
        self.made += 1
        self.notes[self.made] = {"id": self.made, "text": text}
        if self.made % 3:
            return 201, self.notes[self.made]
        if self.refuses:
            return 422, None
        raise ConnectionAbortedError  # the server drops the connection


@pytest.mark.slow
@pytest.mark.parametrize("refuses", [True, False])
def test_what_is_new_in_a_list_and_no_answer_told_of_is_counted_and_left_alone(tmp_path: Path, refuses: bool) -> None:
    notes = Notes(refuses)
    verdict = notes.verified(tmp_path)
    stays = [number for number in notes.notes if number not in OTHERS]
    told = next(line for line in verdict.left if "GET /notes" in line)
    assert told.startswith(f"{len(stays)} in GET /notes")
    assert {int(one) for one in re.findall(r"\d+", told.partition(": ")[2])} >= set(stays[:5])
    assert notes.notes.keys() >= set(OTHERS)


@pytest.mark.slow
def test_a_list_that_fails_since_the_run_is_told(tmp_path: Path) -> None:
    verdict = Notes(refuses=True, is_broken_by=5).verified(tmp_path)
    assert "GET /notes fails since this run began: look what it wrote there" in verdict.left


@pytest.mark.slow
def test_where_no_list_can_tell_each_create_that_was_not_answered_is_told(tmp_path: Path) -> None:
    notes = Notes(refuses=False, is_listed=False)
    verdict = notes.verified(tmp_path)
    stays = notes.notes.keys() - set(OTHERS)
    told = next(line for line in verdict.left if "POST /notes, which was not answered" in line)
    assert int(told.partition(" perhaps")[0]) >= len(stays) > 0
