"""What the control plane does to the state of a double: its worlds, their users, snapshots, clock, faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from specdouble.contract import Refused
from specdouble.contract.digits import number_of
from specdouble.contract.json_type import JSON
from specdouble.contract.resource import HIDDEN
from specdouble.double.http.aside import aside
from specdouble.double.http.credentials import Credentials
from specdouble.double.http.fault_injection import faults_of
from specdouble.double.http.served import Served
from specdouble.double.state.clock import Clock
from specdouble.double.state.problem import Problem
from specdouble.double.state.seed import Seed, seed_of
from specdouble.double.state.snapshot import Snapshot
from specdouble.double.state.snapshots import difference
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD

Result = TypeVar("Result")
_LARGEST = 64 * 1024 * 1024  # bytes of a snapshot that is sent
_CLOCK = {"at", "shift", "speed"}
_LISTED = 20  # collections that are told where one is misspelt


class Administration:
    """Answers the paths under which tests and people change the state of a double.

    Args:
        double: the double.
        prefix: what stands before each path.
    """

    def __init__(self, double: Served, prefix: str) -> None:
        self._double = double
        snapshot = f"{prefix}/snapshots/{{name}}"
        self.routes = [
            Route(f"{prefix}/worlds", self._worlds, methods=["GET"]),
            Route(f"{prefix}/worlds/{{name}}", self._forget_world, methods=["DELETE"]),
            Route(f"{prefix}/worlds/{{name}}/reset", self._reset_world, methods=["POST"]),
            Route(f"{prefix}/credentials/{{who:path}}", self._credentials, methods=["GET"]),
            Route(f"{prefix}/keys/rotate", self._rotate, methods=["POST"]),
            Route(f"{prefix}/snapshots", self._snapshots, methods=["GET"]),
            Route(snapshot, self._export, methods=["GET"]),
            Route(snapshot, self._keep, methods=["PUT"]),
            Route(snapshot, self._delete, methods=["DELETE"]),
            Route(f"{snapshot}/restore", self._restore, methods=["POST"]),
            Route(f"{snapshot}/diff", self._difference, methods=["GET"]),
            Route(f"{prefix}/faults", self._faults, methods=["GET"]),
            Route(f"{prefix}/faults", self._replace_faults, methods=["PUT"]),
            Route(f"{prefix}/faults", self._remove_faults, methods=["DELETE"]),
            Route(f"{prefix}/clock", self._clock, methods=["GET"]),
            Route(f"{prefix}/clock", self._set_clock, methods=["PUT"]),
            Route(f"{prefix}/clock", self._free_clock, methods=["DELETE"]),
        ]

    async def _aside(self, call: Callable[[], Result]) -> Result:
        return await aside(self._double, call)

    # Worlds

    async def _worlds(self, _request: Request) -> Response:
        worlds = self._double.worlds
        return json_response(await self._aside(lambda: [_told_of_world(world) for world in worlds.all()]))

    async def _reset_world(self, request: Request) -> Response:
        await self._aside(lambda: self._double.worlds.reset_one(request.path_params["name"]))
        return Response(status_code=204)

    async def _forget_world(self, request: Request) -> Response:
        await self._aside(lambda: self._double.worlds.forget(request.path_params["name"]))
        return Response(status_code=204)

    async def _credentials(self, request: Request) -> Response:
        credentials = Credentials(self._double)
        return json_response(
            await self._aside(lambda: credentials.of(self._world(request), request.path_params["who"]))
        )

    async def _rotate(self, _request: Request) -> Response:
        """Sign tokens with a new key; what was signed before stays good for two rotations."""
        return json_response({"kid": await self._aside(self._double.access_tokens.rotate)})

    # Snapshots

    async def _snapshots(self, _request: Request) -> Response:
        snapshots = self._double.snapshots
        return json_response(await self._aside(lambda: [snapshot.summary() for snapshot in snapshots]))

    async def _export(self, request: Request) -> Response:
        return json_response((await self._of(request)).documents)

    async def _keep(self, request: Request) -> Response:
        """Keep the documents that are sent, or else those of the world."""
        name = request.path_params["name"]
        text = await _text(request)

        def keep() -> bool:
            documents = self._read(text, name) if text.strip() else self._world(request).documents()
            return self._double.snapshots.keep(name, documents)

        is_new = await self._aside(keep)
        return json_response((await self._of(request)).summary(), 201 if is_new else 200)

    def _read(self, text: str, name: str) -> Seed:
        try:
            documents = seed_of(text, name, self._double.contract)
        except Refused as error:
            raise Problem(422, "The documents break the contract", str(error)) from None
        self._hold_names(documents)
        return documents

    def _hold_names(self, documents: Seed) -> None:
        """Hold the collections to those of the contract, where no handler may have one of its own.

        Raises:
            Problem: 422, there is no such collection: nobody would ever read its documents.
        """
        if any(resolution.by == "handler" for resolution in self._double.resolutions.values()):
            return
        known = self._double.contract.resources
        for name in documents:
            if name not in known and not name.startswith(HIDDEN):
                near = (
                    ", ".join(f"`{one}`" for one in get_close_matches(name, known) or list(known)[:_LISTED]) or "none"
                )
                detail = f"the contract keeps no collection `{name}`; it keeps {near}"
                raise Problem(422, "No such collection", detail)

    async def _restore(self, request: Request) -> Response:
        await self._aside(lambda: self._double.snapshots.restore(request.path_params["name"], self._world(request)))
        return Response(status_code=204)

    async def _difference(self, request: Request) -> Response:
        snapshot = await self._of(request)
        resources = self._double.contract.resources
        keys = {name: (*resource.parents, resource.id) for name, resource in resources.items()}
        documents = await self._aside(lambda: self._world(request).documents())
        return json_response(difference(snapshot.documents, documents, keys))

    async def _delete(self, request: Request) -> Response:
        await self._aside(lambda: self._double.snapshots.delete(request.path_params["name"]))
        return Response(status_code=204)

    async def _of(self, request: Request) -> Snapshot:
        return await self._aside(lambda: self._double.snapshots.of(request.path_params["name"]))

    def _world(self, request: Request) -> World:
        return self._double.world(request.headers.get("x-specdouble-world", DEFAULT_WORLD))

    # Faults

    async def _faults(self, _request: Request) -> Response:
        return json_response(await self._aside(self._double.faults.listed))

    async def _replace_faults(self, request: Request) -> Response:
        try:
            faults = faults_of(await _text(request), self._double.contract)
        except ValueError as error:  # msgspec's errors are such too
            raise Problem(422, "Not a list of faults", str(error)) from None
        await self._aside(lambda: self._double.set_faults(faults))
        return json_response(await self._aside(self._double.faults.listed))

    async def _remove_faults(self, _request: Request) -> Response:
        await self._aside(lambda: self._double.set_faults([]))
        return Response(status_code=204)

    # The clock

    async def _clock(self, _request: Request) -> Response:
        return json_response(_told_of_clock(self._double.clock))

    async def _set_clock(self, request: Request) -> Response:
        clock = copy(self._double.clock)
        try:
            _set(clock, await json_object(request))
        except ValueError as error:
            raise Problem(422, "Not a time", str(error)) from None
        await self._aside(lambda: self._double.set_clock(clock))
        return json_response(_told_of_clock(self._double.clock))

    async def _free_clock(self, _request: Request) -> Response:
        clock = copy(self._double.clock)
        clock.run()
        await self._aside(lambda: self._double.set_clock(clock))
        return Response(status_code=204)


def _told_of_world(world: World) -> dict[str, JSON]:
    used = datetime.fromtimestamp(world.used, UTC).isoformat(timespec="milliseconds") if world.used else None
    return {"name": world.name, "used": used, "writes": world.writes, "documents": world.counts()}


def _told_of_clock(clock: Clock) -> dict[str, JSON]:
    return {"now": clock.now().isoformat(timespec="milliseconds"), "speed": clock.speed}


def _set(clock: Clock, wanted: Mapping[str, JSON]) -> None:
    """Set a clock by `at` (a moment) or `shift` (`+3h`), and `speed`; at a moment it stands still unless told.

    Raises:
        ValueError: it cannot be set so.
    """
    if not wanted or not wanted.keys() <= _CLOCK or {"at", "shift"} <= wanted.keys():
        raise ValueError('write `{"at": "2026-05-01T09:00:00Z"}` or `{"shift": "+3h"}`, and `{"speed": 60}` if it runs')
    speed = wanted.get("speed", 0 if "at" in wanted else 1)
    if isinstance(speed, bool) or not isinstance(speed, int | float):
        raise ValueError(f"`speed` is a number of seconds in a second, not {speed!r}")
    moment = clock.seconds()
    setting = wanted.get("at", wanted.get("shift"))
    if setting is not None:
        moment = Clock(str(setting)).seconds()
    clock.run(moment, speed)


async def _text(request: Request) -> str:
    """The body of a request.

    Raises:
        Problem: it is too large, or not UTF-8.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise Problem(413, detail=f"the body is larger than {_LARGEST} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Problem(400, detail="the body is not UTF-8") from None


async def json_object(request: Request) -> dict[str, JSON]:
    """The body of a request, which is a JSON object; no body is an empty one.

    Raises:
        Problem: it is none.
    """
    text = await _text(request)
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise Problem(400, detail=f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Problem(400, detail="the body is no JSON object")
    return value


def whole_number(given: Mapping[str, str], name: str, default: int) -> int:
    """The number that a parameter of a query is.

    Raises:
        Problem: 400, it is none.
    """
    text = given.get(name, str(default))
    number = number_of(text)
    if number is None:
        raise Problem(400, detail=f"`{name}` is a whole number, not `{text[:40]}`")
    return number


def json_response(value: JSON, status: int = 200) -> Response:
    """An answer of the control plane."""
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")
