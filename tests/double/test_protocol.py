"""An answer's head and body leave in one packet, and nothing waits for what comes later."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any, cast
from urllib.parse import urlsplit

from specdouble.double.paths import Paths
from specdouble.double.protocol import JoiningTransport

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> str:
        return name


def written(*steps: Any) -> list[bytes]:
    """What a transport is given: each step is written, or called; the loop turns at the end."""

    async def run() -> list[bytes]:
        transport = Transport()
        joining = JoiningTransport(cast(Any, transport), asyncio.get_running_loop())
        for step in steps:
            if isinstance(step, bytes):
                joining.write(step)
            else:
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        return transport.written

    return asyncio.run(run())


def test_head_and_body_are_one_write() -> None:
    assert written(HEAD, b"{}") == [HEAD + b"{}"]


def test_answers_of_one_connection_stay_in_order() -> None:
    assert written(HEAD, b"{}", HEAD, b"[]") == [HEAD + b"{}", HEAD + b"[]"]


def test_a_head_does_not_wait_for_a_body_that_comes_later() -> None:
    assert written(HEAD, None, b"{}") == [HEAD, b"{}"]


def test_a_head_without_a_body_is_sent() -> None:
    assert written(HEAD) == [HEAD]


def test_a_large_body_is_not_copied() -> None:
    large = b"x" * 100_000
    assert written(HEAD, large) == [HEAD, large]


def test_closing_sends_what_is_held_and_the_rest_is_the_transports_own() -> None:
    async def run() -> None:
        transport = Transport()
        joining = JoiningTransport(cast(Any, transport), asyncio.get_running_loop())
        joining.write(HEAD)
        joining.close()
        assert (transport.written, transport.closed) == ([HEAD], True)
        assert joining.get_extra_info("peername") == "peername"

    asyncio.run(run())


def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    port = urlsplit(url).port
    asked = b"".join(
        b"GET /api/auth/verify-token HTTP/1.1\r\nHost: x\r\nX-Specdouble-World: no/%d\r\n\r\n" % number
        for number in range(3)
    )
    last = b"GET /_specdouble/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(asked + last)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 400") == 3
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["status"] == "ok"


def test_a_path_is_found_as_a_walk_through_all_templates_finds_it() -> None:
    templates = ["/a/{id}", "/a/b", "/a/{id}/c", "/a/b/{x}", "/f/{name}.json", "/f/{name}", "/{any}", "/{any}/{other}"]
    paths = Paths({template: template for template in templates})
    for path in ["/a/1", "/a/b", "/a/", "/a", "/a/b/1", "/a/1/c", "/a/b/c", "/f/x.json", "/f/x", "/", "/x/y", "/a//c"]:
        assert paths.find(path) == next(paths.every(path), None), path
