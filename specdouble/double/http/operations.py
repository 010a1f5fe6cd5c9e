"""The operations as one ASGI application: finds the operation of a request, and has it answered."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Collection, Iterable
from time import time
from typing import TYPE_CHECKING, Protocol, TypeVar

from starlette.middleware.cors import CORSMiddleware

from specdouble.contract import Contract
from specdouble.contract.servers import base_path, other_bases
from specdouble.double.http.alternatives import Alternatives, Answering, plain_path
from specdouble.double.http.asgi import ASGIApp, Receive, Scope, Send
from specdouble.double.http.compiled_operation import CompiledOperation, Outcome
from specdouble.double.http.control import DOCS, PREFIX, Control
from specdouble.double.http.cookies import read_cookies
from specdouble.double.http.credentials import id_among_claims
from specdouble.double.http.error_shape import ErrorShapes
from specdouble.double.http.fault_injection import InjectedFault, preferred, spoiling
from specdouble.double.http.lazy_operation import LazyOperation
from specdouble.double.http.paths import Paths
from specdouble.double.http.request import Request
from specdouble.double.http.result import Answer, fields
from specdouble.double.http.served import Served
from specdouble.double.http.twins import Twins
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD

if TYPE_CHECKING:
    from specdouble.double.http.threads import Threads

Awaited = TypeVar("Awaited")
Compiled = CompiledOperation | LazyOperation
Found = tuple[dict[str, Answering], dict[str, str]]

WORLD_HEADER = b"x-specdouble-world"
WHOLE = "specdouble.whole"  # the extension of the ASGI scope by which an answer is written as a whole
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


class Beside(Protocol):
    """An application that answers paths of its own."""

    @property
    def paths(self) -> Collection[str]:
        """Those of them that could be the contract's."""

    def serves(self, path: str) -> bool:
        """Whether the path is its own."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request."""


class Operations:
    """Answers every request for the paths of a contract.

    Args:
        double: whose worlds and journal are used.
        compiled: its operations.
        app: what events that are no requests are handed to; None where there are none.
        beside: what answers paths that are none of the contract's, for browsers of other origins too.
    """

    def __init__(
        self, double: Served, compiled: Iterable[Compiled], app: ASGIApp | None = None, beside: Beside | None = None
    ) -> None:
        self._beside = beside
        self._worlds = double.worlds
        self._journal = double.journal
        self._coverage = double.coverage
        self._keep = double.keep
        self._threads = _threads(double) if double.waits else None
        self._faults = double.faults
        self._caller_id = id_among_claims(double.contract)
        self._app = app
        # Whatever the contract's paths take for a parameter: the control plane is never part of the contract.
        by_path = _by_path(compiled)
        self._paths = Paths(by_path, reserved=PREFIX.removeprefix("/"))
        self._twins = Twins(double.contract, by_path)
        self._others: Collection[str] = beside.paths if beside else ()
        self._unknown = ErrorShapes(double.contract, None)
        self._control = Control(double, self._answer_browser)
        self._base = base_path(double.contract.data)
        self._other_bases = other_bases(double.contract.data)
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
            return _ignored() if self._app is None else self._app(scope, receive, send)
        if self._beside is not None and self._beside.serves(_path(scope)):
            return self._beside(scope, receive, send)
        if self._is_for_control(_path(scope)):
            # Before anything of browsers: no page of another origin may ask the control plane.
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
        request = Request({}, scope["query_string"], headers, b"", scope["method"], _path(scope), arrived=time())
        operation = None
        try:
            request.world = _world_name(headers)
            operation = self._find(request)
            if _has_body(scope, headers):
                request.body = await self._body(headers, receive)
            world = await self._world(request.world)
            fault = await self._met(operation, request)
        except Problem as problem:
            outcome = self._refused(operation, problem)
        else:
            if fault is None:
                outcome = await self._outcome(operation, request, world)
            else:
                outcome = await self._faulty_outcome(fault, operation, request, world)
                send = spoiling(fault, scope, receive, send) if fault.spoils else send
        self._keep()  # what was answered is kept
        await _send(send, outcome.answer, with_body=request.method != "HEAD")
        self._record(request, operation, outcome)

    async def _world(self, name: str) -> World:
        if self._threads is None or self._worlds.at_hand(name) is not None:
            return self._worlds.of(name)
        return await self._threads.run(self._worlds.of, name)

    async def _met(self, operation: Answering, request: Request) -> InjectedFault | None:
        """The fault that a request meets; how often each was met, the store may have to count."""
        if self._threads is None or not self._faults.faults:
            return self._faults.met(operation.operation, request.world)
        return await self._threads.run(self._faults.met, operation.operation, request.world)

    async def _faulty_outcome(
        self, fault: InjectedFault, operation: Answering, request: Request, world: World
    ) -> Outcome:
        await _waited_for(self._faults.wait(fault), world)
        if fault.connection == "drop":
            return Outcome(Answer(0, b"", []), None, {"title": "dropped", "detail": "an injected fault"})
        try:
            request.headers = preferred(fault, operation.operation, request.headers)
        except Problem as problem:
            return operation.refused(problem)
        return await self._outcome(operation, request, world)

    def _find(self, request: Request) -> Answering:
        """The operation of a request, which is told the segments of its path parameters.

        Raises:
            Problem: 404 or 405, the contract has no such path, or not the method on it.
        """
        path, method = request.target, request.method
        found = self._paths.find(path)
        if found is None:
            path = self._on_first_server(path)
            found = self._paths.find(path)
        if found is None:
            raise Problem(404, "Not Found", f"the contract has no path that fits {path}; {self._remedy(path)}")
        operations = found[0]
        if method not in operations:
            found = self._with_method(path, method, operations) or found
        if self._twins:
            found = self._meant(path, method, found)
        operations, request.path = found
        return _of_method(operations, method)

    def _meant(self, path: str, method: str, found: Found) -> Found:
        """What was found; of paths that differ in the names of their parameters alone, that which takes the values."""
        known = found[0].get(method)
        if known is None or not self._twins.has(plain_path(known.operation.path)):
            return found
        those = [one for one in self._paths.every(path) if method in one[0]]
        twins = [one for one in those if self._twins.has(plain_path(one[0][method].operation.path))]
        return next((one for one in twins if self._twins.takes(one[0][method].operation, one[1])), found)

    def _on_first_server(self, path: str) -> str:
        """The path as the first server has it, of one that begins as those of another server do."""
        for base in self._other_bases if not self._control.serves(path) else ():
            match = base.match(path)
            known = self._base + path[match.end() :] if match else None
            if known is not None and self._paths.find(known) is not None:
                return known
        return path

    def _remedy(self, path: str) -> str:
        """Where a path may be meant that the contract has not: all stand below the path of its first server."""
        if self._base and self._paths.find(self._base + path) is not None:
            return f"its first server stands at {self._base}: ask for {self._base}{path}"
        return f"{PREFIX}/ shows those that it has, and {DOCS} documents them"

    async def _outcome(self, operation: Answering, request: Request, world: World) -> Outcome:
        is_new, world.used = world.used == 0, request.arrived
        if self._threads is not None:
            return await _waited_for(self._threads.answer(operation, request, world), world)
        begun = operation.begin(request, world)
        outcome = begun if isinstance(begun, Outcome) else await _waited_for(begun, world)
        # A refused request leaves no trace: not even a world that was made for it.
        if is_new and outcome.answer.status >= 400:
            self._worlds.unmake(world, request.arrived)
        return outcome

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
        arrived = time()
        raw_path, _, query = target.partition(b"?")
        path = raw_path.decode("latin-1")
        found = self._paths.find(path) or self._paths.find(self._on_first_server(path))
        # What is rare goes the long way, which knows how to refuse it.
        is_rare = method == "HEAD" or b"#" in target or len(body) > self._limit or path in self._others
        if found is None or is_rare or self._faults.faults:
            return None
        if self._twins:
            found = self._meant(path, method, found)
        operation = found[0].get(method)
        name = _world_name(headers)
        world = self._worlds.at_hand(name)
        if operation is None or world is None:
            return None
        world.used = arrived
        request = Request(found[1], query, headers, body, method, path, name, arrived)
        threads = self._threads
        begun = operation.begin(request, world) if threads is None else threads.answer(operation, request, world)
        if isinstance(begun, Outcome):
            self._keep()
            self._record(request, operation, begun)
            return begun.answer
        record = functools.partial(self._record, request, operation)
        return functools.partial(_answer_late, begun, world, self._keep, record)

    def _with_method(
        self, path: str, method: str, operations: dict[str, Answering]
    ) -> tuple[dict[str, Answering], dict[str, str]] | None:
        """A template that fits too and has the method, and is no less concrete, or names the values that it takes."""
        least = _concrete(operations)
        for found in self._paths.every(path):
            others, values = found
            if method not in others:
                continue
            if _concrete(others) >= least or self._twins.lists(others[method].operation, values):
                return found
        return None

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        # Who announces too much is not waited for; who announces nothing is cut where it becomes too much.
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
        # What is still on its way would be read as the next request.
        return Problem(413, "Content Too Large", detail, headers={"Connection": "close"})

    def _refused(self, operation: Answering | None, problem: Problem) -> Outcome:
        if operation is not None:
            return operation.refused(problem)
        problem.forget_its_origin()  # the journal keeps it
        media_type, body = self._unknown.write(problem)
        headers = fields(problem.headers)
        if problem.status == 204:  # the answer to OPTIONS, which is no failure
            return Outcome(Answer(204, b"", headers))
        return Outcome(Answer(problem.status, body, [(b"content-type", media_type), *headers]), None, problem)

    def _record(self, request: Request, operation: Answering | None, outcome: Outcome) -> None:
        answer = outcome.answer
        operation_id = operation.operation.id if operation else None
        exchange = (  # not as an `Entry`, for most are forgotten before anybody looks
            request.arrived,
            time() - request.arrived,
            request.world,
            request.method,
            request.target,
            request.query,
            operation_id,
            request.body,
            answer.status,
            answer.body,
            outcome.rule,
            outcome.why,
            None if request.user is None else self._caller_id(request.user),
            request.headers.get(b"content-type", b""),
            request.is_read,
            request.writes or (),
        )
        self._journal.record(exchange)
        self._coverage.count(operation_id, answer.status, outcome.rule, outcome.why)

    def close(self) -> None:
        """Wait for what threads are still at."""
        if self._threads is not None:
            self._threads.close()


def _declared_headers(contract: Contract) -> set[str]:
    """The header fields that a page of another origin may read: all that the contract declares."""
    names: set[str] = set()
    for operation in contract.operations.values():
        for response in operation.responses.values():
            names.update(response.headers)
    return names


def _threads(double: Served) -> Threads:
    from specdouble.double.http.threads import Threads  # with a client of the store, which most doubles never need

    return Threads(double.is_awaited)


def _path(scope: Scope) -> str:
    """The path as it was sent, its escapes with it."""
    return scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or str(scope["path"])


def _by_path(compiled: Iterable[Compiled]) -> dict[str, dict[str, Answering]]:
    shared: dict[tuple[str, str], list[Compiled]] = {}
    for one in compiled:
        shared.setdefault((plain_path(one.operation.path), one.operation.method.upper()), []).append(one)
    found: dict[str, dict[str, Answering]] = {}
    for (path, method), those in shared.items():  # several, where their paths differ in a condition alone
        found.setdefault(path, {})[method] = those[0] if len(those) == 1 else Alternatives(those)
    return found


def _concrete(operations: dict[str, Answering]) -> int:
    """How many segments of the template are no parameters."""
    path = plain_path(next(iter(operations.values())).operation.path)
    return sum("{" not in segment for segment in path.split("/"))


def _of_method(operations: dict[str, Answering], method: str) -> Answering:
    """The operation of the method; a HEAD is answered as the GET (RFC 9110, 9.3.2)."""
    found = operations.get(method) or (operations.get("GET") if method == "HEAD" else None)
    if found is not None:
        return found
    methods = {*operations, "OPTIONS"}
    if "GET" in operations:
        methods.add("HEAD")
    allowed = ", ".join(sorted(methods))
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
    # A page in a browser cannot set a header field of its images and links: a cookie it can.
    cookies = headers.get(b"cookie")
    if cookies is None or WORLD_HEADER not in cookies.lower():
        return DEFAULT_WORLD
    for name, value in read_cookies(headers).items():
        if name.lower() == WORLD_HEADER.decode():
            return value
    return DEFAULT_WORLD


async def _ignored() -> None:
    """Nothing is done at the start and the end of a server that tells of them."""


async def _waited_for(begun: Awaitable[Awaited], world: World) -> Awaited:
    """What a request waits for; its world stays until then."""
    world.busy += 1
    try:
        return await begun
    finally:
        world.busy -= 1


async def _answer_late(
    begun: Awaitable[Outcome],
    world: World,
    keep: Callable[[], None],
    record: Callable[[Outcome], None],
    scope: Scope,
    _receive: Receive,
    send: Send,
) -> None:
    """An application that answers a request whose handler has begun already."""
    outcome = await _waited_for(begun, world)
    keep()
    if not scope["extensions"][WHOLE]["write"](outcome.answer):
        await _send(send, outcome.answer, with_body=True)
    record(outcome)


async def _send(send: Send, answer: Answer, with_body: bool) -> None:
    headers = answer.headers
    # These have no body, and no length of one (RFC 9110, 8.6).
    if answer.status not in (204, 304):
        headers = [*headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})
