"""A search by the values of one document has never shown the other: that it is not there is no loss."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from tests.guard.service import serving

CONTRACT = """
openapi: 3.1.0
info: {title: Todos that are searched, version: "1"}
components:
  schemas:
    Todo:
      type: object
      required: [value]
      properties: {id: {type: integer, readOnly: true}, value: {type: string, maxLength: 60}}
paths:
  /todos:
    post:
      operationId: createTodo
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Todo"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Todo"}}}}
  /todos/search:
    get:
      operationId: searchTodos
      parameters: [{name: value, in: query, required: true, schema: {type: string}}]
      responses: {"200": {description: found, content: {application/json: {schema: {
        type: array, items: {$ref: "#/components/schemas/Todo"}}}}}}
  /todos/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: readTodo
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Todo"}}}}
        "404": {description: none}
    delete: {operationId: deleteTodo, responses: {"204": {description: gone}, "404": {description: none}}}
"""


class Todos:
    """`spills` is whether a delete takes every other todo along."""

    def __init__(self, spills: bool) -> None:
        self.spills, self.numbers = spills, count(1)
        self.held: dict[int, dict[str, Any]] = {}

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        place, _, query = path.partition("?")
        if method == "POST":
            key = next(self.numbers)
            self.held[key] = {**json.loads(sent), "id": key}
            return 201, self.held[key]
        last = place.rpartition("/")[2]
        if last == "search":
            asked = parse_qs(query).get("value", [""])[0]
            return 200, [one for one in self.held.values() if one["value"] == asked]
        if not last.isdecimal() or int(last) not in self.held:
            return 404, None
        if method == "GET":
            return 200, self.held[int(last)]
        if self.spills:
            self.held.clear()
        return 204, self.held.pop(int(last), None) and None


@pytest.mark.parametrize("spills", [False, True])
def test_another_document_is_missed_only_where_a_search_for_itself_does_not_find_it(
    tmp_path: Path, spills: bool
) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    with serving(Todos(spills).answer, with_query=True) as url:
        verdict = verify(read(tmp_path), Settings(url=url, phases=("rules",), rules=("deletion",)))
    assert ["the other document to be in the list still" in one.sentence for one in verdict.failures] == [True] * spills
