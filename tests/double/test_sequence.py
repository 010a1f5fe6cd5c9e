"""Sequential media types: what `itemSchema` describes (OpenAPI 3.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from specdouble.double.http.sequence import write_sequence
from tests.contracts import client_for

CONTRACT = """
openapi: 3.2.0
info: {title: Readings, version: '1'}
paths:
  /readings:
    get:
      operationId: readings
      responses:
        '200':
          description: One after another.
          content: {application/jsonl: {itemSchema: {$ref: '#/components/schemas/Reading'}}}
    post:
      operationId: add
      requestBody: {content: {application/jsonl: {itemSchema: {$ref: '#/components/schemas/Reading'}}}}
      responses: {'204': {description: Taken.}, '400': {description: One of them is none.}}
  /events:
    get:
      operationId: events
      responses:
        '200':
          description: As they come.
          content:
            text/event-stream:
              itemSchema: {type: object, required: [data], properties: {event: {const: reading}, data: {type: string}}}
components:
  schemas:
    Reading: {type: object, required: [degrees], properties: {degrees: {type: integer}}}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("readings")) as client:
        yield client


def test_a_sample_of_lines_has_a_value_on_each(client: httpx.Client) -> None:
    answer = client.get("/readings")
    assert answer.headers["Content-Type"] == "application/jsonl"
    lines = answer.text.splitlines()
    assert lines
    assert all(isinstance(json.loads(line)["degrees"], int) for line in lines)


def test_a_sample_of_events_is_written_as_browsers_read_it(client: httpx.Client) -> None:
    events = client.get("/events").text.split("\n\n")
    assert events.pop() == ""
    assert all("data: " in event for event in events)


def test_each_line_of_a_body_is_held_to_the_schema(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/jsonl"}
    assert client.post("/readings", content=b'{"degrees": 1}\n{"degrees": 2}\n', headers=headers).status_code == 204
    assert client.post("/readings", content=b'{"degrees": 1}\n{"degrees": "2"}\n', headers=headers).status_code == 400


def test_each_media_type_has_a_way_of_its_own_to_write_many() -> None:
    values = [{"n": 1}, {"n": 2}]
    assert write_sequence(values, "application/x-ndjson; charset=utf-8") == b'{"n":1}\n{"n":2}\n'
    assert write_sequence(values, "application/json-seq") == b'\x1e{"n":1}\n\x1e{"n":2}\n'
    events = write_sequence([{"id": "7", "data": "a\nb"}, 5], "text/event-stream")
    assert events == b"id: 7\ndata: a\ndata: b\n\ndata: 5\n\n"
    assert write_sequence(values, "application/json") == b'[{"n":1},{"n":2}]'
