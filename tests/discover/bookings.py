"""A server whose rules stand in its code alone: halls, and events in them. It publishes its contract."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.applications import serving

_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_HALL: dict[str, Any] = {
    "name": _TEXT, "code": {"type": "string", "example": "ABC-123"}, "slug": _TEXT, "seats": {"type": "integer"},
    "tags": {"type": "array", "items": _TEXT},
}  # fmt: skip
_EVENT: dict[str, Any] = {
    "hallId": _TEXT, "title": _TEXT, "startsAt": _TIME, "endsAt": _TIME, "price": {"type": "number"},
    "state": {"type": "string", "enum": ["draft", "published", "over"]}, "contact": _TEXT,
}  # fmt: skip
_MOVES = {"draft": ["published"], "published": ["over"], "over": []}


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), **({"required": list(required)} if required else {})}


def _answer(description: str, schema: Any = None) -> dict[str, Any]:
    return {"description": description, **({"content": {"application/json": {"schema": schema}}} if schema else {})}


def _paths(plural: str, name: str, query: list[str]) -> dict[str, Any]:
    one, new, change = ({"$ref": f"#/components/schemas/{name}{suffix}"} for suffix in ("", "New", "Change"))
    refused = {"400": _answer("refused"), "404": _answer("unknown"), "409": _answer("in the way")}

    def takes(schema: Any) -> dict[str, Any]:
        return {"required": True, "content": {"application/json": {"schema": schema}}}

    parameters = [{"name": key, "in": "query", "schema": _EVENT["state"] if key == "phase" else {"type": "integer"}}
                  for key in query]  # fmt: skip
    return {
        f"/{plural}": {
            "get": {"operationId": f"list_{plural}", "parameters": parameters,
                    "responses": {"200": _answer("all", {"type": "array", "items": one})}},
            "post": {"operationId": f"create_{plural}", "requestBody": takes(new),
                     "responses": {"201": _answer("created", one), **refused}},
        },
        f"/{plural}/{{id}}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": _TEXT}],
            "get": {"operationId": f"read_{plural}", "responses": {"200": _answer("one", one), **refused}},
            "patch": {"operationId": f"change_{plural}", "requestBody": takes(change),
                      "responses": {"200": _answer("changed", one), **refused}},
            "delete": {"operationId": f"delete_{plural}", "responses": {"204": _answer("gone"), **refused}},
        },
    }  # fmt: skip


CONTRACT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Bookings", "version": "1"},
    "paths": _paths("halls", "Hall", ["per", "pg"]) | _paths("events", "Event", ["phase"]),
    "components": {
        "schemas": {
            "Hall": _object({"id": _TEXT, **_HALL}),
            "HallNew": _object(_HALL, "name", "code"),
            "HallChange": _object(_HALL),
            "Event": _object({"id": _TEXT, "createdAt": _TIME, **_EVENT}),
            "EventNew": _object(_EVENT, "hallId", "title"),
            "EventChange": _object(_EVENT),
        }
    },
}


class Refusal(Exception):
    """What is sent breaks a rule."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


class Bookings:
    """The documents, by path and id."""

    def __init__(self) -> None:
        self.halls: dict[str, dict[str, Any]] = {}
        self.events: dict[str, dict[str, Any]] = {}
        routes = [Route("/openapi.json", self.contract)]
        for plural in ("halls", "events"):
            routes.append(Route(f"/{plural}", self.all, methods=["GET", "POST"], name=plural))
            routes.append(Route(f"/{plural}/{{id}}", self.one, methods=["GET", "PATCH", "DELETE"], name=plural))
        self.app = Starlette(routes=routes, exception_handlers={Refusal: _refused})

    async def contract(self, _request: Request) -> Response:
        return JSONResponse(CONTRACT)

    async def all(self, request: Request) -> Response:
        plural = request.url.path.split("/")[1]
        documents = getattr(self, plural)
        if request.method == "GET":
            return JSONResponse(self.listed(plural, request.query_params))
        sent = await self.sent(request, plural)
        if plural == "events" and "contact" not in sent:
            raise Refusal("contact is missing")
        self.check(plural, sent, None)
        usual = {"state": "draft", "createdAt": datetime.now(UTC).isoformat()} if plural == "events" else {"seats": 100}
        document = {"id": uuid.uuid4().hex, **usual, **sent}
        documents[document["id"]] = document
        return JSONResponse(document, 201)

    def listed(self, plural: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        if plural == "events":
            return [one for one in self.events.values() if query.get("phase") in (None, one["state"])]
        size, page = int(query.get("per", 30)), int(query.get("pg", 1))
        return [*self.halls.values()][(page - 1) * size : page * size]

    async def one(self, request: Request) -> Response:
        plural, key = request.url.path.split("/")[1], request.path_params["id"]
        documents = getattr(self, plural)
        if key not in documents:
            raise Refusal("unknown", 404)
        if request.method == "PATCH":
            sent = await self.sent(request, plural)
            self.check(plural, sent, documents[key])
            documents[key].update(sent)
        if request.method == "DELETE":
            if any(event["hallId"] == key for event in self.events.values()):
                raise Refusal("events are held there", 409)
            del documents[key]
            return Response(status_code=204)
        return JSONResponse(documents[key])

    async def sent(self, request: Request, plural: str) -> dict[str, Any]:
        known = _HALL if plural == "halls" else _EVENT
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Refusal("no object")
        return {name: value for name, value in body.items() if name in known}

    def check(self, plural: str, sent: dict[str, Any], before: dict[str, Any] | None) -> None:
        whole = {**(before or {}), **sent}
        if plural == "halls":
            self.check_hall(whole, sent, before)
        else:
            self.check_event(whole, sent, before)

    def check_hall(self, whole: dict[str, Any], sent: dict[str, Any], before: dict[str, Any] | None) -> None:
        _hold(_is(whole.get("name"), str) and 3 <= len(whole["name"]) <= 40, "name has 3 to 40 characters")
        _hold(_is(whole.get("code"), str) and re.fullmatch(r"[A-Z]{3}-\d{3}", whole["code"], re.ASCII), "code: ABC-123")
        if any(one["name"].lower() == whole["name"].lower() for one in self.halls.values() if one is not before):
            raise Refusal("name is taken", 409)
        if "slug" in sent:
            form = _is(sent["slug"], str) and re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", sent["slug"])
            _hold(form and (before is None or before.get("slug") == sent["slug"]), "slug cannot be that")
        _hold(_is(whole.get("seats", 1), int) and 1 <= whole.get("seats", 1) <= 5000, "seats from 1 to 5000")
        tags = whole.get("tags", [])
        _hold(_is(tags, list) and len(tags) <= 5 and all(_is(tag, str) for tag in tags), "five tags at the most")

    def check_event(self, whole: dict[str, Any], sent: dict[str, Any], before: dict[str, Any] | None) -> None:
        _hold(_is(whole.get("hallId"), str) and whole["hallId"] in self.halls, "no such hall")
        _hold(_is(whole.get("title"), str) and whole["title"].strip() and len(whole["title"]) <= 120, "no title")
        times: list[Any] = [whole[name] for name in ("startsAt", "endsAt") if name in whole]
        _hold(all(_is(time, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", time) for time in times), "no time")
        _hold(len(times) < 2 or times[0] < times[1], "it ends before it starts")
        state = sent.get("state", whole.get("state", "draft"))
        was = before["state"] if before else "draft"
        _hold(_is(state, str) and state in _MOVES and (state == was or state in _MOVES[was]), "no such move")
        _hold(_is(whole.get("price", 0), int | float) and whole.get("price", 0) >= 0, "price below zero")
        contact = whole.get("contact", "a@b.example")
        _hold(_is(contact, str) and re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", contact), "contact is no email address")

    def running(self) -> AbstractContextManager[str]:
        """Serve it on a free port of loopback; its address."""
        return serving(self.app)


def _is(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _hold(holds: Any, reason: str) -> None:
    if not holds:
        raise Refusal(reason)


async def _refused(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return JSONResponse({"error": refusal.reason}, refusal.status)
