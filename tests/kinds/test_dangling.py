"""A document that speaks of one which is gone can be changed in all else: what a request names alone is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kinds.others import doubled

CONTRACT = """
openapi: 3.1.0
info: {title: Letters, version: "1"}
paths:
  /people:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}
      responses: {'201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}}
  /people/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    delete: {responses: {'204': {description: gone}, '404': {description: none}}}
  /letters:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Letter'}}}}
      responses: &answers
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Letter'}}}}
        '422': {description: wrong}
  /letters/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    put:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Letter'}}}}
      responses: &changed
        '200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Letter'}}}}
        '404': {description: none}
        '422': {description: wrong}
    patch:
      requestBody:
        required: true
        content:
          application/json: {schema: &part {type: object}}
          application/merge-patch+json: {schema: *part}
          application/json-patch+json: {schema: {type: array, items: {type: object}}}
      responses: *changed
components:
  schemas:
    Person:
      type: object
      x-resource: {collection: people, id: id}
      properties: {id: {type: string, readOnly: true}}
    Letter:
      type: object
      x-resource: {collection: letters, id: id}
      required: [to]
      properties:
        id: {type: string, readOnly: true}
        to: {type: string, x-references: {collection: people, onDelete: ignore}}
        text: {type: string}
"""
STEPS = [{"op": "add", "path": "/text", "value": "a"}]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    file = tmp_path_factory.mktemp("letters") / "openapi.yaml"
    file.write_text(CONTRACT, "utf-8")
    with doubled(Path(file)) as client:
        yield client


@pytest.fixture
def letter(client: httpx.Client) -> dict[str, str]:
    """One whose addressee is gone."""
    person = client.post("/people", json={}).json()["id"]
    made: dict[str, str] = client.post("/letters", json={"to": person}).json()
    assert client.delete(f"/people/{person}").status_code == 204
    return made


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", {"text": "a"}),
        ("application/merge-patch+json", {"text": "a"}),
        ("application/json-patch+json", STEPS),
    ],
)
def test_a_change_of_something_else_is_taken(
    client: httpx.Client, letter: dict[str, str], media_type: str, body: object
) -> None:
    headers = {"Content-Type": media_type}
    assert client.patch(f"/letters/{letter['id']}", json=body, headers=headers).json()["text"] == "a"


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
def test_a_change_that_names_what_is_gone_is_refused(
    client: httpx.Client, letter: dict[str, str], media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    answer = client.patch(f"/letters/{letter['id']}", json={"to": letter["to"]}, headers=headers)
    assert (answer.status_code, answer.headers["X-Specdouble-Rule"]) == (422, "references:letters.to")


def test_a_replacement_names_all(client: httpx.Client, letter: dict[str, str]) -> None:
    assert client.put(f"/letters/{letter['id']}", json={"to": letter["to"]}).status_code == 422
