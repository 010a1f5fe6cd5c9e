"""HTTP/1.1 as uvicorn speaks it, with a short way for what can be answered at once.

Most operations answer without waiting for anything. Such a request needs no task, no scope and no events: it is
answered in the turn of the loop that brings its last byte, head and body in one packet. Whatever else comes
(a handler that waits, a browser's CORS, a large body, HTTP/1.0, a second request while one is under way) is handed
to uvicorn and takes its way through ASGI.

It rests on these insides of uvicorn's `HttpToolsProtocol`: the parser's callbacks, `cycle`, `url`, `headers`,
`flow`, `server_state`, `limit_concurrency` and the keep-alive timer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from specdouble.double.http.operations import ASGIApp, Operations
from specdouble.double.http.result import Answer

_LARGEST = 65536
_KEPT = 1024
_NOT_STRAIGHT = frozenset({b"expect", b"origin", b"upgrade", b"transfer-encoding"})


class Heads:
    """The heads of answers as bytes; those of one operation and status are mostly the same."""

    def __init__(self) -> None:
        self._written: dict[tuple[Any, ...], bytes] = {}
        self._defaults: list[tuple[bytes, bytes]] = []
        self._default_lines = b""

    def head(self, answer: Answer, defaults: list[tuple[bytes, bytes]]) -> bytes:
        """All of the answer's head up to the value of its content length.

        Args:
            answer: the answer.
            defaults: uvicorn's own fields, the date among them; another list whenever they change.
        """
        if defaults is not self._defaults:
            self._defaults, self._default_lines = defaults, _lines(defaults)
            self._written.clear()
        key = (answer.status, *answer.headers)
        head = self._written.get(key)
        if head is None:
            if len(self._written) >= _KEPT:
                self._written.clear()
            head = self._written[key] = STATUS_LINE[answer.status] + self._default_lines + _lines(answer.headers)
        return head


def _lines(fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%s: %s\r\n" % field for field in fields)


class StraightProtocol(HttpToolsProtocol):
    """Uvicorn's protocol that answers at once what needs no waiting.

    Args:
        operations: gives the operations that are served now; None where they are still to be compiled.
        heads: the heads that are written already, of all connections.
        uvicorn: what uvicorn makes a protocol with.
    """

    def __init__(self, operations: Callable[[], Operations | None], heads: Heads, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._operations = operations
        self._heads = heads
        self._idle_since: float | None = None
        self._straight = False
        self._fields: dict[bytes, bytes] = {}
        self._body = b""

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url = b""
        self.headers = []
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field has been read."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head has been read: decide which way the request takes."""
        self._fields = dict(self.headers)
        self._straight = (
            (self.cycle is None or self.cycle.response_complete)
            and _NOT_STRAIGHT.isdisjoint(self._fields)
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
            and not self.flow.write_paused
            and self.limit_concurrency is None
        )
        if not self._straight:
            self._hand_over()

    def on_body(self, body: bytes) -> None:
        """A piece of the body has been read."""
        if not self._straight:
            super().on_body(body)
            return
        self._body += body
        if len(self._body) > _LARGEST:
            self._hand_over()

    def on_message_complete(self) -> None:
        """The request has been read."""
        if not self._straight:
            super().on_message_complete()
            return
        operations = self._operations()
        answer = None
        if operations is not None and self.url[:1] == b"/":
            answer = operations.at_once(self.parser.get_method().decode(), self.url, self._fields, self._body)
        if isinstance(answer, Answer):
            self._write(answer)
            return
        self._hand_over(answer)
        super().on_message_complete()

    def _write(self, answer: Answer) -> None:
        head = self._heads.head(answer, self.server_state.default_headers)
        if answer.status in (204, 304):
            self.transport.write(head + b"\r\n")
        else:
            self.transport.write(b"%scontent-length: %d\r\n\r\n%s" % (head, len(answer.body), answer.body))
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch(self.timeout_keep_alive)

    def on_response_complete(self) -> None:
        """An answer that took uvicorn's way has been sent."""
        super().on_response_complete()
        self._idle_since = self.loop.time()

    def _unset_keepalive_if_required(self) -> None:
        # To stop a timer with each request, and start another, costs more than to look again when it has run out.
        self._idle_since = None

    def timeout_keep_alive_handler(self) -> None:
        """The time of an idle connection is over, or a request has come since it began."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._watch(left)
        else:
            super().timeout_keep_alive_handler()

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()

    def _hand_over(self, begun: ASGIApp | None = None) -> None:
        """Let uvicorn have the request, as far as it has been read; `begun` answers it, if its handler has run."""
        url, headers, body, app = self.url, self.headers, self._body, self.app
        self._straight, self._body = False, b""
        super()._unset_keepalive_if_required()
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        self.app = begun or app
        super().on_headers_complete()
        self.app = app
        if body:
            super().on_body(body)
