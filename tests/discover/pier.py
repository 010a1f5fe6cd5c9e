"""A server whose master alone makes berths, and where a stay says the room or the link; its tokens tell nothing."""

from __future__ import annotations

import itertools
import re
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.applications import serving

TOKENS = {"token-of-ann": "ann", "token-of-ben": "ben", "token-of-mia": "mia"}
MASTER = "mia"
_TEXT = {"type": "string"}
_SENT: dict[str, dict[str, Any]] = {
    "berths": {"code": {"type": "string", "example": "A01"}},
    "stays": {
        "berthId": _TEXT,
        "docket": {"type": "string", "pattern": "^[0-9]{6,8}$"},
        "room": _TEXT,
        "link": _TEXT,
        "phase": {"type": "string", "enum": ["booked", "moored"]},
    },
}
_NAMES = {"berths": "Berth", "stays": "Stay"}
_REQUIRED = {"berths": ["code"], "stays": ["berthId", "docket"]}


def _answer(schema: Any = None) -> dict[str, Any]:
    return {"description": "", **({"content": {"application/json": {"schema": schema}}} if schema else {})}


def _paths(plural: str) -> dict[str, Any]:
    shown, new = ({"$ref": f"#/components/schemas/{_NAMES[plural]}{end}"} for end in ("", "New"))
    body = {"required": True, "content": {"application/json": {"schema": new}}}
    refused = {str(status): _answer() for status in (400, 403, 404, 409)}
    key = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
    return {
        f"/{plural}": {
            "get": {"responses": {"200": _answer({"type": "array", "items": shown})}},
            "post": {"requestBody": body, "responses": {"201": _answer(shown), **refused}},
        },
        f"/{plural}/{{id}}": {
            "parameters": [key],
            "get": {"responses": {"200": _answer(shown), "404": _answer()}},
            "delete": {"responses": {"204": _answer(), "403": _answer(), "404": _answer()}},
        },
    }


def _schemas(plural: str) -> dict[str, Any]:
    name, sent = _NAMES[plural], _SENT[plural]
    return {
        name: {"type": "object", "properties": {"id": _TEXT, **sent}},
        f"{name}New": {"type": "object", "required": _REQUIRED[plural], "properties": sent},
    }


CONTRACT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pier", "version": "1"},
    "security": [{"token": []}],
    "paths": _paths("berths") | _paths("stays"),
    "components": {
        "schemas": _schemas("berths") | _schemas("stays"),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}


class Refusal(Exception):
    """What is sent breaks a rule."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


def _hold(holds: Any, status: int = 400) -> None:
    if not holds:
        raise Refusal(status)


class Pier:
    """Berths and stays, by path and id."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.held: dict[str, dict[str, dict[str, Any]]] = {"berths": {}, "stays": {}}
        routes = [Route(f"/{plural}", self.all, methods=["GET", "POST"]) for plural in self.held]
        routes += [Route(f"/{plural}/{{id}}", self.one, methods=["GET", "DELETE"]) for plural in self.held]
        self.app = Starlette(routes=routes, exception_handlers={Refusal: _refused})

    async def all(self, request: Request) -> Response:
        plural = request.url.path.split("/")[1]
        user = _user(request)
        if request.method == "GET":
            return JSONResponse([*self.held[plural].values()])
        _hold(plural == "stays" or user == MASTER, 403)
        sent = {name: value for name, value in (await request.json()).items() if name in _SENT[plural]}
        _hold(all(isinstance(value, str) for value in sent.values()))
        getattr(self, f"check_{plural}")(sent)
        document = {"id": f"{plural[0]}{next(self.numbers)}", **sent}  # the next one may be somebody's: `b12`
        self.held[plural][document["id"]] = document
        return JSONResponse(document, 201)

    def check_berths(self, sent: dict[str, Any]) -> None:
        _hold(re.fullmatch(r"[A-F][0-9]{2}", sent.get("code", ""), re.ASCII))
        _hold(all(one["code"] != sent["code"] for one in self.held["berths"].values()), 409)

    def check_stays(self, sent: dict[str, Any]) -> None:
        _hold(sent.get("berthId") in self.held["berths"])
        _hold(re.fullmatch("[0-9]{6,8}", sent.get("docket", ""), re.ASCII))
        _hold(all(one["docket"] != sent["docket"] for one in self.held["stays"].values()), 409)
        _hold({"room", "link"} & sent.keys())
        if sent.setdefault("phase", "booked") not in ("booked", "moored"):
            raise Refusal(400)

    async def one(self, request: Request) -> Response:
        plural, key = request.url.path.split("/")[1], request.path_params["id"]
        user = _user(request)
        _hold(key in self.held[plural], 404)
        if request.method == "DELETE":
            _hold(plural == "stays" or user == MASTER, 403)
            del self.held[plural][key]
            return Response(status_code=204)
        return JSONResponse(self.held[plural][key])

    def running(self) -> AbstractContextManager[str]:
        """Serve it on a free port of loopback; its address."""
        return serving(self.app)


def _user(request: Request) -> str:
    user = TOKENS.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if user is None:
        raise Refusal(401)
    return user


async def _refused(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return JSONResponse({"error": "not so"}, refusal.status)
