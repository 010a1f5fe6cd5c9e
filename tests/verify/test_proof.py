"""Where nothing could be proved, no success is told, and one line says what would help."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.server import serving
from specdouble.verify import Account, Settings, verify

CONTRACT = """
openapi: 3.0.3
info: {title: Todos, version: "1"}
paths:
  /todos:
    get:
      operationId: list
      responses: {"200": {$ref: "#/components/responses/all"}, 4XX: {description: no}}
    post:
      operationId: create
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Todo"}}}}
      responses: {"201": {$ref: "#/components/responses/one"}, 4XX: {description: no}}
  /todos/{id}:
    get:
      operationId: read
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {$ref: "#/components/responses/one"}, 4XX: {description: no}}
components:
  responses:
    one: {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Todo"}}}}
    all:
      description: all
      content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Todo"}}}}
  schemas:
    Todo:
      type: object
      required: [title]
      properties: {id: {type: integer, readOnly: true}, title: {type: string, maxLength: 80}}
  securitySchemes: {apiKey: {type: apiKey, in: header, name: X-Api-Key}}
"""
VERSION = """
paths:
  /version:
    get:
      operationId: version
      responses: {"200": {description: it, content: {application/json: {}}}, 4XX: {description: no}}
"""
PROTECTED = CONTRACT.replace("paths:", "security: [{apiKey: []}]\npaths:", 1)
RULES = ("rules",)


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return told(tmp_path, CONTRACT)


@pytest.fixture
def protected(tmp_path: Path) -> Contract:
    return told(tmp_path, PROTECTED)


def told(folder: Path, text: str) -> Contract:
    (folder / "openapi.yaml").write_text(text, "utf-8")
    return read(folder)


@contextmanager
def server(*refused: str, key: str = "") -> Iterator[str]:
    """A server of todos that answers 403 to what is refused: `POST /todos`, or `GET /todos/`.

    It asks for a key that begins as the given one does, but for its version, which it shows to everybody.
    """
    methods = dict.fromkeys(("do_GET", "do_POST"), _Todos.handle_any)
    handler = type("Handler", (_Todos,), {"key": key, "refused": refused, "todos": [], **methods})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()


class _Todos(BaseHTTPRequestHandler):
    key = ""
    refused: tuple[str, ...] = ()
    todos: list[dict[str, Any]]

    def handle_any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        asked = f"{self.command} {self.path}"
        if self.path == "/version":
            self.tell(200, {})
        elif not self.headers.get("X-Api-Key", "").startswith(self.key):
            self.tell(401, {"error": "who are you?"})
        elif any(asked.startswith(one) for one in self.refused):
            self.tell(403, {"error": "session not elevated"})
        elif self.command == "POST":
            self.todos.append({**json.loads(raw), "id": len(self.todos) + 1})
            self.tell(201, self.todos[-1])
        elif self.path == "/todos":
            self.tell(200, self.todos)
        else:
            found = [one for one in self.todos if self.path == f"/todos/{one['id']}"]
            self.tell(200 if found else 404, found[0] if found else {})

    def tell(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        pass


def test_a_server_that_takes_no_create_is_no_success(contract: Contract) -> None:
    with server("POST /todos") as url:
        verdict = verify(contract, Settings(url=url, phases=RULES, rules=("boundaries", "distinct_ids")))
    assert (verdict.failures, verdict.exit_code) == ([], 3)
    assert "session not elevated" in verdict.unproved


@pytest.mark.slow
def test_a_read_that_nobody_may_do_is_a_matter_of_rights_and_not_of_the_document(contract: Contract) -> None:
    with server("GET /todos/") as url:
        verdict = verify(contract, Settings(url=url, phases=RULES))
    assert [failure.promise for failure in verdict.failures if "shows every document" in failure.promise] == []
    assert any("session not elevated" in line for line in verdict.lacking)


def test_the_first_command_on_a_protected_contract_just_works(protected: Contract) -> None:
    with serving(DoubleSettings(Path(protected.path).parent)) as url:
        verdict = verify(protected, Settings(url=url, phases=RULES, owned=True))
    assert verdict.exit_code == 0
    assert verdict.rows["read_your_writes"].state == "kept"


def test_without_a_user_a_protected_server_is_told_in_one_line_and_is_no_success(protected: Contract) -> None:
    with serving(DoubleSettings(Path(protected.path).parent)) as url:
        verdict = verify(protected, Settings(url=url, phases=RULES))
    assert verdict.exit_code == 3
    assert "`--user ada:apiKey=env:ADA_SECRET`" in verdict.unproved
    assert [line for line in verdict.lacking if "--user" in line] == [f"3 operations: {verdict.unproved}"]


def test_what_everybody_is_shown_does_not_hide_that_a_key_is_not_looked_at_whole(tmp_path: Path) -> None:
    contract = told(tmp_path, PROTECTED.replace("\npaths:\n", VERSION, 1))
    users = (Account("ada", credentials={"apiKey": "key-of-ada"}),)
    with server(key="key-of-ada") as url:
        verdict = verify(contract, Settings(url=url, users=users, phases=RULES, rules=("authentication",)))
    promises = [one.promise for failure in verdict.failures for one in (failure, *failure.others)]
    assert "GET /todos refuses credentials that are not valid" in promises
