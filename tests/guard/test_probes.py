"""What Schemathesis' own checks create beside the requests that it generates is deleted too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Account, Settings, verify
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Notes that anybody adds, version: "1"}
security: [{key: []}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
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
        "401": {description: nobody is known by that key}
        "422": {description: refused}
  /notes/{noteId}:
    parameters: [{name: noteId, in: path, required: true, schema: {type: integer}}]
    delete:
      operationId: deleteNote
      responses: {"204": {description: gone}, "401": {description: nobody}, "404": {description: none}}
"""


class Notes:
    """Looks at no key where a note is made, though its contract asks for one."""

    def __init__(self) -> None:
        self.notes: dict[int, Any] = {}
        self.made = 0

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        if method == "POST":
            return self._create(sent)
        number = path.rpartition("/")[2]
        if not number.isdecimal() or int(number) not in self.notes:
            return 404, None
        return 204, self.notes.pop(int(number)) and None

    def _create(self, sent: bytes) -> tuple[int, Any]:
        try:
            text = json.loads(sent)["text"]
        except (ValueError, TypeError, KeyError):
            return 422, None
        if not isinstance(text, str) or len(text) > 20:
            return 422, None
        self.made += 1
        self.notes[self.made] = {"id": self.made, "text": text}
        return 201, self.notes[self.made]


@pytest.mark.slow
def test_what_a_request_without_credentials_makes_is_deleted_too(tmp_path: Path) -> None:
    notes = Notes()
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    ada = Account("ada", credentials={"key": "hers"})
    with serving(notes.answer) as url:
        verdict = verify(read(tmp_path), Settings(url, (ada,), phases=("fuzzing",), max_examples=10))
    assert any("without authentication" in failure.promise for failure in verdict.failures)
    assert (verdict.left, notes.notes) == ([], {})
