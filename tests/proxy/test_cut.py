"""What a backend cuts is cut for the client too, and told as the backend's fault."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

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
