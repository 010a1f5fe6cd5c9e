"""PATCH with JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /notes:
    post:
      operationId: add
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses:
        '201': {$ref: '#/components/responses/Note'}
        '409': {description: The title is taken.}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: note
      responses: {'200': {$ref: '#/components/responses/Note'}, '404': {description: None.}}
    patch:
      operationId: change
      requestBody:
        required: true
        content:
          application/json-patch+json:
            schema:
              type: array
              items: {type: object, required: [op, path], properties: {op: {type: string}, path: {type: string}}}
          application/merge-patch+json: {schema: {type: object}}
          application/json: {schema: {$ref: '#/components/schemas/Change'}}
      responses:
        '200': {$ref: '#/components/responses/Note'}
        '404': {description: None.}
        '409': {description: The note is otherwise.}
        '422': {description: The patch makes no note.}
components:
  responses:
    Note: {description: The note., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
  schemas:
    Change: {type: object, properties: {title: {type: string}, by: {$ref: '#/components/schemas/By'}}}
    By: {type: object, properties: {name: {type: string}, mail: {type: string}}}
    Note:
      type: object
      required: [id, title]
      x-resource: {collection: notes, id: id}
      properties:
        id: {type: string, readOnly: true}
        title: {type: string, minLength: 1, x-unique: true}
        by: {$ref: '#/components/schemas/By'}
        tags: {type: array, items: {type: string}}
        code: {type: string, readOnly: true}
        updatedAt: {type: string, format: date-time, readOnly: true, x-timestamp: updated}
"""


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("notes")) as client:
        yield client


@pytest.fixture
def note(notes: httpx.Client, request: pytest.FixtureRequest) -> dict[str, Any]:
    body = {"title": request.node.name, "by": {"name": "Jo", "mail": "jo@example.org"}, "tags": ["a", "b"]}
    made: dict[str, Any] = notes.post("/notes", json=body).json()
    return made


def patched(client: httpx.Client, note: dict[str, Any], patch: object, kind: str = "json-patch") -> httpx.Response:
    headers = {"Content-Type": f"application/{kind}+json".replace("json+json", "json")}
    return client.patch(f"/notes/{note['id']}", json=patch, headers=headers)


def operation(op: str, path: str, **rest: object) -> dict[str, object]:
    return {"op": op, "path": path, **rest}


def test_every_operation_of_a_json_patch_is_done(notes: httpx.Client, note: dict[str, Any]) -> None:
    patch = [
        operation("test", "/by/name", value="Jo"),
        operation("replace", "/title", value="new"),
        operation("add", "/tags/-", value="c"),
        operation("add", "/tags/0", value="z"),
        operation("move", "/tags/0", **{"from": "/tags/3"}),
        operation("copy", "/by/mail", **{"from": "/by/name"}),
        operation("remove", "/by/name"),
    ]
    answer = patched(notes, note, patch)
    assert answer.status_code == 200
    assert answer.json() == notes.get(f"/notes/{note['id']}").json()
    after = {**note, "title": "new", "tags": ["c", "z", "a", "b"], "by": {"mail": "Jo"}}
    assert answer.json() == {**after, "updatedAt": answer.json()["updatedAt"]}
    assert answer.json()["updatedAt"] > note["updatedAt"]


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (operation("test", "/title", value="other"), 409),
        (operation("test", "/nothing", value=1), 409),
        (operation("remove", "/nothing"), 409),
        (operation("replace", "/tags/7", value="x"), 409),
        (operation("add", "/by/name/first", value="x"), 409),
        (operation("replace", "/title", value=7), 422),
        (operation("replace", "/title", value=""), 422),
        (operation("remove", "/title"), 422),
        (operation("replace", "", value=[]), 422),
        (operation("rename", "/title"), 422),
        (operation("replace", "title", value="x"), 422),
        (operation("add", "/title"), 422),
        (operation("add", "/a\0b", value=1), 422),
    ],
)
def test_a_json_patch_is_done_as_a_whole_or_not_at_all(
    notes: httpx.Client, note: dict[str, Any], last: object, status: int
) -> None:
    refused = patched(notes, note, [operation("add", "/tags/-", value="c"), last])
    assert refused.status_code == status
    assert notes.get(f"/notes/{note['id']}").json() == note


def test_copies_of_copies_do_not_grow_without_end(notes: httpx.Client, note: dict[str, Any]) -> None:
    grow = [operation("copy", f"/by/n{n}", **{"from": "/by"}) for n in range(40)]
    refused = patched(notes, note, grow)
    assert (refused.status_code, "too large" in refused.text) == (422, True)


def test_what_the_server_sets_stays_whatever_a_patch_says(notes: httpx.Client, note: dict[str, Any]) -> None:
    for patch, kind in (
        ([operation("add", "/id", value="x"), operation("add", "/code", value="y")], "json-patch"),
        ([operation("remove", "/updatedAt")], "json-patch"),
        ({"id": "x", "code": "y", "updatedAt": None}, "merge-patch"),
    ):
        answer = patched(notes, note, patch, kind)
        assert answer.status_code == 200
        assert {**answer.json(), "updatedAt": ""} == {**note, "updatedAt": ""}


def test_a_patch_keeps_the_rules(notes: httpx.Client, note: dict[str, Any]) -> None:
    notes.post("/notes", json={"title": "taken"})
    for patch, kind in (([operation("replace", "/title", value="taken")], "json-patch"), ({"title": "taken"}, "json")):
        refused = patched(notes, note, patch, kind)
        assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (409, "unique:notes.title")


def test_a_null_takes_away_in_a_merge_patch(notes: httpx.Client, note: dict[str, Any]) -> None:
    answer = patched(notes, note, {"by": {"mail": None}, "tags": None, "title": "a null"}, "merge-patch")
    assert answer.status_code == 200
    assert "tags" not in answer.json()
    assert (answer.json()["by"], answer.json()["title"]) == ({"name": "Jo"}, "a null")


def test_a_merge_patch_that_takes_away_what_must_be_is_refused(notes: httpx.Client, note: dict[str, Any]) -> None:
    assert patched(notes, note, {"title": None, "tags": []}, "merge-patch").status_code == 422
    assert notes.get(f"/notes/{note['id']}").json() == note


def test_the_content_type_says_what_a_patch_is(notes: httpx.Client, note: dict[str, Any]) -> None:
    assert patched(notes, note, {"by": {"name": "Al"}}, "json").json()["by"] == {"name": "Al"}
    assert patched(notes, note, {"by": {"mail": "m"}}, "merge-patch").json()["by"] == {"name": "Al", "mail": "m"}
    assert patched(notes, note, {"by": {"mail": "m"}}, "json-patch").status_code == 422
    refused = patched(notes, note, [], "xml")
    accepted = "application/json-patch+json, application/merge-patch+json, application/json"
    assert (refused.status_code, refused.headers["Accept-Patch"]) == (415, accepted)


def test_a_patch_of_nobody_is_not_found(notes: httpx.Client) -> None:
    assert patched(notes, {"id": "nobody"}, [operation("remove", "/title")]).status_code == 404
