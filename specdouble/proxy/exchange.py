"""A request and an answer that pass the proxy, as far as they are looked at."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property

Fields = list[tuple[bytes, bytes]]

_PARTIAL = 206  # a range of what is coded is not coded by itself
_MEMBER = b"\x1f\x8b"  # how gzip begins
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
        return self._decoded[0]

    @property
    def miscoded(self) -> str:
        """In what way the body is not what its `Content-Encoding` says (RFC 9110, 8.4); empty where it is."""
        return self._decoded[1]

    @cached_property  # nobody asks before the answer has passed, or is known to be too large
    def _decoded(self) -> tuple[bytes | None, str]:
        if not self.content.is_whole:
            return None, ""
        coding = dict(self.answered).get(b"content-encoding", b"").strip().lower()
        body = self.content.body
        if coding in (b"", b"identity") or not body:
            return body, ""
        if coding not in (b"gzip", b"x-gzip", b"deflate") or self.status == _PARTIAL:
            return None, ""
        try:
            return _unzipped(body) if coding != b"deflate" else _inflated(body), ""
        except _Miscoded as error:
            return None, f"`Content-Encoding` says {coding.decode()}, and the body {error}"


class _Miscoded(Exception):
    """A body is not what its coding says; the message goes on from `the body`."""


def _unzipped(body: bytes) -> bytes | None:
    """The members of a body in gzip one after the other (RFC 1952, 2.2); None where they are too large.

    Raises:
        _Miscoded: it is none, or ends before its end.
    """
    content, rest = b"", body
    while True:
        inflating = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            content += inflating.decompress(rest, _LARGEST - len(content))
        except zlib.error:
            raise _Miscoded("is no such thing") from None
        if inflating.unconsumed_tail or len(content) >= _LARGEST:
            return None
        if not inflating.eof:
            raise _Miscoded("ends before its end")
        rest = inflating.unused_data
        if not rest.startswith(_MEMBER):  # what else follows, browsers pass over too
            return content


def _inflated(body: bytes) -> bytes | None:
    """A body in zlib's format, or in the bare one of `deflate`, which many send (RFC 9110, 8.4.1.2).

    Raises:
        _Miscoded: it is neither, or ends before its end.
    """
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        inflating = zlib.decompressobj(window)
        try:
            content = inflating.decompress(body, _LARGEST)
        except zlib.error:
            continue
        if inflating.unconsumed_tail:
            return None
        if inflating.eof:
            return content
        if window == zlib.MAX_WBITS:
            raise _Miscoded("ends before its end")
    raise _Miscoded("is no such thing")
