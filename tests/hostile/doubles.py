"""The double of every entrance, behind each of its two ways."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from specdouble.double.double import Double, Settings
from specdouble.double.http.protocol import StraightProtocol
from specdouble.double.server import Server

PROJECT = Path(__file__).parent / "project"
SETTINGS = Settings(PROJECT, seed=7, clock="2026-05-01T09:00:00Z")
PATIENCE = 60  # seconds; whatever takes longer hangs


class _HandingOn(StraightProtocol):
    def _may_go_straight(self) -> bool:
        return False


class AsgiServer(Server):
    """Answers nothing on the short way."""

    def protocol(self, idle: int, arrival: float) -> Any:
        """The protocol that leaves all to the application."""
        return partial(_HandingOn, *super().protocol(idle, arrival).args)


@dataclass(frozen=True)
class Running:
    """A server that runs, its double, and who is connected."""

    double: Double
    port: int
    connections: set[Any]

    def answers(self, *packets: bytes) -> bytes:
        """All that is answered to these bytes and the end of the connection."""
        with self._connected() as connection:
            for packet in packets:
                connection.sendall(packet)
            return _ended(connection)

    def answers_in_turn(self, *requests: bytes) -> bytes:
        """All that is answered to requests of one connection, each sent when the one before has been answered."""
        *earlier, last = requests
        told = b""
        with self._connected() as connection:
            for one in earlier:
                connection.sendall(one)
                told += connection.recv(65536)
            connection.sendall(last)
            return told + _ended(connection)

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def _ended(connection: socket.socket) -> bytes:
    """What still comes once the server has been told that no more is asked."""
    connection.shutdown(socket.SHUT_WR)
    return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def running(
    kind: type[Server] = Server, *, settings: Settings = SETTINGS, idle: int = 5, arrival: float = 60
) -> Iterator[Running]:
    """A double while the context lasts: that of every entrance, unless told."""
    server = kind(Double(settings), "127.0.0.1", 0, idle=idle, arrival=arrival)
    with server.running():
        yield Running(server.double, server.address.port, server._server.server_state.connections)


_VARYING = re.compile(rb"(?:date: [^\r]*|connection: close)\r\n")


def comparable(answer: bytes) -> bytes:
    """The answer without what differs from moment to moment."""
    return _VARYING.sub(b"", answer)


def statuses(answer: bytes) -> list[int]:
    """The statuses of the answers, one after the other."""
    return [int(status) for status in re.findall(rb"(?:^|(?<=[\]}\n>\"]))HTTP/1\.1 (\d{3}) ", answer)]


def request(
    method: str = "GET", target: str = "/items", fields: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """The bytes of a request; the fields `Host` and `Content-Length` are added where they are missing."""
    lines = {"Host": "x", **(fields or {})}
    if body:
        lines.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body
