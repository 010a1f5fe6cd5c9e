"""A server that nobody has annotated: a shelf of books with unique numbers. It publishes its contract."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.applications import serving

_BOOK: dict[str, dict[str, Any]] = {
    "isbn": {"type": "string", "minLength": 1, "maxLength": 60},
    "title": {"type": "string", "maxLength": 200},
}
_SHOWN = {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}
_REFUSED = {"description": "refused", "content": {"application/json": {"schema": {"type": "object"}}}}
_ONE = {"name": "book_id", "in": "path", "required": True, "schema": {"type": "string"}}

CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shelf", "version": "1"},
    "paths": {
        "/books": {
            "get": {
                "operationId": "list_books",
                "responses": {
                    "200": {
                        "description": "all",
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}}
                            }
                        },
                    }
                },
            },
            "post": {
                "operationId": "create_book",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewBook"}}},
                },
                "responses": {
                    "201": {"description": "created", "content": _SHOWN},
                    "409": _REFUSED,
                    "422": _REFUSED,
                },
            },
        },
        "/books/{book_id}": {
            "parameters": [_ONE],
            "get": {
                "operationId": "read_book",
                "responses": {"200": {"description": "one", "content": _SHOWN}, "404": _REFUSED},
            },
            "delete": {
                "operationId": "delete_book",
                "responses": {"204": {"description": "gone"}, "404": _REFUSED},
            },
        },
    },
    "components": {
        "schemas": {
            "NewBook": {"type": "object", "required": ["isbn"], "properties": _BOOK},
            "Book": {
                "type": "object",
                "required": ["id", "isbn"],
                "properties": {"id": {"type": "string"}, **_BOOK},
            },
        }
    },
}


class Shelf:
    """The books, by id."""

    def __init__(self) -> None:
        self.books: dict[str, dict[str, Any]] = {"first": {"id": "first", "isbn": "0", "title": "The first"}}
        self.app = Starlette(
            routes=[
                Route("/openapi.json", self.contract),
                Route("/books", self.list, methods=["GET"]),
                Route("/books", self.create, methods=["POST"]),
                Route("/books/{id}", self.read, methods=["GET"]),
                Route("/books/{id}", self.delete, methods=["DELETE"]),
            ]
        )

    async def contract(self, _request: Request) -> Response:
        return JSONResponse(CONTRACT)

    async def list(self, _request: Request) -> Response:
        return JSONResponse(list(self.books.values()))

    async def create(self, request: Request) -> Response:
        try:
            sent = await request.json()
        except (ValueError, RecursionError):
            return _refused(422, "no JSON")
        if not isinstance(sent, dict) or not _fits(sent):
            return _refused(422, "no book")
        if any(book["isbn"] == sent["isbn"] for book in self.books.values()):
            return _refused(409, "there is one of this number")
        book = {"id": uuid.uuid4().hex, **{name: sent[name] for name in _BOOK if name in sent}}
        self.books[book["id"]] = book
        return JSONResponse(book, 201)

    async def read(self, request: Request) -> Response:
        book = self.books.get(request.path_params["id"])
        return JSONResponse(book) if book else _refused(404, "unknown")

    async def delete(self, request: Request) -> Response:
        gone = self.books.pop(request.path_params["id"], None)
        return Response(status_code=204) if gone else _refused(404, "unknown")

    def running(self) -> AbstractContextManager[str]:
        """Serve it on a free port of loopback; its address."""
        return serving(self.app)


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"detail": why}, status)


def _fits(sent: dict[str, Any]) -> bool:
    texts = [(name, sent[name]) for name in _BOOK if name in sent]
    known = all(isinstance(text, str) and len(text) <= _BOOK[name]["maxLength"] for name, text in texts)
    return known and bool(sent.get("isbn"))
