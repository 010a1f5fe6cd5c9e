"""What is valid or harmless is served, and what is wrong spoils itself alone."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.1.0
info: {title: Harmless, version: '1'}
paths:
  /keyed:
    get: {operationId: .keyed, security: [{nameless: []}], responses: &ok {'200': {description: Fine., content: {
      application/json: {schema: {type: object, required: [ok], properties: {ok: {type: boolean}}}}}}}}
  /quiet:
    get: {operationId: quiet}
  /odd-headers:
    get: {operationId: odd.headers, responses: {'200': {description: Fine., headers: {
      Bad Name: {required: true, schema: {type: string}}, X-Good: {required: true, schema: {const: good}}}}}}
  /large/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: readLarge, responses: &large {'200': {description: One., content: {
      application/json: {schema: {$ref: '#/components/schemas/Large'}}}}}}
    put: {operationId: putLarge, responses: *large, requestBody: {content: {
      application/json: {schema: {type: object, properties: {note: {type: string}}}}}}}
  /enums:
    get: {operationId: enums, responses: {'200': {description: One., content: {
      application/json: {schema: {$ref: '#/components/schemas/Enums'}}}}}}
  /enums/{number}:
    parameters: [{name: number, in: path, required: true, schema: {type: string, enum: [1, 2]}}]
    get: {operationId: oneEnum, responses: *ok}
  /twice/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: readTwice, responses: &one {'200': {description: One., content: {application/json: {schema: {
      type: object, required: [id], properties: {id: {type: string}, n: {type: integer}}}}}}}}
    put:
      operationId: putTwice
      parameters: [{name: id, in: query, schema: {type: integer}}]
      requestBody: {content: {application/json: {schema: {type: object, properties: {n: {type: integer}}}}}}
      responses: *one
components:
  securitySchemes: {nameless: {type: apiKey, in: header}}
  schemas:
    Large:
      type: object
      required: [id, size]
      properties: {id: {type: string}, size: {type: integer, enum: [1180591620717411303424]}, note: {type: string}}
    Enums:
      type: object
      required: [a, b, step]
      properties:
        a: {type: array, items: {type: string}, enum: [x, y]}
        b: {type: string, enum: [1, 2]}
        step: {type: number, multipleOf: 1.0e-320}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("harmless")) as client:
        yield client


def test_a_scheme_that_does_not_say_where_its_key_stands_protects_and_locks_nobody_out(client: httpx.Client) -> None:
    assert client.get("/keyed").status_code == 401
    assert client.get("/keyed", headers={"Authorization": "whatever"}).status_code == 200


def test_an_operation_without_responses_answers(client: httpx.Client) -> None:
    assert client.get("/quiet").status_code == 200


def test_a_header_that_cannot_be_called_so_is_left_out(client: httpx.Client) -> None:
    answer = client.get("/odd-headers")
    assert (answer.status_code, answer.headers["X-Good"]) == (200, "good")


def test_an_integer_beyond_64_bits_is_shown_though_no_store_keeps_it(client: httpx.Client) -> None:
    assert client.get("/large/a").json()["size"] == 2**70
    assert client.put("/large/a", json={"note": "x"}).json()["size"] == 2**70


def test_an_enum_without_a_value_of_its_type_is_left_out_or_read_as_texts(client: httpx.Client) -> None:
    shown = client.get("/enums").json()
    assert isinstance(shown["a"], list)
    assert shown["b"] in ("1", "2")
    assert client.get("/enums/1").status_code == 200


def test_of_a_paths_and_a_querys_parameter_the_path_says_which_document_is_meant(client: httpx.Client) -> None:
    assert client.put("/twice/mine", params={"id": 7}, json={"n": 1}).json() == {"id": "mine", "n": 1}
    assert client.get("/twice/mine").json() == {"id": "mine", "n": 1}
