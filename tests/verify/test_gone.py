"""A server that says 410 of what was deleted says that it is no longer there (RFC 9110, 15.5.11)."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
components:
  schemas:
    NewNote: {type: object, required: [text], properties: {text: {type: string, minLength: 1, maxLength: 80}}}
    Note: {type: object, required: [id, text], properties: {id: {type: integer}, text: {type: string}}}
  responses:
    Note: {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
    Refused: {description: refused}
paths:
  /notes:
    post:
      operationId: write
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewNote"}}}}
      responses: {"201": {$ref: "#/components/responses/Note"}, "400": {$ref: "#/components/responses/Refused"}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: read
      responses:
        "200": {$ref: "#/components/responses/Note"}
        "400": {$ref: "#/components/responses/Refused"}
        "404": {$ref: "#/components/responses/Refused"}
        "410": {$ref: "#/components/responses/Refused"}
    put:
      operationId: rewrite
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewNote"}}}}
      responses:
        "200": {$ref: "#/components/responses/Note"}
        "400": {$ref: "#/components/responses/Refused"}
        "404": {$ref: "#/components/responses/Refused"}
        "410": {$ref: "#/components/responses/Refused"}
    delete:
      operationId: throw_away
      responses:
        "204": {description: gone}
        "400": {$ref: "#/components/responses/Refused"}
        "404": {$ref: "#/components/responses/Refused"}
        "410": {$ref: "#/components/responses/Refused"}
"""


class Notes:
    """Notes, and what it says of one that was thrown away."""

    def __init__(self, gone: int) -> None:
        self.gone, self.numbers = gone, count(1)
        self.notes: dict[int, dict[str, Any] | None] = {}

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        match path.strip("/").split("/"):
            case ["notes"] if method == "POST":
                return self._write(next(self.numbers), sent, 201)
            case ["notes", number] if not number.isascii() or not number.isdecimal():
                return (404 if number.removeprefix("-").isdecimal() else 400), None
            case ["notes", number] if method in ("GET", "PUT", "DELETE"):
                return self._one(method, int(number), sent)
        return 405, None

    def _one(self, method: str, number: int, sent: bytes) -> tuple[int, Any]:
        note = self.notes.get(number)
        if note is None:
            return (self.gone if number in self.notes else 404), None
        if method == "DELETE":
            self.notes[number] = None
            return 204, None
        return (200, note) if method == "GET" else self._write(number, sent, 200)

    def _write(self, number: int, sent: bytes, status: int) -> tuple[int, Any]:
        try:
            told = json.loads(sent)
        except (ValueError, RecursionError):
            return 400, None
        text = told.get("text") if isinstance(told, dict) else None
        if not isinstance(text, str) or not 1 <= len(text) <= 80:
            return 400, None
        self.notes[number] = {"id": number, "text": text}
        return status, self.notes[number]


def broken(gone: int, folder: Path, **asked: Any) -> list[str]:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    with serving(Notes(gone).answer) as url:
        return [str(one) for one in verify(read(folder), Settings(url=url, **asked)).failures]


@pytest.mark.parametrize(("gone", "is_told"), [(404, False), (410, False), (400, True)])
def test_either_says_that_a_note_was_deleted(gone: int, is_told: bool, tmp_path: Path) -> None:
    assert bool(broken(gone, tmp_path, phases=("rules",), rules=("deletion",))) is is_told


@pytest.mark.slow
def test_a_right_request_to_what_was_deleted_may_be_refused_with_it(tmp_path: Path) -> None:
    assert broken(410, tmp_path) == []
