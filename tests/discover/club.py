"""A server whose paths name what is created: members without a body, boats with one. It publishes its contract."""

from __future__ import annotations

import unicodedata
from contextlib import AbstractContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.applications import serving

_TEXT = {"type": "string"}
_REFUSED = {"description": "refused"}


def _answer(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _paths(plural: str, name: str, method: str, body: Any = None) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{name}"}
    taken = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}} if body else {}
    return {
        f"/{plural}": {
            "get": {
                "operationId": f"list_{plural}",
                "responses": {"200": _answer("all", {"type": "array", "items": one})},
            },
        },
        f"/{plural}/{{name}}": {
            "parameters": [{"name": "name", "in": "path", "required": True, "schema": _TEXT}],
            "get": {"operationId": f"read_{plural}", "responses": {"200": _answer("one", one), "404": _REFUSED}},
            method: {
                "operationId": f"create_{plural}",
                **taken,
                "responses": {"201": _answer("created", one), "400": _REFUSED, "409": _REFUSED},
            },
            "delete": {
                "operationId": f"delete_{plural}",
                "responses": {"204": {"description": "gone"}, "404": _REFUSED},
            },
        },
    }


CONTRACT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Club", "version": "1"},
    "paths": _paths("members", "Member", "post")
    | _paths("boats", "Boat", "put", {"$ref": "#/components/schemas/BoatNew"}),
    "components": {
        "schemas": {
            "Member": {"type": "object", "properties": {"name": _TEXT, "role": _TEXT}},
            "Boat": {"type": "object", "properties": {"name": _TEXT, "sail": _TEXT}},
            "BoatNew": {"type": "object", "required": ["sail"], "properties": {"sail": _TEXT}},
        }
    },
}


class Club:
    """Members and boats, by name.

    Args:
        lax: whether what is there is created anew, though the contract declares a conflict.
    """

    def __init__(self, *, lax: bool = False) -> None:
        self.lax = lax
        self.members: dict[str, dict[str, Any]] = {"ann": {"name": "ann", "role": "crew"}}
        self.boats: dict[str, dict[str, Any]] = {}
        routes = [Route("/openapi.json", self.contract)]
        for plural, method in (("members", "POST"), ("boats", "PUT")):
            routes.append(Route(f"/{plural}", self.list, methods=["GET"], name=plural))
            routes.append(Route(f"/{plural}/{{name}}", self.one, methods=["GET", method, "DELETE"], name=plural))
        self.app = Starlette(routes=routes)

    async def contract(self, _request: Request) -> Response:
        return JSONResponse(CONTRACT)

    async def list(self, request: Request) -> Response:
        return JSONResponse([*getattr(self, request.url.path.split("/")[1]).values()])

    async def one(self, request: Request) -> Response:
        plural, name = request.url.path.split("/")[1], request.path_params["name"]
        documents, key = getattr(self, plural), _folded(name) if plural == "members" else name
        if request.method in ("POST", "PUT"):
            return await self.create(request, plural, key, name)
        if key not in documents:
            return JSONResponse({"error": "unknown"}, 404)
        if request.method == "DELETE":
            del documents[key]
            return Response(status_code=204)
        return JSONResponse(documents[key])

    async def create(self, request: Request, plural: str, key: str, name: str) -> Response:
        documents = getattr(self, plural)
        told = {"role": "crew"}
        if plural == "boats":
            told = await _sent(request) or {}
            if not isinstance(told.get("sail"), str):
                return JSONResponse({"error": "sail is missing"}, 400)
        if key in documents and not self.lax:
            return JSONResponse({"error": f"{name} is there already"}, 409)
        documents[key] = {"name": name, **told}
        return JSONResponse(documents[key], 201)

    def running(self) -> AbstractContextManager[str]:
        """Serve it on a free port of loopback; its address."""
        return serving(self.app)


def _folded(name: str) -> str:
    """The name as it is compared: `Ann` is `ann`."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


async def _sent(request: Request) -> dict[str, Any] | None:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return None
    return {"sail": body["sail"]} if isinstance(body, dict) and "sail" in body else None
