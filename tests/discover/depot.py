"""A server whose requests and answers share their schemas, as many frameworks have it: of what may a rule stand there?

`PUT /crates/{key}` must hold the id that its path names. A new keeper must have a secret, which no answer shows, and a
badge of few letters, which answers show with a word before it. A new loan must have a reason and a place, a change of
it a place alone; `PUT` keeps its item as it is, which `PATCH` changes. Of the time
when a crate is due, the day is shown.
"""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.applications import serving

Document = dict[str, Any]

_TEXT = {"type": "string", "maxLength": 80}
_NUMBER = {"type": "integer"}
_TIME = {"type": "string", "format": "date-time"}
_SCHEMAS: Document = {
    "NewCrate": {"type": "object", "required": ["label", "due"], "properties": {"label": _TEXT, "due": _TIME}},
    "Crate": {
        "type": "object",
        "required": ["id", "label"],
        "properties": {"id": _NUMBER, "label": _TEXT, "due": _TIME},
    },
    "Keeper": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "id": _NUMBER,
            "name": _TEXT,
            "secret": {**_TEXT, "description": "Required."},
            "badge": {"type": "string"},
        },
    },
    "CrateChange": {"type": "object", "properties": {"label": _TEXT, "due": _TIME}},
    "LoanChange": {"type": "object", "properties": {"item": _TEXT}},
    "Loan": {
        "type": "object",
        "required": ["item"],
        "properties": {"id": _NUMBER, "item": _TEXT, "reason": _TEXT, "place": _TEXT},
    },
}
# What a create must hold, and what a change must.
_NEEDED = {
    "crates": (["label", "due"], ["id", "label"]),
    "keepers": (["name", "secret"], ["name"]),
    "loans": (["item", "reason", "place"], ["item", "place"]),
}
_SHORT = 40  # so long is a badge


def _content(name: str, *, many: bool = False) -> Document:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"application/json": {"schema": {"type": "array", "items": schema} if many else schema}}


def _paths(collection: str, shown: str, new: str, *, changed: bool = True) -> Document:
    refused = {"description": "refused"}
    path = {"name": "key", "in": "path", "required": True, "schema": {"type": "integer"}}
    ones = {"200": {"description": "one", "content": _content(shown)}, "404": refused}
    put = {
        "requestBody": {"required": True, "content": _content(shown)},
        "responses": {**ones, "422": refused},
    }
    patch = {**put, "requestBody": {"required": True, "content": _content(f"{shown}Change")}}
    return {
        f"/{collection}": {
            "get": {"responses": {"200": {"description": "all", "content": _content(shown, many=True)}}},
            "post": {
                "requestBody": {"required": True, "content": _content(new)},
                "responses": {"201": {"description": "made", "content": _content(shown)}, "422": refused},
            },
        },
        f"/{collection}/{{key}}": {
            "parameters": [path],
            "get": {"responses": ones},
            **({"put": put} if changed else {}),
            **({"patch": patch} if f"{shown}Change" in _SCHEMAS else {}),
            "delete": {"responses": {"204": {"description": "gone"}, "404": refused}},
        },
    }


CONTRACT: Document = {
    "openapi": "3.1.0",
    "info": {"title": "Depot", "version": "1"},
    "paths": {
        **_paths("crates", "Crate", "NewCrate"),
        **_paths("keepers", "Keeper", "Keeper", changed=False),
        **_paths("loans", "Loan", "Loan"),
    },
    "components": {"schemas": _SCHEMAS},
}


class Depot:
    """The crates, keepers and loans, by number."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[int, Document]] = {of: {} for of in _NEEDED}
        self._numbers = itertools.count(1)
        self.app = Starlette(
            routes=[
                Route("/{of:str}", self.list, methods=["GET"]),
                Route("/{of:str}", self.create, methods=["POST"]),
                Route("/{of:str}/{key:int}", self.one, methods=["GET", "PUT", "PATCH", "DELETE"]),
            ]
        )

    async def list(self, request: Request) -> Response:
        return JSONResponse([_shown(one) for one in self.kept[request.path_params["of"]].values()])

    async def create(self, request: Request) -> Response:
        of, sent = request.path_params["of"], await _json(request)
        if wrong := _wrong(sent, _NEEDED[of][0]):
            return JSONResponse({"detail": wrong}, 422)
        number = next(self._numbers)
        self.kept[of][number] = {**sent, "id": number}
        return JSONResponse(_shown(self.kept[of][number]), 201)

    async def one(self, request: Request) -> Response:
        of, key = request.path_params["of"], request.path_params["key"]
        document = self.kept[of].get(key)
        if document is None:
            return JSONResponse({"detail": "unknown"}, 404)
        if request.method == "DELETE":
            del self.kept[of][key]
            return Response(status_code=204)
        if request.method in ("PUT", "PATCH"):
            sent, is_whole = await _json(request), request.method == "PUT"
            wrong = _wrong(sent, _NEEDED[of][1] if is_whole else [])
            if not wrong and is_whole and sent.get("item") != document.get("item"):
                wrong = "item stays as it is"
            if wrong:
                return JSONResponse({"detail": wrong}, 422)
            self.kept[of][key] = document = {**document, **sent, "id": key}
        return JSONResponse(_shown(document))

    def running(self) -> AbstractContextManager[str]:
        """Serve it on a free port of loopback; its address."""
        return serving(self.app)


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


def _wrong(sent: Any, needed: list[str]) -> str:
    if not isinstance(sent, dict):
        return "no object"
    missing = [name for name in needed if name not in sent]
    if missing:
        return f"{missing[0]} is missing"
    if not _is_time(sent.get("due", "2001-02-03T04:05:06Z")):
        return "due is no time"
    lengths = {name: _SHORT if name == "badge" else 80 for name in sent if name != "id"}
    return next((f"{name} is too long" for name, most in lengths.items() if len(str(sent[name])) > most), "")


def _is_time(value: Any) -> bool:
    with suppress(ValueError, TypeError):
        return datetime.fromisoformat(value).tzinfo is not None
    return False


def _shown(document: Document) -> Document:
    badge = {"badge": "of the depot: " + document["badge"]} if "badge" in document else {}
    due = {"due": document["due"][:10] + "T00:00:00"} if "due" in document else {}
    return {name: value for name, value in document.items() if name != "secret"} | badge | due
