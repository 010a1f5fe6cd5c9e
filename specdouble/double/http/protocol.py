"""HTTP/1.1 as uvicorn speaks it, with a short way for what can be answered at once.

Most operations answer without waiting for anything. Such a request needs no task, no scope and no events: it is
answered in the turn of the loop that brings its last byte, head and body in one packet. Whatever else comes
(a handler that waits, a browser's CORS, a large body, HTTP/1.0, a second request while one is under way) is handed
to uvicorn and takes its way through ASGI.

Whichever way it takes, what a connection may ask of the server has its limits: the size of a head, the time until a
request is there, the time of doing nothing.

The requests of a connection mostly have the same header fields. Once the parser has read the same ones twice, a packet
that holds one whole request with these very bytes is not given to it: what stands in them is known.

It rests on these insides of uvicorn's `HttpToolsProtocol`: the parser's callbacks, `cycle`, `pipeline`, `url`,
`headers`, `flow`, `server_state`, `limit_concurrency` and the keep-alive timer.
"""

from __future__ import annotations

import re
from asyncio import TimerHandle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from specdouble.double.http.asgi import ASGIApp
from specdouble.double.http.fault_injection import TRANSPORT
from specdouble.double.http.operations import WHOLE, Operations
from specdouble.double.http.result import Answer

_LARGEST = 65536
_LAST = 0.3  # seconds for what a new connection asks of a server that ends
_KEPT = 1024
_LINGERING = 1.0  # seconds for a refused client to read why, before its connection ends
_TITLES = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
}
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_REQUEST_LINE = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (/[!-~]*) HTTP/1\.1\r\n")
_NOT_STRAIGHT = frozenset({b"expect", b"origin", b"upgrade", b"transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may ask of the server.

    Args:
        head: the most bytes of a request's head, its target included; beyond them it is answered 431.
        target: the most bytes of its target; beyond them it is answered 414.
        body: the most bytes of its body. Operations refuse what is larger; here it bounds what stands around the body:
            sizes of chunks, and trailers.
        idle: seconds after which a connection is closed that asks nothing.
        arrival: seconds in which a request must be there as a whole, else it is answered 408; and in which a client
            must read what it was answered, else its connection ends.
    """

    head: int = 65_536
    target: int = 16_384
    body: int = 1024 * 1024
    idle: int = 5
    arrival: float = 60

    @property
    def message(self) -> int:
        """The most bytes of a request on its way: a body in chunks of one byte is six times as long."""
        return 2 * self.head + 8 * self.body


class _Refused(Exception):
    """Stops the parser: the request has been refused."""


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
        operations: gives the operations that are served now.
        heads: the heads that are written already, of all connections.
        limits: what a connection may ask.
        uvicorn: what uvicorn makes a protocol with.
    """

    def __init__(self, operations: Callable[[], Operations], heads: Heads, limits: Limits, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._operations = operations
        self._heads = heads
        self._limits = limits
        self._host = b""
        self._packet = 0  # bytes of the packet that is being read
        self._received = 0  # bytes of the packets that have come since a request began
        self._in_head = self._arriving = self._straight = self._handed_over = False
        self._known: list[tuple[bytes, bytes]] | None = None  # the fields of the last request, which had a good host
        self._fields: dict[bytes, bytes] = {}
        self._is_plain = self._is_repeated = False
        self._data = b""  # the packet that is being read
        self._known_head = b""  # the bytes of the known fields, with the empty line; empty while they are not known
        self._known_length = 0  # of the body that they announce
        self._begun: ASGIApp | None = None  # what answers a request whose handler has run before it was parsed
        self._body = b""
        self._refusal: tuple[int, str] | None = None
        self._running: RequestResponseCycle | None = None
        self._unread: TimerHandle | None = None
        self._is_deaf = self._has_ended = False
        self._has_asked = self._is_last = False
        # For what the client is waited for, and since when; None while it is the client who waits.
        self._waiting_since: float | None = None
        self._patience: float = limits.idle

    def connection_made(self, transport: Any) -> None:
        """A client has connected."""
        super().connection_made(transport)
        self._wait(self.timeout_keep_alive)

    # Reading

    def data_received(self, data: bytes) -> None:
        """A packet has come."""
        if self._is_deaf or (self._known_head and self._answer_unparsed(data)):
            return
        self._data = data
        self._packet = len(data)
        self._received += self._packet
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._ignore_upgrade()
        except httptools.HttpParserError:
            if self._refusal is None:
                self._refuse(400, "what was sent is no request of HTTP/1.1")
        else:
            self._data = b""
            if self._arriving:
                self._await_the_rest()

    def _answer_unparsed(self, data: bytes) -> bool:
        """Answer a packet that is one whole request with the known fields; else it is for the parser."""
        line = _REQUEST_LINE.match(data)
        if line is None or self._arriving or not self._may_go_straight():
            return False
        method, target = line.groups()
        fields, body = line.end(), line.end() + len(self._known_head)
        is_whole = data.startswith(self._known_head, fields) and len(data) - body == self._known_length
        if not is_whole or body > self._limits.head or len(target) > self._limits.target:
            return False
        answer = self._operations().at_once(method.decode(), target, self._fields, data[body:])
        if isinstance(answer, Answer):
            self._write(answer)
            return True
        self._begun = answer
        return False

    def _may_go_straight(self) -> bool:
        """Whether nothing stands in the way of an answer at once, whatever is asked."""
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and self.limit_concurrency is None
            and not self._is_last
        )

    def _await_the_rest(self) -> None:
        if self._in_head and self._received > self._limits.head:
            too_long = len(self.url) > self._limits.target
            self._refuse(*(self._long_target() if too_long else self._large_head()))
        elif self._received > self._limits.message:
            self._refuse(413, f"the request takes more than {self._limits.message} bytes")
        elif self._waiting_since is None:
            self._wait(self._limits.arrival)

    def _ignore_upgrade(self) -> None:
        """Another protocol is asked for, or a tunnel: there is none (RFC 9110, 7.8), and what follows is not read."""
        self._is_deaf = True
        if self._is_answering():
            self.cycle.keep_alive = False

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url = b""
        self.headers = []
        self._body = b""
        self._received = 0
        self._in_head = self._arriving = self._has_asked = True
        self._handed_over = False
        self._waiting_since = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field has been read. Trailers are not kept: they are no header fields (RFC 9110, 6.5.1)."""
        if self._in_head:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head has been read: decide which way the request takes."""
        self._in_head = False
        limits, url = self._limits, self.url
        # The requests of a connection mostly have the same fields: what was found of them stands.
        is_known = self.headers == self._known
        if not is_known:
            self._fields = dict(self.headers)
        is_usual = (
            is_known and self._packet + self._received <= limits.head and len(url) <= limits.target and url.isascii()
        )
        refusal = None if is_usual else self._wrong_head(self._fields)
        if refusal is not None:
            self._refuse(*refusal)
            raise _Refused
        if not is_known:
            # Without a host they are good in a request of HTTP/1.0 alone.
            self._known = self.headers if b"host" in self._fields else None
            self._is_plain = _NOT_STRAIGHT.isdisjoint(self._fields)
            self._known_head = b""
        self._is_repeated = is_known
        self._straight = (
            self._is_plain
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
            and self._may_go_straight()
        )
        if not self._straight:
            self._hand_over()

    def _wrong_head(self, fields: dict[bytes, bytes]) -> tuple[int, str] | None:
        """The status and the reason to refuse the head with; None where it is as it should be."""
        if len(self.url) > self._limits.target:
            return self._long_target()
        if self._packet + self._received > self._limits.head:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self._limits.head:
                return self._large_head()
        host = fields.get(b"host")
        if host is None:
            return (400, "the request has no Host field") if self.parser.get_http_version() == "1.1" else None
        if len(fields) != len(self.headers) and [name for name, _ in self.headers].count(b"host") > 1:
            return 400, "the request has more than one Host field"
        if host != self._host and not _HOST.fullmatch(host):
            return 400, "the Host field names no host"
        self._host = host
        if not self.url.isascii():
            return 400, "the target has characters that are not percent-encoded"
        return None

    def _long_target(self) -> tuple[int, str]:
        return 414, f"the target is longer than {self._limits.target} bytes"

    def _large_head(self) -> tuple[int, str]:
        return 431, f"the head of the request is larger than {self._limits.head} bytes"

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
        self._arriving = False
        if self._straight:
            answer: Answer | ASGIApp | None
            answer, self._begun = self._begun, None
            if answer is None and self.url[:1] == b"/":
                method = self.parser.get_method().decode()
                answer = self._operations().at_once(method, self.url, self._fields, self._body)
            if isinstance(answer, Answer):
                if self._is_repeated:
                    self._learn_head()
                self._write(answer)
                return
            self._hand_over(answer)
        self._waiting_since = None
        super().on_message_complete()

    def _learn_head(self) -> None:
        """Know the fields by their bytes, where the packet is just one request, and its lines just its fields."""
        _, _, rest = self._data.partition(b"\r\n")
        lines, end, body = rest.partition(b"\r\n\r\n")
        names = [line.partition(b":")[0].lower() for line in lines.split(b"\r\n")]
        if body == self._body and names == [name for name, _ in self.headers]:
            self._known_head, self._known_length = lines + end, len(body)

    def _hand_over(self, begun: ASGIApp | None = None) -> None:
        """Let uvicorn have the request, as far as it has been read; `begun` answers it, if its handler has run."""
        url, headers, body, app = self.url, self.headers, self._body, self.app
        self._straight, self._body = False, b""
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        self.app = begun or app
        super().on_headers_complete()
        self.scope["extensions"] = {
            TRANSPORT: {"transport": self.transport},  # by which an injected fault drops the connection
            WHOLE: {"write": self._write_whole},
        }
        self._handed_over = True
        if self._is_last:
            self.cycle.keep_alive = False
        self.app = app
        if body:
            super().on_body(body)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more; what it has asked is still answered."""
        self._has_ended = True
        if self._arriving and not self._is_deaf:
            self._refuse(400, "the request is cut off")
        elif self._refusal is None and self._is_answering():
            self.cycle.keep_alive = False
        return self._is_answering()

    def shutdown(self) -> None:
        """The server ends: what is on its way, as the first request of a connection mostly is, is answered before."""
        if self._has_asked and not self._arriving:
            super().shutdown()
            return
        self._is_last = True
        self.loop.call_later(_LAST, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if not self._arriving and not self._is_answering():
            self.transport.close()

    def _is_answering(self) -> bool:
        """Whether a request that has come whole is still to be answered."""
        running = self._running
        if running is None or running.response_complete:
            return False
        return not (self._handed_over and self._arriving and running is self.cycle)

    # Answering

    def _write(self, answer: Answer) -> None:
        self._put(answer)
        self.server_state.total_requests += 1
        self._wait(self.timeout_keep_alive)

    def _write_whole(self, answer: Answer) -> bool:
        """Whether an answer that uvicorn was waiting for is written at once, head and body in one packet.

        It is not where the connection ends with it, or the client does not read: then it takes uvicorn's way.
        """
        cycle = self._running
        if cycle is None or cycle.disconnected or not cycle.keep_alive or self.flow.write_paused:
            return False
        self._put(answer)
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _put(self, answer: Answer) -> None:
        head = self._heads.head(answer, self.server_state.default_headers)
        if answer.status in (204, 304):
            self.transport.write(head + b"\r\n")
        else:
            self.transport.write(b"%scontent-length: %d\r\n\r\n%s" % (head, len(answer.body), answer.body))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """An answer that took uvicorn's way has been sent."""
        another = bool(self.pipeline)
        super()._unset_keepalive_if_required()
        super().on_response_complete()
        if another or self.transport.is_closing():
            return
        if self._refusal is not None:
            self._send_refusal(*self._refusal)
        elif not self._arriving:
            self._wait(self.timeout_keep_alive)

    def _refuse(self, status: int, detail: str) -> None:
        """Read no further, answer what came before, then tell why, and close the connection."""
        self._is_deaf = True
        self._refusal = status, detail
        if self._handed_over and self._arriving:
            if self._running is not self.cycle:
                self.pipeline.popleft()  # it has not begun, and will not
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.close()
                return
        elif self._is_answering():
            return
        self._send_refusal(status, detail)

    def _send_refusal(self, status: int, detail: str) -> None:
        body = orjson.dumps({"type": "about:blank", "title": _TITLES[status], "status": status, "detail": detail})
        fields = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
        self._write(Answer(status, body, fields))
        if self._has_ended:
            self.transport.close()
        else:
            # To close with bytes unread resets the connection, and the answer would be lost (RFC 9112, 9.6).
            self.transport.write_eof()
            self._wait(_LINGERING)

    # Waiting

    def _wait(self, seconds: float) -> None:
        """From now on it is the client's turn, for so many seconds."""
        self._waiting_since, self._patience = self.loop.time(), seconds
        if self.timeout_keep_alive_task is None:
            self._watch(seconds)

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        # To stop a timer with each request, and start another, costs more than to look again when it has run out.
        return

    def timeout_keep_alive_handler(self) -> None:
        """The time of a connection is over, or something has come since it began."""
        self.timeout_keep_alive_task = None
        if self._waiting_since is None:
            return
        left = self._waiting_since + self._patience - self.loop.time()
        if left > 0:
            self._watch(left)
        elif self.flow.read_paused:
            self._wait(self._patience)  # it is not the client who keeps the rest back
        elif self._arriving and not self._is_deaf:
            self._refuse(408, f"the request did not come whole within {self._limits.arrival:g} seconds")
        elif self.transport.get_write_buffer_size():
            self.transport.abort()  # nobody reads: to close would wait for that
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """The client does not read what it was answered."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._limits.arrival, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        if self._running is not None:  # uvicorn tells the last one alone
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()
        if self._unread is not None:
            self._unread.cancel()
        # The scope knows the protocol, by how it is answered at once: held on to, both would wait for a collection.
        self.cycle = self._running = self.scope = None  # type: ignore[assignment]
