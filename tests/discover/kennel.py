"""A server with looser rules: cages that waiting dogs alone fill, codes of one form, few visits to each dog."""

from __future__ import annotations

import re
import uuid
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.applications import serving

_TEXT = {"type": "string"}
_SENT: dict[str, dict[str, Any]] = {
    "dogs": {
        "code": {"type": "string", "example": "AB-1234"},
        "phone": {"type": "string", "example": "123456"},
        "cage": {"type": "integer"},
        "status": {"type": "string", "enum": ["waiting", "adopted"]},
    },
    "visits": {"dogId": _TEXT, "visitor": _TEXT},
}
_NAMES = {"dogs": "Dog", "visits": "Visit"}
_REQUIRED = {"dogs": ["code", "phone"], "visits": ["dogId"]}
VISITS = 3  # to each dog


def _answer(schema: Any = None) -> dict[str, Any]:
    return {"description": "", **({"content": {"application/json": {"schema": schema}}} if schema else {})}


def _paths(plural: str) -> dict[str, Any]:
    one, new, change = ({"$ref": f"#/components/schemas/{_NAMES[plural]}{end}"} for end in ("", "New", "Change"))
    refused = {"400": _answer(), "404": _answer(), "409": _answer()}

    def taking(schema: Any) -> dict[str, Any]:
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

    listed = {"responses": {"200": _answer({"type": "array", "items": one})}}
    return {
        f"/{plural}": {"get": listed, "post": {**taking(new), "responses": {"201": _answer(one), **refused}}},
        f"/{plural}/{{id}}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}],
            "get": {"responses": {"200": _answer(one), "404": _answer()}},
            "patch": {**taking(change), "responses": {"200": _answer(one), **refused}},
            "delete": {"responses": {"204": _answer(), "404": _answer()}},
        },
    }


def _schemas(plural: str) -> dict[str, Any]:
    name, sent = _NAMES[plural], _SENT[plural]
    return {
        name: {"type": "object", "properties": {"id": _TEXT, **sent}},
        f"{name}New": {"type": "object", "required": _REQUIRED[plural], "properties": sent},
        f"{name}Change": {"type": "object", "properties": sent},
    }


CONTRACT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Kennel", "version": "1"},
    "paths": _paths("dogs") | _paths("visits"),
    "components": {"schemas": _schemas("dogs") | _schemas("visits")},
}


class Refusal(Exception):
    """What is sent breaks a rule."""


def _hold(holds: Any, reason: str) -> None:
    if not holds:
        raise Refusal(reason)


class Kennel:
    """Dogs and visits, by path and id."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, dict[str, Any]]] = {"dogs": {}, "visits": {}}
        routes = [Route(f"/{plural}", self.all, methods=["GET", "POST"]) for plural in self.held]
        routes += [Route(f"/{plural}/{{id}}", self.one, methods=["GET", "PATCH", "DELETE"]) for plural in self.held]
        self.app = Starlette(routes=routes, exception_handlers={Refusal: _refused})

    async def all(self, request: Request) -> Response:
        plural = request.url.path.split("/")[1]
        if request.method == "GET":
            return JSONResponse([*self.held[plural].values()])
        sent = await _sent(request, plural)
        self.check(plural, sent, "")
        usual = {"status": "waiting"} if plural == "dogs" else {}
        document = {"id": uuid.uuid4().hex, **usual, **sent}
        self.held[plural][document["id"]] = document
        return JSONResponse(document, 201)

    async def one(self, request: Request) -> Response:
        plural, key = request.url.path.split("/")[1], request.path_params["id"]
        if key not in self.held[plural]:
            return JSONResponse({"error": "unknown"}, 404)
        if request.method == "PATCH":
            changed = {**self.held[plural][key], **await _sent(request, plural)}
            self.check(plural, changed, key)
            self.held[plural][key] = changed
        if request.method == "DELETE":
            del self.held[plural][key]
            return Response(status_code=204)
        return JSONResponse(self.held[plural][key])

    def check(self, plural: str, whole: dict[str, Any], key: str) -> None:
        others = [one for other, one in self.held[plural].items() if other != key]
        if plural == "visits":
            _hold(_is_text(whole.get("dogId")) and whole["dogId"] in self.held["dogs"], "no such dog")
            _hold(sum(one["dogId"] == whole["dogId"] for one in others) < VISITS, "no more visits")
            _hold("visitor" not in whole or _is_text(whole["visitor"]), "no visitor")
            return
        code, phone, cage = whole.get("code"), whole.get("phone"), whole.get("cage")
        _hold(_is_text(code) and re.fullmatch(r"[A-Z]{2}-[0-9]{4}", str(code)), "code is of another form")
        _hold(all(one["code"] != code for one in others), "code is taken")
        _hold(_is_text(phone) and re.fullmatch(r"\+?[0-9]{6,12}", str(phone)), "phone is no number")
        _hold(whole.get("status", "waiting") in ("waiting", "adopted"), "no such status")
        _hold(cage is None or (isinstance(cage, int) and not isinstance(cage, bool)), "cage is no number")
        if cage is not None and whole.get("status", "waiting") == "waiting":
            _hold(all((one.get("cage"), one["status"]) != (cage, "waiting") for one in others), "cage is taken")

    def running(self) -> AbstractContextManager[str]:
        """Serve it on a free port of loopback; its address."""
        return serving(self.app)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


async def _sent(request: Request, plural: str) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        body = None
    _hold(isinstance(body, dict), "no object")
    return {name: value for name, value in body.items() if name in _SENT[plural]}


async def _refused(_request: Request, refusal: Exception) -> Response:
    taken = "taken" in str(refusal) or "no more" in str(refusal)
    return JSONResponse({"error": str(refusal)}, 409 if taken else 400)
