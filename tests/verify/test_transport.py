"""An answer takes no longer than was agreed, however its bytes come."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
import requests
import urllib3

from specdouble.verify.transport import POOLS, UnfitAnswer, bounded_sessions, read

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Answer = Callable[[socket.socket], None]


SOCKET = 20  # seconds that a socket waits for a byte


def _stalls_in_its_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n[1")


def _stalls_in_a_body_that_ends_with_the_connection(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n[1")


def _drips(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [_stalls_in_its_body, _stalls_in_a_body_that_ends_with_the_connection, _drips])
def test_a_body_that_does_not_come_to_its_end_is_cut(answer: Answer) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    pool = urllib3.PoolManager(retries=False, timeout=SOCKET)
    pool.pool_classes_by_scheme = POOLS

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                answer(connection)
                connection.recv(1)  # until the client has had enough
            except OSError:
                pass

    thread = Thread(target=serve)
    thread.start()
    with listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        begun = pool.request("GET", url, preload_content=False)
        asked = time.monotonic()
        with pytest.raises(UnfitAnswer, match="was not whole after"):
            read(begun, 0.2)
        assert time.monotonic() - asked < SOCKET / 2, "the socket's own time ended it"
        thread.join()


def test_no_password_of_the_machine_stands_in_for_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    asked = requests.Request("GET", "http://api.of-nobody.test", headers={"Authorization": "Bearer ada"})
    with bounded_sessions(lambda: 1, lambda: None):
        sent = requests.Session().prepare_request(asked)
    assert sent.headers["Authorization"] == "Bearer ada"
