"""HTTP/1.1 as uvicorn speaks it, an answer's head and body in one packet."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_STATUS_LINE = b"HTTP/1.1 "
_WORTH_A_COPY = 65536


class OneWriteProtocol(HttpToolsProtocol):
    """Uvicorn's protocol over a transport that joins what is written in one turn of the loop.

    Uvicorn writes head and body one after the other: two system calls, two packets, and a client that wakes twice.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection."""
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]


class JoiningTransport:
    """A transport that holds the head of an answer until its body comes, or until the loop turns.

    Args:
        transport: what is written to.
        loop: the loop that serves it.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        """Write, or hold the head that the data begins with."""
        held = self._held
        if held:
            self._held = b""
            if len(data) < _WORTH_A_COPY:
                data = held + data
            else:
                self._transport.write(held)
        elif data.startswith(_STATUS_LINE):
            self._held = data
            self._loop.call_soon(self.flush)  # a body that comes later must not keep the head
            return
        self._transport.write(data)

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        """Close, once everything is written."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
