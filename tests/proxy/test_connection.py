"""What a connection may ask of a proxy has the limits of a double, but for the length of a body."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from specdouble.double.http.protocol import Limits
from specdouble.proxy.gateway import Policy
from tests.hostile.doubles import request, statuses
from tests.hostile.test_connection import REFUSED
from tests.proxy.test_proxy import LIMIT, Passed, proxied


@pytest.fixture(scope="module")
def passed() -> Iterator[Passed]:
    with proxied(Policy(LIMIT)) as one:
        yield one


def answered(passed: Passed, data: bytes, *, ends: bool = False) -> bytes:
    """All that is answered to these bytes, and to the end of what is sent, where it ends."""
    url = passed.client.base_url
    with socket.create_connection((url.host, url.port), 60) as connection:
        connection.sendall(data)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_beyond_the_limits_is_refused_and_never_reaches_the_backend(passed: Passed, name: str) -> None:
    status, data = REFUSED[name]
    asked = len(passed.backend.asked)
    answer = answered(passed, data, ends=True)
    assert statuses(answer) == [status]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]
    assert len(passed.backend.asked) == asked


FIELDS = {"Transfer-Encoding": "chunked", "Connection": "close"}
CHUNKED = request("POST", "/orders", {"Content-Type": "application/json", **FIELDS})
ORDER = b'%x\r\n{"name": "tea", "quantity": 2}\r\n' % 30


def test_trailers_are_handed_on_as_header_fields_to_nobody(passed: Passed) -> None:
    answer = answered(passed, CHUNKED + ORDER + b"0\r\nAuthorization: Bearer x\r\nX-Trailer: a\r\n\r\n")
    assert statuses(answer) == [201]
    fields = passed.backend.asked[-1].headers
    assert {"authorization", "x-trailer"}.isdisjoint(fields)


def test_what_stands_around_a_body_ends(passed: Passed) -> None:
    endless = b"0\r\n" + b"X-Trailer: a\r\n" * Limits().head
    assert statuses(answered(passed, CHUNKED + ORDER + endless)) == [413]


def test_a_body_is_as_long_as_it_is(passed: Passed) -> None:
    pieces = b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in (1, 70_000, 5 * LIMIT, 12 * LIMIT))
    head = request("PUT", "/files", {"Content-Type": "application/octet-stream", **FIELDS})
    answer = answered(passed, head + pieces + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
