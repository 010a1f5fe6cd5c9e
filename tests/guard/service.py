"""A server of JSON on a real socket that answers by a function."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import unquote

Answer = Callable[[str, str, bytes], tuple[int, Any]]
Whole = Callable[[str, str, bytes, Message], tuple[int, Any, dict[str, str]]]


@contextmanager
def serving(answer: Answer, with_query: bool = False) -> Iterator[str]:
    """Serve by a function of method, path and body; its URL.

    Args:
        answer: gives the status and what is sent as JSON; None sends nothing.
        with_query: whether the path is given with its query.
    """

    def whole(method: str, target: str, sent: bytes, _headers: Message) -> tuple[int, Any, dict[str, str]]:
        asked = target if with_query else target.partition("?")[0]
        return *answer(method, unquote(asked), sent), {}

    with serving_whole(whole) as url:
        yield url


@contextmanager
def serving_whole(answer: Whole) -> Iterator[str]:
    """Serve by a function of method, target, body and header fields; its URL.

    Args:
        answer: gives the status, what is sent as JSON (None sends nothing), and header fields beside those of the body.
    """
    lock = RLock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def _do(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            with lock:
                status, body, fields = answer(self.command, self.path, sent, self.headers)
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._do
            raise AttributeError(name)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
