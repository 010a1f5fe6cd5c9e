"""What a generated path names is what the server reads there, however it is written in the address."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.conformance.path_values import meant, name_in_path
from tests.applications import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Drawers, version: "1"}
components:
  schemas:
    NewDrawer: {type: object, required: [label], properties: {label: {type: string}}}
    Drawer: {type: object, required: [id, label], properties: {id: {type: string}, label: {type: string}}}
paths:
  /drawers:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewDrawer"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Drawer"}}}}
        "400": {description: no}
  /drawers/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Drawer"}}}}
        "404": {description: none}
    delete:
      responses: {"204": {description: gone}, "404": {description: none}}
"""


class Drawers:
    """A server whose ids have in them what an address writes in another way."""

    def __init__(self) -> None:
        self.drawers: dict[str, dict[str, Any]] = {}
        self.numbers, self.read = count(1), list[str]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        segments = [unquote(one) for one in scope["raw_path"].decode().strip("/").split("/")]
        status, shown = self._answer(scope["method"], segments, body)
        content = json.dumps(shown).encode() if shown else b""
        headers = [(b"content-type", b"application/json")] if shown else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, method: str, segments: list[str], body: bytes) -> tuple[int, Any]:
        if segments == ["drawers"] and method == "POST":
            return self._made(body)
        if len(segments) != 2 or method not in ("GET", "DELETE"):
            return 405, None
        found = self.drawers.get(segments[1])
        if found is None:
            return 404, None
        if method == "GET":
            self.read.append(segments[1])
            return 200, found
        del self.drawers[segments[1]]
        return 204, None

    def _made(self, body: bytes) -> tuple[int, Any]:
        try:
            label = json.loads(body)["label"]
        except (ValueError, TypeError, KeyError):
            return 400, None
        if not isinstance(label, str):
            return 400, None
        key = f"oak/50%25 {next(self.numbers)}é"
        self.drawers[key] = {"id": key, "label": label}
        return 201, self.drawers[key]


@pytest.mark.parametrize("phase", ["coverage", "fuzzing"])
def test_a_generated_path_names_documents_whose_ids_no_address_has_as_they_are(phase: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    drawers = Drawers()
    with serving(drawers) as url:
        verdict = verify(read(tmp_path), Settings(url=url, phases=(phase,), max_examples=10))
    assert [failure.sentence for failure in verdict.failures] == []
    assert drawers.read
    assert drawers.drawers == {}


@pytest.mark.parametrize("value", ["plain", "a/b", "50%25", "é", ".", "..", "a b+c", 7])
def test_what_is_put_into_a_path_is_read_from_it(value: Any) -> None:
    case = SimpleNamespace(path_parameters={"id": "%2E"})
    name_in_path(case, {"id": value})
    assert meant(case) == {"id": value}
    assert case.path_parameters["id"] == value or "/" not in case.path_parameters["id"]


def test_what_a_path_names_already_stays_as_it_is_written() -> None:
    case = SimpleNamespace(path_parameters={"id": "%61", "of": "b"})
    name_in_path(case, {"id": "a", "of": "c d"})
    assert case.path_parameters == {"id": "%61", "of": "c%20d"}
