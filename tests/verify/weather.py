"""Bad weather before a server: a proxy that is slow, drops connections, limits the rate, or answers for itself."""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread
from typing import Any, Self

import urllib3

PARTS = 10  # of a body that drips
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "QUERY")


class Weather:
    """A proxy: `with Weather(url, drop_every=10) as weather: ...weather.url`.

    Args:
        url: the server behind it.
        delay: seconds before each answer.
        drip: seconds between the parts of each answer's body, of which there are ten.
        stall_after: requests after so many are never answered.
        drop_every: each such request has its connection closed without an answer.
        limit_every: each such request is answered with 429 and `Retry-After: 0`.
        always_limited: each request is answered with 429.
        html: each request is answered with a page, of this status.
        html_every: each such request is answered with a page.
        unavailable_every: each such request is answered with 503.
    """

    def __init__(
        self,
        url: str,
        *,
        delay: float = 0,
        drip: float = 0,
        stall_after: int = 0,
        drop_every: int = 0,
        limit_every: int = 0,
        always_limited: bool = False,
        html: int = 0,
        html_every: int = 0,
        unavailable_every: int = 0,
    ) -> None:
        self.target, self.delay, self.drip, self.stall_after = url, delay, drip, stall_after
        self.over = Event()
        self.drop_every, self.limit_every, self.always_limited = drop_every, limit_every, always_limited
        self.html, self.html_every, self.unavailable_every = html, html_every, unavailable_every
        self.numbers = count(1)
        self.pool = urllib3.PoolManager(maxsize=16, retries=False)
        weather = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def handle_any(self) -> None:
                weather.answer(self)

            def log_message(self, *_: Any) -> None:
                return None

        for method in METHODS:
            setattr(Handler, f"do_{method}", Handler.handle_any)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, in this weather."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        number = next(self.numbers)
        time.sleep(self.delay)
        if self.stall_after and number > self.stall_after:
            handler.close_connection = True
            self.over.wait()
        elif self.drop_every and number % self.drop_every == 0:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif self.always_limited or (self.limit_every and number % self.limit_every == 0):
            self.send(handler, 429, {"Retry-After": "0", "Content-Type": "text/plain"}, b"slow down")
        elif self.html or (self.html_every and number % self.html_every == 0):
            self.send(handler, self.html or 200, {"Content-Type": "text/html"}, b"<html>Sign in to the proxy</html>")
        elif self.unavailable_every and number % self.unavailable_every == 0:
            self.send(handler, 503, {"Content-Type": "text/plain"}, b"no upstream")
        else:
            self.forward(handler, body)

    def forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Hand the request to the server behind."""
        hop = {"host", "connection", "content-length", "accept-encoding"}
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in hop}
        answer = self.pool.request(
            handler.command, self.target + handler.path, body=body or None, headers=headers, redirect=False
        )
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in hop | {"date", "server"}}
        self.send(handler, answer.status, kept, answer.data)

    def send(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send an answer."""
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            self.write(handler, body)
        handler.wfile.flush()

    def write(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Send a body, in parts where it drips."""
        size = -(-len(body) // PARTS) if self.drip else len(body)
        for start in range(0, len(body), size or 1):
            handler.wfile.write(body[start : start + size])
            if self.drip:
                handler.wfile.flush()
                time.sleep(self.drip)
