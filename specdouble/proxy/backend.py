"""The server behind the proxy: requests are handed on to it, and its answers come back as they were sent."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import unquote

import httpcore

from specdouble.outbound import outbound_proxy
from specdouble.proxy.exchange import Fields
from specdouble.url import split_url

# What concerns one connection alone is not handed on (RFC 9110, 7.6.1).
_OF_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te",
     b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings"}
)  # fmt: skip
_READABLE = {b"gzip", b"deflate", b"identity", b""}  # the codings in which an answer can be looked at
_SAFE = ("GET", "HEAD", "OPTIONS")
_CONNECTIONS = 200
_IDLE = 4.0  # seconds: most servers close a connection that is idle for five


class Unreachable(Exception):
    """The backend gives no answer; the message says why.

    Args:
        reason: why.
        status: what a gateway answers for it: 502, or 504 where it took too long (RFC 9110, 15.6).
    """

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


class Backend:
    """A server.

    Args:
        url: its base URL.
        base_path: the path that the contract's own paths begin with; the URL's stands for it, where it has one.
        timeout: seconds to wait for a connection, and between two pieces of an answer.
        verify: whether its certificate must be one that is trusted.
    """

    def __init__(self, url: str, base_path: str, timeout: float, *, verify: bool = True) -> None:
        parts = split_url(url)
        self.url = url.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._scheme, self._host = parts.scheme.encode(), (parts.hostname or "").encode("idna")
        self._port = parts.port
        self._authority = parts.netloc.rpartition("@")[2].encode("idna")
        self._path = parts.path.rstrip("/")
        self._base = base_path if self._path else ""
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        self._context = _context(verify)
        self._pool: httpcore.AsyncConnectionPool | None = None

    def target(self, path: str, query: bytes) -> bytes:
        """The target that it knows a path by, which a client asked the proxy for."""
        inside = path.removeprefix(self._base) if path.startswith(self._base) else path
        return (self._path + inside).encode("latin-1") + (b"?" + query if query else b"")

    @asynccontextmanager
    async def answer(
        self, method: str, target: bytes, headers: Fields, body: AsyncIterable[bytes] | bytes
    ) -> AsyncIterator[httpcore.Response]:
        """Hand a request on, and give the answer, whose body is still to be read.

        Raises:
            Unreachable: there is none.
        """
        url = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target)
        request = httpcore.Request(
            method.encode(), url, headers=headers, content=body, extensions={"timeout": self._timeouts}
        )
        try:
            response = await self._sent(request, can_repeat=method in _SAFE and isinstance(body, bytes))
        except httpcore.TimeoutException as error:
            raise Unreachable(f"{self.origin} does not answer in time ({type(error).__name__})", 504) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise Unreachable(f"{self.origin} gives no answer: {error or type(error).__name__}", 502) from None
        try:
            yield response
        finally:
            await response.aclose()

    async def pieces(self, response: httpcore.Response) -> AsyncIterator[bytes]:
        """The body of an answer as it comes.

        Raises:
            Unreachable: it ends before its end.
        """
        try:
            async for piece in response.aiter_stream():
                yield piece
        except httpcore.TimeoutException:
            raise Unreachable(f"{self.origin} stops in the middle of its answer", 504) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise Unreachable(f"{self.origin} cuts its answer: {error or type(error).__name__}", 502) from None

    async def _sent(self, request: httpcore.Request, can_repeat: bool) -> httpcore.Response:
        if self._pool is None:  # it belongs to the loop that it is made in
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=self._context,
                proxy=_outbound(self.origin),
                max_connections=_CONNECTIONS,
                keepalive_expiry=_IDLE,
            )
        try:
            return await self._pool.handle_async_request(request)
        except httpcore.RemoteProtocolError:
            if not can_repeat:  # the backend may have done what was asked
                raise
            return await self._pool.handle_async_request(request)

    def asked_of(self, headers: Sequence[tuple[bytes, bytes]], host: bytes, scheme: str, client: str) -> Fields:
        """The header fields of a request as they are handed on.

        Args:
            headers: as they came, names in lower case.
            host: how the client calls the proxy.
            scheme: by which it came.
            client: the address that it came from.
        """
        dropped = _OF_CONNECTION | _named_by_connection(headers) | {b"host", b"accept-encoding"}
        handed = [(name, value) for name, value in headers if name not in dropped]
        accepted = _readable(dict(headers).get(b"accept-encoding", b""))
        if dict(headers).get(b"transfer-encoding", b"").lower() == b"chunked":
            handed.append((b"transfer-encoding", b"chunked"))
        return [
            (b"host", self._authority),
            *handed,
            (b"accept-encoding", accepted),
            (b"via", b"1.1 specdouble"),
            (b"x-forwarded-for", client.encode()),
            (b"x-forwarded-host", host),
            (b"x-forwarded-proto", scheme.encode()),
        ]

    def answered(self, headers: Sequence[tuple[bytes, bytes]], host: bytes, scheme: str) -> Fields:
        """The header fields of an answer as they are handed back: a `Location` on the backend leads to the proxy."""
        dropped = _OF_CONNECTION | _named_by_connection(headers)
        own, ours = self.origin.encode(), f"{scheme}://".encode() + host
        handed = []
        for name, value in ((name.lower(), value) for name, value in headers):
            if name in dropped:
                continue
            is_own = name in (b"location", b"content-location") and value[: len(own)] == own
            handed.append((name, ours + value[len(own) :] if is_own else value))
        return handed

    async def close(self) -> None:
        """End its connections."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None


def _outbound(origin: str) -> httpcore.Proxy | None:
    named = outbound_proxy(origin)
    if named is None:
        return None
    parts = split_url(named)
    user, _, password = (unquote(part) for part in parts.netloc.rpartition("@")[0].partition(":"))
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return httpcore.Proxy(address, auth=(user, password) if user else None)


def _context(verify: bool) -> ssl.SSLContext:
    context = httpcore.default_ssl_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _named_by_connection(headers: Sequence[tuple[bytes, bytes]]) -> set[bytes]:
    """The fields that `Connection` says are of this connection alone."""
    named = b",".join(value for name, value in headers if name.lower() == b"connection")
    return {one.strip().lower() for one in named.split(b",")}


def _readable(accepted: bytes) -> bytes:
    """The codings that the client takes and the proxy can look into."""
    offered = [one.strip() for one in accepted.split(b",")]
    return b", ".join(one for one in offered if one.partition(b";")[0].strip() in _READABLE) or b"identity"
