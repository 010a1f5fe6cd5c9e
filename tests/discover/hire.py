"""A server as frameworks write contracts: refusals but 422 are not declared, and tokens say nothing of their users."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.applications import serving

USERS = {"token-ada": "u-ada", "token-bob": "u-bob"}
MOST = 4  # hires of each user
LEAST = 100  # of a rate
_MOVES = {"wished": {"fixed"}, "fixed": {"over"}, "over": set[str]()}
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_TIME = {"type": "string", "format": "date-time"}
_SENT: dict[str, Any] = {
    "plate": _TEXT, "days": _NUMBER, "rate": {**_NUMBER, "minimum": LEAST}, "begins": _TIME,
    "status": {**_TEXT, "enum": [*_MOVES]},
}  # fmt: skip
_SHOWN = {"id": _TEXT, "userId": _TEXT, "price": _NUMBER, **_SENT, "rate": _NUMBER}


def _schema(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def _answers(status: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"responses": {status: {"description": "", **(schema or {})}, "422": {"description": ""}}}


_LIST = {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Hire"}}}}}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Hire", "version": "1"},
    "security": [{"bearer": []}],
    "paths": {
        "/hires": {
            "get": _answers("200", _LIST),
            "post": {"requestBody": {"required": True, **_schema("NewHire")}, **_answers("201", _schema("Hire"))},
        },
        "/hires/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}],
            "get": _answers("200", _schema("Hire")),
            "patch": {"requestBody": {"required": True, **_schema("HireChange")}, **_answers("200", _schema("Hire"))},
            "delete": _answers("204"),
        },
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Hire": {"type": "object", "properties": _SHOWN},
            "NewHire": {"type": "object", "properties": _SENT, "required": ["plate", "days", "rate", "begins"]},
            "HireChange": {"type": "object", "properties": _SENT},
        },
    },
}


class _Refusal(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Hire:
    """The server; what it holds is in `held`."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}

    def running(self) -> AbstractContextManager[str]:
        """The server, running; its address."""
        refused = {_Refusal: lambda _, error: JSONResponse({"detail": "refused"}, error.status)}
        routes = [
            Route("/hires", self._all, methods=["GET", "POST"]),
            Route("/hires/{id}", self._one, methods=["GET", "PATCH", "DELETE"]),
        ]
        return serving(Starlette(routes=routes, exception_handlers=refused))

    async def _all(self, request: Request) -> Response:
        user = self._user(request)
        own = [one for one in self.held.values() if one["userId"] == user]
        if request.method == "GET":
            return JSONResponse(own)
        sent = await self._sent(request)
        if not {"plate", "days", "rate", "begins"} <= sent.keys() or sent.get("status", "wished") != "wished":
            raise _Refusal(422)
        document = {"status": "wished", **sent, "id": uuid.uuid4().hex, "userId": user}
        self._hold(document)
        if len(own) >= MOST:
            raise _Refusal(409)
        self.held[document["id"]] = document
        return JSONResponse(document, 201)

    async def _one(self, request: Request) -> Response:
        document = self.held.get(request.path_params["id"])
        if document is None or document["userId"] != self._user(request):
            raise _Refusal(404)
        if request.method == "PATCH":
            sent = await self._sent(request)
            state = sent.get("status", document["status"])
            if state not in {document["status"], *_MOVES[document["status"]]}:
                raise _Refusal(409)
            document = {**document, **sent}
            self._hold(document)
            self.held[document["id"]] = document
        elif request.method == "DELETE":
            del self.held[document["id"]]
            return Response(status_code=204)
        return JSONResponse(document)

    def _hold(self, document: dict[str, Any]) -> None:
        """Compute the price; no two plates are the same but for the case of letters, as `lower` has it."""
        for other in self.held.values():
            if other["id"] != document["id"] and other["plate"].lower() == document["plate"].lower():
                raise _Refusal(409)
        document["price"] = document["days"] * document["rate"]

    @staticmethod
    def _user(request: Request) -> str:
        user = USERS.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if user is None:
            raise _Refusal(401)
        return user

    @staticmethod
    async def _sent(request: Request) -> dict[str, Any]:
        """What was sent, if it fits the schema; a time is kept as the framework writes it."""
        try:
            body = await request.json()
            sent = {name: body[name] for name in _SENT if name in body}
            kinds = {"days": int, "rate": int, "plate": str, "status": str}
            if sent.get("rate", LEAST) < LEAST or any(
                type(sent.get(name, kind())) is not kind for name, kind in kinds.items()
            ):
                raise _Refusal(422)
            if "begins" in sent:
                sent["begins"] = datetime.fromisoformat(sent["begins"]).astimezone(UTC).isoformat()
        except (ValueError, TypeError, OverflowError):
            raise _Refusal(422) from None
        if sent.get("status", "wished") not in _MOVES:
            raise _Refusal(422)
        return sent
