"""`Accept` chooses among the representations of an answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import httpx
import pytest

from specdouble.double.http.negotiation import best
from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Books, version: '1'}
paths:
  /books:
    get:
      operationId: books
      responses:
        '200':
          description: Books.
          content:
            text/csv: {schema: {type: string}}
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Book'}}}
    post:
      operationId: add
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
      responses:
        '201':
          description: The book.
          content:
            application/json: {schema: {$ref: '#/components/schemas/Book'}}
            text/plain: {}
        '400':
          description: Refused.
          content: {application/json: {schema: {type: object, required: [error], properties: {error: {type: string}}}}}
  /books/{id}:
    get:
      operationId: book
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        '200': {description: The book., content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
        '404': {description: None.}
  /cover:
    get:
      operationId: cover
      responses:
        '200':
          description: The cover.
          content:
            application/json: {example: {title: Emma}}
            text/html: {example: <h1>Emma</h1>, schema: {type: string}}
        '404':
          description: None.
          content:
            text/html: {examples: {gone: {value: <p>Gone</p>}}}
  /blurb:
    get:
      operationId: blurb
      responses:
        '200':
          description: The blurb.
          content:
            application/json: {example: {text: Handsome and clever}}
            application/vnd.short+json: {example: {text: Clever}}
components:
  schemas:
    Book:
      type: object
      required: [title]
      properties:
        id: {type: integer}
        title: {type: string}
        tags: {type: array, items: {type: string}}
"""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("books")) as client:
        yield client


def accepting(client: httpx.Client, path: str, accept: str, **headers: str) -> httpx.Response:
    return client.get(path, headers={"Accept": accept, **headers})


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("", "application/json"),
        ("nonsense", "application/json"),
        ("text/html", "text/html"),
        ("text/*", "text/html"),
        ("application/json;q=0.5, text/html;q=0.6", "text/html"),
        ("text/html;q=0.5, */*;q=0.5", "application/json"),
        ("text/html, application/json", "application/json"),
        ("application/json;q=0, */*", "text/html"),
        ("image/png, text/html; charset=utf-8", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ],
)
def test_the_heaviest_of_the_accepted_representations_is_sent(
    books: httpx.Client, accept: str, media_type: str
) -> None:
    answer = accepting(books, "/cover", accept)
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Vary"]) == (200, media_type, "accept")
    assert answer.text == {"text/html": "<h1>Emma</h1>", "application/json": '{"title":"Emma"}'}[media_type]


def test_json_is_sent_to_who_accepts_anything_wherever_it_stands(books: httpx.Client) -> None:
    assert isinstance(books.get("/books").json(), list)


def test_who_accepts_no_representation_is_refused_in_the_shape_of_the_operations_errors(books: httpx.Client) -> None:
    before = books.get("/books").json()
    refused = books.post("/books", json={"title": "Emma"}, headers={"Accept": "image/png, text/*;q=0"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (406, "application/json")
    assert refused.json()["error"] == (
        "the answer comes as application/json, text/plain; the request accepts `image/png, text/*;q=0`"
    )
    assert books.get("/books").json() == before  # nothing was created


def test_where_there_is_nothing_to_choose_the_one_representation_is_sent(books: httpx.Client) -> None:
    book = books.post("/books", json={"title": "Emma"}).json()
    answer = accepting(books, f"/books/{book['id']}", "text/html")
    assert (answer.status_code, answer.json()) == (200, book)
    assert "Vary" not in answer.headers


def test_an_error_that_has_no_such_representation_is_sent_as_it_is(books: httpx.Client) -> None:
    refused = books.post("/books", json={}, headers={"Accept": "text/plain"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/json")


def test_each_representation_has_a_sample_of_its_own(books: httpx.Client) -> None:
    accepted = ("application/json", "application/vnd.short+json", "application/json")
    texts = [accepting(books, "/blurb", accept).json()["text"] for accept in accepted]
    assert texts == ["Handsome and clever", "Clever", "Handsome and clever"]


def test_documents_are_the_rows_of_a_csv(books: httpx.Client) -> None:
    book = books.post("/books", json={"title": 'Emma, "1815"', "tags": ["a", "b"]}).json()
    answer = accepting(books, "/books", "text/csv")
    assert answer.headers["Content-Type"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert rows[-1] == {"id": str(book["id"]), "title": 'Emma, "1815"', "tags": '["a","b"]'}
    assert len(rows) == len(books.get("/books").json())


def test_a_document_in_a_media_type_without_a_form_is_its_json_text(books: httpx.Client) -> None:
    answer = books.post("/books", json={"title": "Emma"}, headers={"Accept": "text/plain"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, "text/plain")
    assert '"title":"Emma"' in answer.text


def test_preferred_answers_are_negotiated_too(books: httpx.Client) -> None:
    assert accepting(books, "/cover", "text/html", Prefer="code=404").text == "<p>Gone</p>"
    assert accepting(books, "/cover", "text/html", Prefer="example=gone").status_code == 404
    assert accepting(books, "/cover", "application/json", Prefer="code=200").json() == {"title": "Emma"}


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [  # RFC 9110, 12.5.1: the most specific range counts
        ("text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5", "text/plain;format=flowed", 0),
        ("text/*, text/plain;q=0.1, */*;q=0.5", "text/plain image/png", 1),
        ('text/plain;format="flowed";q=0.2, */*;q=0.1', "image/png text/plain;format=flowed", 1),
        ("text/plain;format=fixed", "text/plain;format=flowed", None),
        ("application/vnd.api+json", "application/json", None),
        ("TEXT/Plain;Q=0.5", "image/png text/plain", 1),
        ("application/json;q=0.001", "*/*", 0),
        ("a/b;q=0", "a/b", None),
    ],
)
def test_the_most_specific_range_gives_the_weight(accept: str, offered: str, chosen: int | None) -> None:
    types = tuple(offered.split())
    assert best(accept, types) == (None if chosen is None else types[chosen])
