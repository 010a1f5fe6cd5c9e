"""Answers that end early, or are not what they say, are told as the backend's fault; who has gone, nobody waits for."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.proxy.gateway import Policy
from specdouble.proxy.proxy import Proxy
from tests.proxy.test_proxy import CONTRACT, LIMIT, Passed

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CUT = {"length": HEAD + b"Content-Length: 500\r\n\r\n[]", "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1"}


@pytest.fixture
def cutting(request: pytest.FixtureRequest) -> Iterator[str]:
    """A backend that sends these bytes, once, and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(request.param)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(5)
    listener.close()


@pytest.mark.parametrize("cutting", CUT.values(), ids=CUT, indirect=True)
def test_an_answer_that_the_backend_cuts_is_cut_and_told(cutting: str) -> None:
    double = Double(Settings(CONTRACT, takes_foreign=True, body_limit=LIMIT))
    proxy = Proxy(double, cutting, Policy(limit=LIMIT), None)
    with proxy.server("127.0.0.1", 0).running() as address, httpx.Client(base_url=address) as client:
        passed = Passed(client, proxy, None, cutting)  # type: ignore[arg-type]
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/orders")
        assert "cuts its answer" in passed.told[0]


# What says that it is compressed


@contextmanager
def before(url: str) -> Iterator[Passed]:
    """A proxy in front of a server."""
    double = Double(Settings(CONTRACT, takes_foreign=True, body_limit=LIMIT))
    proxy = Proxy(double, url, Policy(limit=LIMIT), None)
    with proxy.server("127.0.0.1", 0).running() as address, httpx.Client(base_url=address) as client:
        yield Passed(client, proxy, None, url)  # type: ignore[arg-type]


def coded(coding: str, body: bytes) -> bytes:
    head = HEAD + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return head + body


ORDERS = b"[" + b" " * 5000 + b"]"
ZIPPED = gzip.compress(ORDERS)
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
LIES = {
    "plain": (coded("gzip", ORDERS), "`Content-Encoding` says gzip, and the body is no such thing"),
    "cut": (coded("gzip", ZIPPED[:-12]), "`Content-Encoding` says gzip, and the body ends before its end"),
    "wrong checksum": (coded("gzip", ZIPPED[:-8] + b"\0" * 8), "the body is no such thing"),
    "second member cut": (coded("x-gzip", ZIPPED + ZIPPED[:-12]), "ends before its end"),
    "plain deflate": (coded("deflate", ORDERS), "says deflate, and the body is no such thing"),
    "cut deflate": (coded("deflate", zlib.compress(ORDERS)[:-6]), "says deflate, and the body ends before its end"),
}
TRUE = {
    "gzip": coded("gzip", ZIPPED),
    "members": coded("gzip", gzip.compress(ORDERS[:100]) + gzip.compress(ORDERS[100:])),
    "what follows": coded("gzip", ZIPPED + b"\0" * 10),
    "zlib": coded("deflate", zlib.compress(ORDERS)),
    "bare deflate": coded("deflate", BARE.compress(ORDERS) + BARE.flush()),
    "another coding": coded("br", b"[]"),
}


def whole(passed: Passed) -> bytes:
    """The answer as it came, still coded."""
    with passed.client.stream("GET", "/orders") as answer:
        return b"".join(answer.iter_raw())


@pytest.mark.parametrize(("cutting", "said"), LIES.values(), ids=LIES, indirect=["cutting"])
def test_a_body_that_is_not_coded_as_it_says_is_told_and_handed_on_as_it_is(cutting: str, said: str) -> None:
    with before(cutting) as passed:
        assert whole(passed)
        assert said in passed.told[0]


@pytest.mark.parametrize("cutting", TRUE.values(), ids=TRUE, indirect=True)
def test_nothing_is_told_of_a_body_that_is_coded_as_it_says(cutting: str) -> None:
    with before(cutting) as passed:
        assert whole(passed)
        assert passed.told == []


# Clients that go


@pytest.mark.parametrize("begins", [True, False], ids=["in the middle of the answer", "before it begins"])
def test_a_backend_is_left_alone_once_the_client_has_gone(begins: bool, caplog: pytest.LogCaptureFixture) -> None:
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            connection.settimeout(20)
            with connection:
                connection.recv(65536)
                if begins:
                    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n")
                if not connection.recv(1):
                    left.set()

        threading.Thread(target=answer, daemon=True).start()
        with caplog.at_level(logging.WARNING), before(f"http://127.0.0.1:{listener.getsockname()[1]}") as passed:
            with pytest.raises(httpx.TimeoutException):
                passed.client.get("/orders", timeout=0.5)
            assert left.wait(10)
            time.sleep(0.1)
            assert passed.proxy.tally.exchanges == 0
        assert not caplog.records
