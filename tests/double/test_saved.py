"""What a server does to a document beyond keeping what was sent: entries get ids, a replacement begins anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Boards, version: '1'}
paths:
  /boards:
    get:
      operationId: readBoard
      x-action: {action: read, collection: boards, id: boardId}
      parameters: [{name: boardId, in: query, required: true, schema: {type: string}}]
      responses: {'200': {$ref: '#/components/responses/Board'}}
    post:
      operationId: saveBoard
      x-action: {action: create, collection: boards}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                boardId: {type: string, description: Of the board to change.}
                title: {type: string}
                columns: {type: array, items: {$ref: '#/components/schemas/Column'}}
      responses: {'200': {$ref: '#/components/responses/Board'}, '400': {description: Wrong.}}
  /boards/{boardId}:
    put:
      operationId: putBoard
      parameters: [{name: boardId, in: path, required: true, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NewBoard'}}}}
      responses: {'200': {$ref: '#/components/responses/Board'}}
components:
  responses:
    Board: {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Board'}}}}
  schemas:
    Column:
      type: object
      properties: {_id: {type: string}, name: {type: string}}
    NewBoard:
      type: object
      properties: {title: {type: string}, color: {type: string, default: grey}, note: {type: string, nullable: true}}
    Board:
      type: object
      x-resource: {collection: boards, id: _id}
      required: [color]
      properties:
        _id: {type: string, readOnly: true}
        title: {type: string}
        color: {type: string}
        note: {type: string, nullable: true, default: null}
        columns: {type: array, items: {$ref: '#/components/schemas/Column'}}
"""


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path) as client:
        yield client


def test_an_entry_of_an_array_gets_an_id_of_its_own_and_keeps_one_that_is_sent(boards: httpx.Client) -> None:
    sent = [{"name": "to do"}, {"_id": "chosen", "name": "done"}]
    first, second = boards.post("/boards", json={"columns": sent}).json()["columns"]
    assert len(first["_id"]) == 24
    assert second == {"_id": "chosen", "name": "done"}


def test_a_create_that_names_a_document_as_others_ask_for_it_changes_that_one(boards: httpx.Client) -> None:
    made = boards.post("/boards", json={"title": "old", "columns": [{"_id": "1", "name": "to do"}]}).json()
    changed = boards.post("/boards", json={"boardId": made["_id"], "title": "new"}).json()
    assert changed == {**made, "title": "new"}
    assert boards.get("/boards", params={"boardId": made["_id"]}).json() == changed


def test_a_create_that_names_no_document_is_refused_as_it_declares(boards: httpx.Client) -> None:
    assert boards.post("/boards", json={"boardId": "nobodys", "title": "new"}).status_code == 400


def test_a_create_that_names_no_document_makes_one_where_clients_give_ids(tmp_path: Path) -> None:
    with client_for(CONTRACT.replace("_id: {type: string, readOnly: true}", "_id: {type: string}"), tmp_path) as client:
        made = client.post("/boards", json={"boardId": "nobodys", "title": "new"})
        assert (made.status_code, made.json()["title"]) == (200, "new")


def test_what_a_replacement_leaves_out_has_its_default_again(boards: httpx.Client) -> None:
    made = boards.post("/boards", json={"title": "a"}).json()
    place = f"/boards/{made['_id']}"
    assert boards.put(place, json={"title": "b", "color": "red", "note": "soon"}).json()["note"] == "soon"
    after = boards.put(place, json={"title": "c"}).json()
    assert (after["title"], after["color"], after["note"]) == ("c", "grey", None)
