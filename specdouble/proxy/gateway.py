"""The application between clients and a backend: it hands on, looks at what passes, and lets the double fill in.

Bodies stream in both directions. What is looked at is a copy, and it is looked at when the client has its answer; only
where the policy is to refuse are both held back until they are known to keep the contract.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import time
from typing import Any

import orjson

from specdouble.double.double import Double
from specdouble.double.http.asgi import ASGIApp, Message, Receive, Scope, Send
from specdouble.double.http.control import PREFIX
from specdouble.double.http.prefer import HEADER, IN_QUERY, preference
from specdouble.double.state.problem import Problem
from specdouble.proxy.backend import Backend, Unreachable
from specdouble.proxy.exchange import Copy, Exchange, Fields
from specdouble.proxy.gaps import Gaps, may_be_gap
from specdouble.proxy.inspector import Inspector, Met, Violation

PROBLEM = b"application/problem+json"
Told = Callable[[Met | None, Exchange, Sequence[Violation]], None]


@dataclass(frozen=True)
class Policy:
    """What a proxy does beside handing on.

    Args:
        limit: the most bytes of a body that are looked at.
        refuses: whether what breaks the contract is refused, rather than told.
        fills_in: whether the double answers what the backend does not have.
        is_open: whether pages of other origins are let in where the backend does not say so itself (CORS).
    """

    limit: int
    refuses: bool = False
    fills_in: bool = True
    is_open: bool = True


class Gateway:
    """The ASGI application of a proxy.

    Args:
        double: what answers for operations that the backend does not have.
        app: its own application.
        backend: where requests are handed on to.
        policy: what is done beside.
        tell: is told of each exchange with the backend, and of what it breaks.
    """

    def __init__(self, double: Double, app: ASGIApp, backend: Backend, policy: Policy, tell: Told) -> None:
        self.app, self.backend, self.policy, self.tell = app, backend, policy, tell
        self.inspector = Inspector(double.contract)
        self.gaps = Gaps(backend)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; the double's own paths, and what prefers a sample, are the double's."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        headers = dict(scope["headers"])
        if self._is_for_double(scope, headers):
            await self.app(scope, receive, send)
            return
        if self.policy.is_open and b"origin" in headers:
            send = partial(_letting_in, headers[b"origin"], send)
        await _Passage(self, scope, receive, send).go()

    async def _live(self, receive: Receive, send: Send) -> None:
        """Be there from the start of the server to its end, and close what is open then (ASGI's lifespan events)."""
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await self.backend.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _is_for_double(self, scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
        is_preflight = scope["method"] == "OPTIONS" and b"access-control-request-method" in headers
        return (
            scope["path"].startswith(PREFIX)
            or (is_preflight and self.policy.is_open)  # the double lets every page in
            or _prefers(headers, scope["query_string"])
        )


class _ClientGone(Exception):
    """The client has gone before its request was there."""


class _Passage:
    """One request on its way to the backend, and the answer on its way back."""

    def __init__(self, gateway: Gateway, scope: Scope, receive: Receive, send: Send) -> None:
        self.gateway, self.scope, self.receive, self.send = gateway, scope, receive, send
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        headers: Fields = list(scope["headers"])
        limit = gateway.policy.limit
        self.exchange = Exchange(
            scope["method"], path, scope["query_string"], headers, time(), sent=Copy(limit), content=Copy(limit)
        )
        self.met = gateway.inspector.meet(self.exchange.method, path)
        self.host = dict(headers).get(b"host", b"")
        self.has_been_read = asyncio.Event()  # the request, to its end, or as far as the backend wants it
        if not _has_body(headers):
            self.has_been_read.set()
        self.has_begun = False  # whether the client has the head of an answer
        self.has_ended = False  # whether the client has all of it
        self.read_ahead: list[bytes] = []  # what has been read of the request, and not been handed on

    async def go(self) -> None:
        """Bring the client an answer, and look at what passed."""
        try:
            if not _is_framed(self.exchange.headers):
                await self._refuse(
                    501, "Not Implemented", "of the transfer codings the proxy knows `chunked` alone", []
                )
                return
            if self.gateway.policy.refuses and await self._is_wrong():
                await self._fill_in()  # the double refuses it as the contract says
                return
            if await self._while_the_client_stays(self._pass()):
                await self._fill_in()
        except Unreachable as error:
            is_cut = self.has_begun
            self.exchange.status = self.exchange.status if is_cut else error.status
            self.exchange.seconds = time() - self.exchange.started
            self.gateway.tell(self.met, self.exchange, [Violation("answer", "", str(error))])
            if not is_cut:  # else the client sees it cut too
                await self._refuse(error.status, "The backend does not answer", str(error), [])
        except _ClientGone:
            return

    async def _while_the_client_stays(self, passing: Coroutine[Any, Any, bool]) -> bool:
        """What is done for a client, which ends when the client goes: else a backend that never ends is read for ever.

        Raises:
            _ClientGone: it has gone.
        """
        done, leaving = asyncio.ensure_future(passing), asyncio.ensure_future(self._leaves())
        try:
            await asyncio.wait((done, leaving), return_when=asyncio.FIRST_COMPLETED)
            if leaving.done() and not done.done() and not self.has_ended:
                raise _ClientGone
            return await done
        finally:
            done.cancel()
            leaving.cancel()
            await asyncio.gather(done, leaving, return_exceptions=True)

    async def _leaves(self) -> None:
        """Wait until the client has gone; what it still sends, once nobody reads it any more, is passed over."""
        await self.has_been_read.wait()
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _is_wrong(self) -> bool:
        """Whether the request breaks the contract, as far as it can be looked at."""
        while not self.has_been_read.is_set() and self.exchange.sent.is_whole:
            self.read_ahead.append(await self._piece())
        return self.met is not None and self.gateway.inspector.asked(self.met, self.exchange) is not None

    async def _piece(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        piece: bytes = message.get("body", b"")
        self.exchange.sent.add(piece)
        if not message.get("more_body", False):
            self.has_been_read.set()
        return piece

    async def _pieces(self) -> AsyncIterator[bytes]:
        """The request's body: what has been read already, then what is still to come."""
        for piece in self.read_ahead:
            yield piece
        while not self.has_been_read.is_set():
            yield await self._piece()

    async def _pass(self) -> bool:
        """Have the backend answer; True where the double has to."""
        exchange, backend = self.exchange, self.gateway.backend
        client = (self.scope.get("client") or ("unknown",))[0]
        headers = backend.asked_of(exchange.headers, self.host, self.scope["scheme"], client)
        target = backend.target(exchange.path, exchange.query)
        body = self._pieces() if _has_body(exchange.headers) else b""
        async with backend.answer(exchange.method, target, headers, body) as response:
            self.has_been_read.set()
            exchange.status = response.status
            exchange.answered = backend.answered(response.headers, self.host, self.scope["scheme"])
            pieces = backend.pieces(response)
            held = await self._held(pieces)
            if await self._is_missing():
                return True
            found = self._violations() if self.gateway.policy.refuses else []
            if any(one.location == "answer" for one in found):
                await self._refuse(502, "Broken contract", "the answer of the backend breaks the contract", found)
            else:
                await self._hand_back(held, pieces)
        if not self.gateway.policy.refuses:  # else it has been looked at
            found = self._violations()
        self.gateway.tell(self.met, exchange, found)
        return False

    async def _held(self, pieces: AsyncIterator[bytes]) -> list[bytes]:
        """The answer as far as it has to be known before any of it is handed back."""
        held: list[bytes] = []
        if not self.gateway.policy.refuses and not self._may_be_missing:
            return held
        async for piece in pieces:
            held.append(piece)
            self.exchange.content.add(piece)
            if not self.exchange.content.is_whole:
                break
        self.exchange.seconds = time() - self.exchange.started
        return held

    @property
    def _may_be_missing(self) -> bool:
        return self.gateway.policy.fills_in and self.exchange.sent.is_whole and may_be_gap(self.exchange.status)

    async def _is_missing(self) -> bool:
        gaps, met = self.gateway.gaps, self.met
        if met is None:
            return False
        if not may_be_gap(self.exchange.status):
            gaps.has(met.operation)
            return False
        return self._may_be_missing and await gaps.is_one(met.operation, self.exchange)

    async def _hand_back(self, held: Sequence[bytes], pieces: AsyncIterator[bytes]) -> None:
        exchange = self.exchange
        self.has_begun = True
        await self.send({"type": "http.response.start", "status": exchange.status, "headers": exchange.answered})
        for piece in held:
            await self._send_on(piece)
        async for piece in pieces:
            exchange.content.add(piece)
            await self._send_on(piece)
        exchange.seconds = time() - exchange.started
        self.has_ended = True
        await self.send({"type": "http.response.body", "body": b""})

    async def _send_on(self, piece: bytes) -> None:
        await self.send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _fill_in(self) -> None:
        """Let the double answer what has been read."""
        body = self.exchange.sent.body

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.gateway.app(self.scope, receive, self.send)

    async def _refuse(self, status: int, title: str, detail: str, found: Sequence[Violation]) -> None:
        """Answer with a problem in the place of what the backend answered, or did not (RFC 9457)."""
        violations = [{"location": one.location, "pointer": one.pointer, "message": one.message} for one in found]
        body = orjson.dumps({"status": status, "title": title, "detail": detail, "violations": violations})
        headers = [(b"content-type", PROBLEM), (b"content-length", b"%d" % len(body))]
        self.has_ended = True
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _violations(self) -> list[Violation]:
        return self.gateway.inspector.violations(self.met, self.exchange)


def _has_body(headers: Fields) -> bool:
    """Whether a body follows the head of a request (RFC 9112, 6.3)."""
    fields = dict(headers)
    return b"transfer-encoding" in fields or fields.get(b"content-length", b"0") != b"0"


def _is_framed(headers: Fields) -> bool:
    """Whether it is known where the body ends (RFC 9112, 6.1); else a backend might see another end than the proxy."""
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    return codings in ([], [b"chunked"])


def _prefers(headers: Mapping[bytes, bytes], query: bytes) -> bool:
    """Whether a request prefers an answer of the contract to that of the backend."""
    if HEADER not in headers and IN_QUERY not in query:
        return False
    try:
        return preference(headers, query) is not None
    except Problem:
        return True  # which the double refuses with the reason


async def _letting_in(origin: bytes, send: Send, message: Message) -> None:
    """Let a page of another origin read an answer whose server says nothing of origins."""
    if message["type"] == "http.response.start":
        headers = list(message["headers"])
        if not any(name == b"access-control-allow-origin" for name, _ in headers):
            exposed = b", ".join(sorted({name for name, _ in headers}))
            headers += [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", exposed),
                (b"vary", b"origin"),
            ]
            message = {**message, "headers": headers}
    await send(message)
