"""An agent's messages, of which the SDK drops in silence what it cannot read: that is answered with the reason."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

_REMEDY = "write half a surrogate pair as U+FFFD, nest less deep, and send one JSON-RPC message a line"


async def serve(server: MCPServer) -> None:
    """Serve on standard input and output."""
    async with stdio_server() as (read, write):
        inner = server._lowlevel_server
        await inner.run(_Readable(read, write), write, inner.create_initialization_options())


class _Readable:
    """The stream of messages without those that cannot be read, which are answered.

    Args:
        read: the messages, and an exception for each that is none.
        write: takes the answers.
    """

    def __init__(self, read: Any, write: Any) -> None:
        self._read, self._write = read, write

    @property
    def last_context(self) -> Any:
        """The context of the message that was read last."""
        return self._read.last_context

    async def receive(self) -> SessionMessage:
        """The next message."""
        return await self._readable(self._read.receive)

    async def aclose(self) -> None:
        """Read no more."""
        await self._read.aclose()

    def __aiter__(self) -> _Readable:
        return self

    async def __anext__(self) -> SessionMessage:
        return await self._readable(self._read.__anext__)

    async def __aenter__(self) -> _Readable:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def _readable(self, next_one: Callable[[], Awaitable[SessionMessage | Exception]]) -> SessionMessage:
        while isinstance(item := await next_one(), Exception):
            await self._write.send(SessionMessage(_refusal(item)))
        return item


def _refusal(error: Exception) -> JSONRPCError:
    """What the sender of a line is told that could not be read."""
    first: Any = error.errors()[0] if hasattr(error, "errors") else {}  # of pydantic's
    code = PARSE_ERROR if first.get("type") == "json_invalid" else INVALID_REQUEST
    message = f"the message cannot be read: {first.get('msg', error)}\n    remedy: {_REMEDY}"
    return JSONRPCError(jsonrpc="2.0", id=_id(first.get("input")), error=ErrorData(code=code, message=message))


def _id(sent: object) -> str | int | None:
    """The id of a message: of a line as it was sent too, which is read less strictly here."""
    try:
        read = json.loads(sent) if isinstance(sent, str) else sent
        given = read.get("id") if isinstance(read, dict) else None
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(given, str | int) and not isinstance(given, bool) and str(given).isprintable()
    return given if is_one else None
