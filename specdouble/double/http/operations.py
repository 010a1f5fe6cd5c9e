"""The operations as one ASGI application: finds the operation of a request, and has it answered."""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from starlette.middleware.cors import CORSMiddleware

from specdouble.contract import Contract
from specdouble.double.http.alternatives import Alternatives, Answering, plain_path
from specdouble.double.http.compiled import CompiledOperation, Outcome, Request
from specdouble.double.http.control import DOCS, Control
from specdouble.double.http.cookies import read_cookies
from specdouble.double.http.error_shape import ErrorShapes
from specdouble.double.http.paths import Paths
from specdouble.double.http.result import Answer, fields
from specdouble.double.http.served import Served
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

WORLD_HEADER = b"x-specdouble-world"
EXPOSED = (
    "Content-Disposition",
    "X-Specdouble-Rule",
    "Preference-Applied",
    "Location",
    "Allow",
    "WWW-Authenticate",
    "Link",
    "Retry-After",
)


class Operations:
    """Answers every request for the paths of a contract.

    Args:
        double: whose worlds and journal are used.
        compiled: its operations.
        app: what `lifespan` events are handed to.
    """

    def __init__(self, double: Served, compiled: Iterable[CompiledOperation], app: ASGIApp) -> None:
        self._double = double
        self._app = app
        self._paths = Paths(_by_path(compiled))
        self._unknown = ErrorShapes(double.contract, None)
        self._control = Control(double)
        self._limit = double.settings.body_limit
        self._cors = CORSMiddleware(
            self._answer_browser,
            allow_origin_regex=".*",
            allow_methods=["*"],
            allow_headers=["*"],
            allow_credentials=True,
            expose_headers=sorted({*EXPOSED, *_declared_headers(double.contract)}),
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer an HTTP request; hand everything else on."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        if self._is_for_control(_path(scope)):
            return self._control(scope, receive, send)
        headers = dict(scope["headers"])
        if b"origin" in headers:
            return self._cors(scope, receive, send)
        return self._answer(scope, headers, receive, send)

    def _is_for_control(self, path: str) -> bool:
        """Whether the control plane answers the path: none of the contract's, should it have such a one."""
        return self._control.serves(path) and self._paths.find(path) is None

    async def _answer_browser(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(scope, dict(scope["headers"]), receive, send)

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        started = time.time()
        path = _path(scope)
        found = self._paths.find(path)
        method = scope["method"]
        body, operation, name = b"", None, DEFAULT_WORLD
        try:
            name = _world_name(headers)
            operations, segments = found or _nowhere(path)
            if method not in operations:
                operations, segments = self._with_method(path, method, operations) or (operations, segments)
            operation = _of_method(operations, method)
            body = await self._body(headers, receive) if _has_body(scope, headers) else b""
            world = self._double.world(name)
        except Problem as problem:
            outcome = self._refused(operation, problem)
        else:
            made, world.used = world.used == 0, started
            begun = operation.begin(Request(segments, scope["query_string"], headers, body), world)
            outcome = begun if isinstance(begun, Outcome) else await _waited_for(begun, world)
            if made and outcome.answer.status >= 400:
                self._double.worlds.unmake(world, started)
        await _send(send, outcome.answer, with_body=method != "HEAD")
        self._record(started, name, method, path, scope["query_string"], operation, body, outcome)

    def at_once(self, method: str, target: bytes, headers: dict[bytes, bytes], body: bytes) -> Answer | ASGIApp | None:
        """Answer a request for which nothing has to be waited.

        Args:
            method: its method.
            target: its path and query string.
            headers: its header fields, names in lower case.
            body: its body.

        Returns:
            The answer; an application that gives it, where its handler has begun and waits for something; None for a
            request that is no plain one for an operation, which the ASGI application answers.
        """
        started = time.time()
        raw_path, _, query = target.partition(b"?")
        path = raw_path.decode("latin-1")
        found = self._paths.find(path)
        operation = found[0].get(method) if found else None
        if found is None or operation is None or method == "HEAD" or b"#" in target or len(body) > self._limit:
            return None
        name = _world_name(headers)
        world = self._double.worlds.at_hand(name)
        if world is None:
            return None
        world.used = started
        begun = operation.begin(Request(found[1], query, headers, body), world)
        if isinstance(begun, Outcome):
            self._record(started, name, method, path, query, operation, body, begun)
            return begun.answer

        record = functools.partial(self._record, started, name, method, path, query, operation, body)
        return functools.partial(_answer_late, begun, world, record)

    def _with_method(
        self, path: str, method: str, operations: dict[str, Answering]
    ) -> tuple[dict[str, Answering], dict[str, str]] | None:
        """A template that fits too, is no less concrete, and has the method."""
        least = _concrete(operations)
        return next((one for one in self._paths.every(path) if method in one[0] and _concrete(one[0]) >= least), None)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        if int(headers.get(b"content-length") or 0) > self._limit:
            raise self._too_large()
        chunks, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem(400, "The client went away")
            chunk = message.get("body", b"")
            chunks.append(chunk)
            size += len(chunk)
            if size > self._limit:
                raise self._too_large()
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _too_large(self) -> Problem:
        detail = f"the body is larger than {self._limit} bytes"
        return Problem(413, "Content Too Large", detail, headers={"Connection": "close"})

    def _refused(self, operation: Answering | None, problem: Problem) -> Outcome:
        if operation is not None:
            return operation.refused(problem)
        media_type, body = self._unknown.write(problem)
        headers = fields(problem.headers)
        if problem.status == 204:
            return Outcome(Answer(204, b"", headers))
        return Outcome(Answer(problem.status, body, [(b"content-type", media_type), *headers]), None, problem)

    def _record(
        self,
        started: float,
        world: str,
        method: str,
        path: str,
        query: bytes,
        operation: Answering | None,
        body: bytes,
        outcome: Outcome,
    ) -> None:
        answer = outcome.answer
        exchange = (
            started,
            time.time() - started,
            world,
            method,
            path,
            query,
            operation.operation.id if operation else None,
            body,
            answer.status,
            answer.body,
            outcome.rule,
            outcome.why,
        )
        self._double.journal.record(exchange)


def _declared_headers(contract: Contract) -> set[str]:
    """The header fields that a page of another origin may read: all that the contract declares."""
    responses = [one for operation in contract.operations.values() for one in operation.responses.values()]
    return {name for response in responses for name in response.headers}


def _path(scope: Scope) -> str:
    """The path as it was sent, its escapes with it."""
    return scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or str(scope["path"])


def _by_path(compiled: Iterable[CompiledOperation]) -> dict[str, dict[str, Answering]]:
    shared: dict[tuple[str, str], list[CompiledOperation]] = {}
    for one in compiled:
        shared.setdefault((plain_path(one.operation.path), one.operation.method.upper()), []).append(one)
    found: dict[str, dict[str, Answering]] = {}
    for (path, method), those in shared.items():
        found.setdefault(path, {})[method] = those[0] if len(those) == 1 else Alternatives(those)
    return found


def _concrete(operations: dict[str, Answering]) -> int:
    """How many segments of the template are no parameters."""
    path = plain_path(next(iter(operations.values())).operation.path)
    return sum("{" not in segment for segment in path.split("/"))


def _nowhere(path: str) -> tuple[dict[str, Answering], dict[str, str]]:
    raise Problem(404, "Not Found", f"the contract has no path that fits {path}; {DOCS} shows those that it has")


def _of_method(operations: dict[str, Answering], method: str) -> Answering:
    """The operation of the method; a HEAD is answered as the GET (RFC 9110, 9.3.2)."""
    found = operations.get(method) or (operations.get("GET") if method == "HEAD" else None)
    if found is not None:
        return found
    allowed = ", ".join(sorted({*operations, "OPTIONS", *(["HEAD"] if "GET" in operations else [])}))
    if method == "OPTIONS":
        raise Problem(204, headers={"Allow": allowed})
    raise Problem(405, "Method Not Allowed", f"the path allows {allowed}", headers={"Allow": allowed})


def _has_body(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether a body may follow: HTTP/1.1 announces one (RFC 9112, 6.3), later versions need not."""
    return b"content-length" in headers or b"transfer-encoding" in headers or scope["http_version"] != "1.1"


def _world_name(headers: dict[bytes, bytes]) -> str:
    sent = headers.get(WORLD_HEADER)
    if sent is not None:
        return sent.decode("latin-1")
    cookies = headers.get(b"cookie")
    if cookies is None or WORLD_HEADER not in cookies.lower():
        return DEFAULT_WORLD
    named = (value for name, value in read_cookies(headers).items() if name.lower() == WORLD_HEADER.decode())
    return next(named, DEFAULT_WORLD)


async def _waited_for(begun: Awaitable[Outcome], world: World) -> Outcome:
    """The outcome of a request for which something is waited; its world stays until then."""
    world.busy += 1
    try:
        return await begun
    finally:
        world.busy -= 1


async def _answer_late(
    begun: Awaitable[Outcome],
    world: World,
    record: Callable[[Outcome], None],
    _scope: Scope,
    _receive: Receive,
    send: Send,
) -> None:
    """An application that answers a request whose handler has begun already."""
    outcome = await _waited_for(begun, world)
    await _send(send, outcome.answer, with_body=True)
    record(outcome)


async def _send(send: Send, answer: Answer, with_body: bool) -> None:
    headers = answer.headers
    if answer.status not in (204, 304):
        headers = [*headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})
