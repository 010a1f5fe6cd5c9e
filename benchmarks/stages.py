"""The microseconds of each stage of one request, in this process."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.contender import ROOT
from benchmarks.kind import PATH, STORED
from benchmarks.scale import PROMPT, microseconds
from specdouble.double.assembly import assembled
from specdouble.double.double import Double, Settings
from specdouble.double.http.compiled_operation import CompiledOperation
from specdouble.double.http.request import Request
from specdouble.double.http.security import Authentication
from specdouble.double.state.exchange import Exchange, current
from specdouble.double.state.problem import Problem

_numbers = itertools.count()


def measure() -> dict[str, float]:
    """The stages of reading one document, of creating one, and whole requests."""
    double = Double(Settings(ROOT))
    app, token = assembled(double), double.token("ada@tether.example")
    headers = {b"host": b"x", b"authorization": f"Bearer {token}".encode(), b"content-type": b"application/json"}
    stages: dict[str, Callable[[], Any]] = {}
    for name, request in (
        ("get_lead_management_by_id", Request({"id": STORED.rpartition("/")[2]}, b"", headers, b"")),
        ("post_lead_management", Request({}, b"", headers, _creation())),
    ):
        stages |= _stages(double, name, request)
    whole = {"whole: read one": ("GET", STORED), "whole: create": ("POST", PATH), "whole: /openapi.json": _CONTRACT}
    return {
        **{name: _median(run) for name, run in stages.items()},
        **{name: asyncio.run(_whole(app, *asked, headers)) for name, asked in whole.items()},
    }


_CONTRACT = ("GET", "/openapi.json")


def _stages(double: Double, id: str, request: Request) -> dict[str, Callable[[], Any]]:
    operation, world = double.contract.operations[id], double.world("default")
    authenticate = Authentication(double).compile(operation)
    assert authenticate
    compiled = CompiledOperation(double.contract, operation, double.resolutions[id].function, authenticate)
    user = authenticate(world, request)
    current.set(Exchange(operation, world, user))

    def handled() -> Any:
        current.set(Exchange(operation, world, user))
        request.body = _creation() if request.body else b""
        return compiled.call(compiled.reader.read(request), user)

    result, what = handled(), operation.method
    return {
        f"{what}: authenticate": lambda: authenticate(world, request),
        f"{what}: read and validate the request": lambda: compiled.reader.read(request),
        f"{what}: the same, and the handler with its store and rules": handled,
        f"{what}: validate and encode the answer": lambda: compiled.results.answer(result),
        f"{what}: encode a refusal": lambda: compiled.refused(Problem(404, "Not found")),
    }


def _creation() -> bytes:
    return json.dumps(
        {"configurationName": f"staged {next(_numbers)}", "initialStage": "New", "defaultProcess": PROMPT}
    ).encode()


async def _whole(app: Any, method: str, path: str, headers: dict[bytes, bytes]) -> float:
    """A request from ASGI scope to ASGI message."""

    async def send(_message: Any) -> None:
        return

    async def once(body: bytes) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        length = [(b"content-length", b"%d" % len(body))] if body else []
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": [*headers.items(), *length], "client": ("127.0.0.1", 1),
        }  # fmt: skip
        await app(scope, receive, send)

    costs = []
    for _ in range(9):
        bodies = [_creation() if method == "POST" else b"" for _ in range(200)]
        started = time.process_time()
        for body in bodies:
            await once(body)
        costs.append((time.process_time() - started) / 200 * 1e6)
    return statistics.median(costs)


def _median(run: Callable[[], Any]) -> float:
    return statistics.median(microseconds(run) for _ in range(9))
