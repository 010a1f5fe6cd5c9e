"""A request and an answer that pass the proxy, as far as they are looked at."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

Fields = list[tuple[bytes, bytes]]

_LARGEST = 16 * 1024 * 1024  # bytes of a body that was compressed: a small one may become very large


class Copy:
    """What is kept of a body that passes: all of it, or nothing once it is larger than is looked at.

    Args:
        limit: the most bytes that are kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Keep a further piece."""
        self.size += len(piece)
        if self.is_whole:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    @property
    def is_whole(self) -> bool:
        """Whether all that has passed is kept."""
        return self.size <= self._limit

    @property
    def body(self) -> bytes:
        """What is kept."""
        return b"".join(self._pieces)


@dataclass
class Exchange:
    """A request that was handed on, and its answer.

    Args:
        method: in upper case.
        path: as it was sent.
        query: the query string.
        headers: the request's, names in lower case.
        started: when it came, in seconds since the epoch.
        sent: its body.
        status: of the answer; 0 until there is one.
        answered: the answer's header fields.
        content: its body.
        seconds: until the answer was there.
    """

    method: str
    path: str
    query: bytes
    headers: Fields
    started: float
    sent: Copy
    content: Copy
    status: int = 0
    answered: Fields = field(default_factory=list)
    seconds: float = 0

    @property
    def target(self) -> str:
        """Its path and query."""
        return self.path + (f"?{self.query.decode('latin-1')}" if self.query else "")

    @property
    def is_success(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    def field(self, name: bytes) -> str:
        """A header field of the request; empty where it has none of that name."""
        return dict(self.headers).get(name, b"").decode("latin-1")

    @property
    def body(self) -> bytes | None:
        """The answer's body without its content coding; None where it cannot be looked at."""
        if not self.content.is_whole:
            return None
        coding = dict(self.answered).get(b"content-encoding", b"").strip().lower()
        if coding in (b"", b"identity"):
            return self.content.body
        if coding not in (b"gzip", b"x-gzip", b"deflate"):
            return None
        return _inflated(self.content.body, coding)


def _inflated(body: bytes, coding: bytes) -> bytes | None:
    """The body of an answer that is compressed by gzip, or by zlib's format or the bare one of `deflate`."""
    windows = (16 + zlib.MAX_WBITS,) if coding != b"deflate" else (zlib.MAX_WBITS, -zlib.MAX_WBITS)
    for window in windows:
        inflating = zlib.decompressobj(window)
        try:
            content = inflating.decompress(body, _LARGEST)
        except zlib.error:
            continue
        return None if inflating.unconsumed_tail else content
    return None
