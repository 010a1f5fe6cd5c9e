"""Which operations a backend does not have yet: what it answers for them is what it answers for any path at all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from secrets import token_hex

from specdouble.contract import Operation
from specdouble.proxy.backend import Backend, Unreachable
from specdouble.proxy.exchange import Exchange

NOT_FOUND, NOT_ALLOWED, NOT_IMPLEMENTED = 404, 405, 501
_METHOD = re.compile(rb"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY|TRACE)\b")
_NONE = b"\0"  # the shape of no answer
_LARGEST = 64 * 1024  # bytes of an answer that says that nothing is there


def may_be_gap(status: int) -> bool:
    """Whether an answer of this status may say that there is no such operation."""
    return status in (NOT_FOUND, NOT_ALLOWED, NOT_IMPLEMENTED)


class Gaps:
    """Tells an operation that is missing from a document that is.

    `501` and an undeclared `405` say it themselves. A `404` says it where it is the very answer that the backend gives
    for a path which nobody has, and the backend has never answered the operation otherwise.

    Args:
        backend: the backend, which is asked once for such a path.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._had: set[str] = set()
        self._nowhere: bytes | None = None

    def has(self, operation: Operation) -> None:
        """Note that the backend has the operation: it has answered it."""
        self._had.add(operation.id)

    async def is_one(self, operation: Operation, exchange: Exchange) -> bool:
        """Whether an answer says that the backend does not have the operation."""
        status = exchange.status
        if operation.id in self._had or exchange.body is None:
            return False
        if status == NOT_IMPLEMENTED:
            return True
        if status == NOT_ALLOWED:
            return str(status) not in operation.statuses
        target = self._backend.target(exchange.path, b"")
        is_gap = _shape(target, exchange.body) == await self._shape_of_nowhere()
        if not is_gap:
            self.has(operation)
        return is_gap

    async def _shape_of_nowhere(self) -> bytes | None:
        """What the backend answers for a path that nobody has, without what names the path."""
        if self._nowhere is None:
            target = self._backend.target(f"/specdouble-{token_hex(8)}", b"")
            headers = self._backend.asked_of([], b"", "http", "")
            try:
                async with self._backend.answer("GET", target, headers, b"") as answer:
                    content = await _beginning(answer.aiter_stream())
            except Unreachable:
                return None
            self._nowhere = _shape(target, content) if answer.status == NOT_FOUND else _NONE
        return self._nowhere


async def _beginning(pieces: AsyncIterator[bytes]) -> bytes:
    """As much of a body as is compared: of what a backend sends without end, no more is read."""
    content = b""
    async for piece in pieces:
        content += piece
        if len(content) >= _LARGEST:
            break
    return content


def _shape(target: bytes, content: bytes) -> bytes:
    """An answer without what is of one request alone: its path and method, times and ids."""
    text = content[:_LARGEST].replace(target, b"{path}")
    text = _METHOD.sub(b"{method}", text)
    return re.sub(rb"[0-9a-f-]{16,}|\d+", b"0", text)
