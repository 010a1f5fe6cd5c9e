"""What an automatic operation answers conforms to its own schema, whatever is stored; else it is 501, never 500."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Double, Settings
from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Shelves, version: "1"}
paths:
  /shelves: {get: &list {operationId: list_shelves, parameters: [{name: name, in: query, schema: {type: string}}],
    responses: {"200": &some {description: all, content: {application/json: {schema: {
      type: array, minItems: 1, items: {$ref: "#/components/schemas/Shelf"}}}}}}}}
  /shelves/missing: {get: {<<: *list, operationId: missing, responses: {"200": *some, "404": {description: none}}}}
  /shelves/empty: {get: {<<: *list, operationId: empty, responses: {"200": *some, "204": {description: none}}}}
  /shelves/{id}: {get: {operationId: read_shelf, parameters: [{name: id, in: path, required: true, schema: {
    type: string}}], responses: {"200": {description: one, content: {application/json: {schema: {
      $ref: "#/components/schemas/Shelf"}}}}}}}
  /books:
    get: {operationId: list_books, parameters: [{name: page, in: query, schema: {type: integer}}],
      responses: {"200": {description: a page, content: {application/json: {schema: {type: object, properties: {
        page: {type: integer}, books: {type: array, maxItems: 2, items: {$ref: "#/components/schemas/Book"}}}}}}}}}
  /books/{id}: {get: {operationId: read_book, parameters: [{name: id, in: path, required: true, schema: {
    type: string}}], responses: {"200": {description: one, content: {application/json: {schema: {
      $ref: "#/components/schemas/Book"}}}}}}}
  /labels:
    post: {operationId: create_label, requestBody: {content: {application/json: {schema: {
      $ref: "#/components/schemas/Label"}}}}, responses: {"201": &label {description: one, content: {application/json: {
        schema: {$ref: "#/components/schemas/Label"}}}}}}
  /labels/{name}: {get: &read {operationId: read_label, parameters: [{name: name, in: path, required: true,
    schema: {type: string}}], responses: {"200": *label}}}
  /marks:
    post: {operationId: create_mark, requestBody: {content: {application/json: {schema: {
      $ref: "#/components/schemas/Mark"}}}}, responses: {"201": {description: one, content: {application/json: {
        schema: {$ref: "#/components/schemas/Mark"}}}}}}
  /marks/{name}:
    get: {<<: *read, operationId: read_mark, responses: &marks {"200": {description: one, content: {
      application/json: &mark {schema: {$ref: "#/components/schemas/Mark"}}}}}}
    put: {<<: *read, operationId: replace_mark, requestBody: {content: {application/json: *mark}}, responses: {
      <<: *marks, "201": {description: a new one, content: {application/json: *mark}}}}
  /cards:
    post: {operationId: create_card, requestBody: {content: {application/json: &card {schema: {
      $ref: "#/components/schemas/Card"}}}}, responses: {"201": {description: one, content: {application/json: *card}}}}
  /cards/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: read_card, responses: {"200": {description: one, content: {application/json: {schema: {
      $ref: "#/components/schemas/View"}}}}}}
    delete: {operationId: delete_card, responses: {"200": {description: gone, content: {application/json: {schema: {
      $ref: "#/components/schemas/Never"}}}}}}
  /signs: {get: {operationId: list_of_objects, responses: {"200": {description: all, content: {application/json: {
    schema: {type: object, items: {$ref: "#/components/schemas/Sign"}}}}}}}}
  /signs/{id}: {get: {operationId: read_sign, parameters: [{name: id, in: path, required: true, schema: {
    type: string}}], responses: {"200": {description: one, content: {application/json: {schema: {
      $ref: "#/components/schemas/Sign"}}}}}}}
components:
  schemas:
    Shelf: {type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}
    Book: {type: object, required: [id], properties: {id: {type: string}, title: {type: string}}}
    Sign: {type: object, required: [id], properties: {id: {type: string}, title: {type: string}}}
    Named: {type: object, properties: {name: {type: string, readOnly: true}}}
    Card: {type: object, properties: {id: {type: string}, text: {type: string}, note: {type: string}}}
    View: {type: object, additionalProperties: false, required: [id, kind], properties: {
      id: {type: string}, text: {type: string, maxLength: 3}, kind: {type: string, enum: [view]}}}
    Never: {type: object, required: [id, size], properties: {
      id: {type: string}, size: {type: integer, minimum: 2, maximum: 1}}}
    # Neither takes a `name`: one lists what it takes, the other wants objects.
    Label: {type: object, additionalProperties: false, properties: {text: {type: string}}, allOf: [
      {$ref: "#/components/schemas/Named"}]}
    Mark: {type: object, additionalProperties: {type: object}, properties: {text: {type: string}}, allOf: [
      {$ref: "#/components/schemas/Named"}]}
"""


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("shelves")) as client:
        yield client


def test_a_list_that_may_not_be_empty_shows_what_there_is(shelves: httpx.Client) -> None:
    assert len(shelves.get("/shelves").json()) == 3


@pytest.mark.parametrize(("path", "status"), [("/shelves", 501), ("/shelves/missing", 404), ("/shelves/empty", 204)])
def test_a_list_that_may_not_be_empty_and_is_says_so_as_the_operation_can(
    shelves: httpx.Client, path: str, status: int
) -> None:
    assert shelves.get(path, params={"name": "nobody's"}).status_code == status


def test_a_list_without_an_answer_tells_the_remedy(shelves: httpx.Client) -> None:
    detail = shelves.get("/shelves", params={"name": "nobody's"}).json()["detail"]
    assert detail.startswith("the list must show 1 (`minItems`), and shelves has 0 that the request asks for: declare")


def test_a_list_is_cut_into_pages_as_large_as_its_schema_takes(shelves: httpx.Client) -> None:
    first, second = (shelves.get("/books", params={"page": page}).json()["books"] for page in (1, 2))
    assert [len(first), len(second)] == [2, 1]
    assert second[0] not in first


def test_a_page_of_any_number_is_answered(shelves: httpx.Client) -> None:
    answer = shelves.get("/books", params={"page": 2**63 - 1})
    assert (answer.status_code, answer.json()["books"]) == (200, [])
    assert shelves.get("/books", params={"page": 10**30}).status_code == 400  # beyond what a store can keep


@pytest.mark.parametrize("path", ["/labels", "/marks"])
def test_a_document_whose_schema_shuts_out_its_id_is_found_by_it_and_shown_without(
    shelves: httpx.Client, path: str
) -> None:
    created = shelves.post(path, json={"text": "mine"})
    assert (created.status_code, created.json()) == (201, {"text": "mine"})
    found = shelves.get(created.headers["Location"])
    assert (found.status_code, found.json()) == (200, {"text": "mine"})


def test_a_put_keeps_a_document_whose_schema_shuts_out_its_id_under_that_id(shelves: httpx.Client) -> None:
    assert shelves.put("/marks/mine", json={"text": "put"}).status_code == 201
    assert shelves.get("/marks/mine").json() == {"text": "put"}


def test_a_made_document_whose_schema_shuts_out_its_id_is_found_by_it(tmp_path: Path) -> None:
    with client_for(CONTRACT, tmp_path) as client:
        ids = [document["name"] for document in Double(Settings(tmp_path, seed=1)).made.of("labels")]
        assert [client.get(f"/labels/{id}").status_code for id in ids] == [200, 200, 200]


def test_what_one_operation_stores_is_shown_as_anothers_schema_wants_it(shelves: httpx.Client) -> None:
    card = shelves.post("/cards", json={"text": "abc", "note": "not in the view"}).json()
    assert shelves.get(f"/cards/{card['id']}").json() == {"id": card["id"], "text": "abc", "kind": "view"}


def test_what_cannot_be_shown_as_an_operations_schema_wants_it_is_501_and_stays(shelves: httpx.Client) -> None:
    card = shelves.post("/cards", json={"text": "abcd"}).json()
    answer = shelves.delete(f"/cards/{card['id']}")
    assert answer.status_code == 501
    assert "/size" in answer.json()["detail"]
    assert shelves.get(f"/cards/{card['id']}").status_code == 200


def test_a_schema_of_an_object_with_items_is_no_list(tmp_path: Path) -> None:
    with client_for(CONTRACT, tmp_path) as client:
        assert isinstance(client.get("/signs").json(), dict)
    assert Double(Settings(tmp_path)).resolutions["list_of_objects"].by == "sample"
