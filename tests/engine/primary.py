"""Stands between a double and an engine, and answers as a member of a replica set that is its primary no more."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from typing import Any

import bson

_WRITES = {"insert", "update", "delete", "findAndModify"}
_READS = {"find", "aggregate", "count", "distinct"}
_MESSAGE = 2013  # the code of OP_MSG
HEADER = struct.Struct("<iiii")  # length, number, number of what is answered, code
DOCUMENT = HEADER.size + 5  # where the command begins, after the flags and the kind of its section
NOT_PRIMARY = {"ok": 0.0, "code": 10107, "codeName": "NotWritablePrimary", "errmsg": "not primary"}
NOT_SECONDARY = {"ok": 0.0, "code": 13435, "codeName": "NotPrimaryNoSecondaryOk", "errmsg": "not primary"}
INTERRUPTED = {"ok": 0.0, "code": 11602, "codeName": "InterruptedDueToReplStateChange", "errmsg": "stepped down"}


class Primary(socketserver.ThreadingTCPServer):
    """A server of MongoDB's protocol before another one.

    Args:
        port: where the engine listens, on this machine.

    Attributes:
        is_primary: whether it takes commands; else it refuses them.
        forgotten: so many of the next writes are done, and then told to have been interrupted.
        only: the command and the collection of those writes; None where they are those of any.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.behind = ("127.0.0.1", port)
        self.is_primary = True
        self.forgotten = 0
        self.only: tuple[str, str] | None = None
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mongodb://127.0.0.1:{self.server_address[1]}"

    def answer(self, message: bytes, behind: socket.socket) -> bytes:
        """The answer to a message."""
        asked = next(iter(command_of(message).items()), ("", ""))
        command = asked[0]
        if not self.is_primary and command in _WRITES | _READS:
            return refused(message, NOT_PRIMARY if command in _WRITES else NOT_SECONDARY)
        behind.sendall(message)
        answer = received(behind)
        is_forgotten = command in _WRITES and self.only in (None, asked) and self._is_forgotten()
        return refused(message, INTERRUPTED) if is_forgotten else answer

    def _is_forgotten(self) -> bool:
        with self._guard:
            self.forgotten -= 1
            return self.forgotten >= 0


class _Connection(socketserver.BaseRequestHandler):
    server: Primary

    def handle(self) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self.server.behind) as behind:
            while message := received(self.request):
                self.request.sendall(self.server.answer(message, behind))


def received(connection: socket.socket) -> bytes:
    """The next message; nothing where the connection has ended."""
    head = connection.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        return b""
    return head + connection.recv(struct.unpack("<i", head)[0] - 4, socket.MSG_WAITALL)


def command_of(message: bytes) -> dict[str, Any]:
    """What is asked for; nothing where it is asked in the old way, as the first `hello` is."""
    if HEADER.unpack_from(message)[3] != _MESSAGE:
        return {}
    (length,) = struct.unpack_from("<i", message, DOCUMENT)
    return bson.decode(message[DOCUMENT : DOCUMENT + length])


def refused(message: bytes, document: dict[str, Any]) -> bytes:
    """An answer that the engine has not given."""
    body = struct.pack("<ib", 0, 0) + bson.encode(document)
    return HEADER.pack(HEADER.size + len(body), 0, HEADER.unpack_from(message)[1], _MESSAGE) + body


@contextlib.contextmanager
def serving(server: Primary) -> Iterator[None]:
    """It serves while the context lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def before(engine: str) -> Iterator[Primary]:
    """One before the engine at this URL, while the context lasts."""
    with Primary(int(engine.rpartition(":")[2])) as primary, serving(primary):
        yield primary
