"""Names that each user chooses: what lies below one's own document is not what lies below another's of that name."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException

from specdouble.contract import read
from specdouble.verify import Account, Settings, verify
from specdouble.verify.verdict import Verdict
from tests.applications import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Shelves that everybody names, version: "1"}
security: [{key: []}]
paths:
  /shelves:
    post:
      operationId: addShelf
      requestBody: &shelf {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
      responses: {"201": {<<: *shelf, description: made}, "409": {description: taken}}
  /shelves/{code}:
    parameters: [&code {name: code, in: path, required: true, schema: {type: string}}]
    get: {operationId: readShelf, responses: {"200": {<<: *shelf, description: one}, "404": {description: none}}}
    delete: {operationId: dropShelf, responses: {"204": {description: gone}, "404": {description: none}}}
  /shelves/{code}/books:
    parameters: [*code]
    get:
      operationId: listBooks
      responses:
        "200": {description: all, content: {application/json: {schema: {
          type: array, items: {$ref: '#/components/schemas/Book'}}}}}
        "404": {description: none}
    post:
      operationId: addBook
      requestBody: &book {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
      responses: {"201": {<<: *book, description: made}, "404": {description: none}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: x-key}}
  schemas:
    Shelf:
      type: object
      x-resource: {collection: shelves, id: code, owner: keeper}
      required: [code, keeper]
      properties: {code: {type: string, minLength: 1}, keeper: {type: string, readOnly: true}}
    Book:
      type: object
      x-resource: {collection: books}
      required: [id, code, title]
      properties:
        id: {type: integer, readOnly: true}
        code: {type: string, readOnly: true, x-references: shelves}
        title: {type: string, minLength: 1}
"""
OPERATION = "GET /shelves/{code}/books"
Body = dict[str, Any]
Key = Annotated[str, Header(alias="x-key")]


class Shelves:
    """The shelves of each keeper by their code, and the books on them.

    Args:
        is_leaky: whether a list shows the books of all shelves of a code.
    """

    def __init__(self, is_leaky: bool) -> None:
        self.is_leaky, self.numbers = is_leaky, count(1)
        self.shelves, self.books = dict[tuple[str, str], Body](), list[tuple[str, Body]]()

    def add_shelf(self, sent: Body, x_key: Key) -> Body:
        if (x_key, sent["code"]) in self.shelves:
            raise HTTPException(409, "you have one")
        shelf = {"code": sent["code"], "keeper": x_key}
        return self.shelves.setdefault((x_key, shelf["code"]), shelf)

    def read_shelf(self, code: str, x_key: Key) -> Body:
        if (x_key, code) not in self.shelves:
            raise HTTPException(404, "none")
        return self.shelves[x_key, code]

    def drop_shelf(self, code: str, x_key: Key) -> None:
        del self.shelves[x_key, self.read_shelf(code, x_key)["code"]]
        self.books = [(who, book) for who, book in self.books if (who, book["code"]) != (x_key, code)]

    def add_book(self, code: str, sent: Body, x_key: Key) -> Body:
        book = {"title": sent["title"], "id": next(self.numbers), "code": self.read_shelf(code, x_key)["code"]}
        self.books.append((x_key, book))
        return book

    def list_books(self, code: str, x_key: Key) -> list[Body]:
        self.read_shelf(code, x_key)
        return [book for who, book in self.books if book["code"] == code and (who == x_key or self.is_leaky)]


def _verified(folder: Path, shelves: Shelves) -> Verdict:
    app = FastAPI()
    app.post("/shelves", status_code=201)(shelves.add_shelf)
    app.get("/shelves/{code}")(shelves.read_shelf)
    app.delete("/shelves/{code}", status_code=204)(shelves.drop_shelf)
    app.get("/shelves/{code}/books")(shelves.list_books)
    app.post("/shelves/{code}/books", status_code=201)(shelves.add_book)
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    users = tuple(Account(name, credentials={"key": name}) for name in ("ada", "linus"))
    with serving(app) as url:
        told = Settings(url, users=users, yes=True, seed=1, phases=("rules",), rules=("owner:shelves.keeper",))
        return verify(read(folder / "openapi.yaml"), told)


def test_what_lies_below_anothers_document_of_ones_own_name_is_seen_in_the_list(tmp_path: Path) -> None:
    shelves = Shelves(is_leaky=True)
    [failure] = _verified(tmp_path, shelves).failures
    assert failure.promise.endswith(f"not found by {OPERATION} below one's own of the same code")
    assert "list below code" in failure.expected


def test_two_documents_of_one_name_are_told_apart_and_both_deleted(tmp_path: Path) -> None:
    shelves = Shelves(is_leaky=False)
    verdict = _verified(tmp_path, shelves)
    assert [one.sentence for one in verdict.failures] == []
    assert (shelves.shelves, [line for line in verdict.left if "shelves" in line]) == ({}, [])
