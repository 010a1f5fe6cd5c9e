"""The transport: connections on which no answer takes longer, and none is larger, than was agreed."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.client import HTTPException
from threading import Condition, Thread
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from specdouble.outbound import outbound_proxy

LARGEST = 32 * 2**20  # bytes of a body, after it was unpacked
CHUNK = 64 * 1024
LONGEST = 60.0  # seconds, where nobody said how long
SWEEP = 0.25  # seconds between two looks at the clock
PAUSES = (0.5, 1, 2)  # seconds before a dropped request is sent again


class UnfitAnswer(urllib3.exceptions.HTTPError):
    """An answer that is not read to its end; the message says why."""


class Watch:
    """Cuts connections on which something takes too long: a socket's timeout starts anew with each byte."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[float, _Watched]] = {}
        self._changed = Condition()
        self._running = False

    @contextlib.contextmanager
    def over(self, connection: _Watched, seconds: float, late: str) -> Iterator[None]:
        """Cut the connection after so long.

        Raises:
            UnfitAnswer: it was cut; the message is `late`.
        """
        one = object()  # not the connection: another may have it before this is left
        with self._changed:
            self._open[one] = (time.monotonic() + seconds, connection)
            if not self._running:
                self._running = True
                Thread(target=self._sweep, name="specdouble-watch", daemon=True).start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                cut = self._open.pop(one, None) is None
            if cut:
                raise UnfitAnswer(late) from None

    def _sweep(self) -> None:
        while True:
            with self._changed:
                if not self._open:
                    self._changed.wait()
                now = time.monotonic()
                late = [key for key, (moment, _) in self._open.items() if moment < now]
                for key in late:
                    _, connection = self._open.pop(key)
                    _shut(connection.answering)
            time.sleep(SWEEP)


def _shut(socket: Any) -> None:
    if socket is not None:
        with contextlib.suppress(OSError):  # it is closed already
            socket.shutdown(2)


_watch = Watch()


class _Watched:
    """A connection whose answer has begun in time, or it is cut.

    `answering` is the socket that the last answer comes by: the connection lets go of one that ends with the body.
    """

    timeout: Any
    sock: Any
    answering: Any = None

    def getresponse(self) -> Any:
        """The head of the answer.

        Raises:
            UnfitAnswer: it was not whole in time.
        """
        seconds = self.timeout if isinstance(self.timeout, int | float) else LONGEST
        answer: Any = None
        self.answering = self.sock
        try:
            with _watch.over(self, seconds, f"the server did not answer in time ({seconds:.3g} s)"):
                answer = super().getresponse()  # type: ignore[misc]
        except UnfitAnswer:
            if answer is not None:  # its head came in the moment of the cut, and it holds the socket
                answer.close()
            raise
        return answer


class _Connection(_Watched, HTTPConnection):
    pass


class _SecureConnection(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


AT_ONCE = HTTPConnection.default_socket_options  # to a proxy urllib3 waits, for 40 ms before each body
POOLS = {"http": _Pool, "https": _SecurePool}


def pool_manager(url: str, seconds: float) -> urllib3.PoolManager:
    """Pools of such connections to a server, by the proxy that the environment names for it.

    Args:
        url: the server's.
        seconds: how long an answer may take.
    """
    patience = urllib3.Timeout(connect=min(seconds, 5), read=seconds)
    proxy = outbound_proxy(url)
    if proxy is None:
        pools = urllib3.PoolManager(maxsize=32, retries=False, timeout=patience)
    else:
        headers = requests.adapters.HTTPAdapter().proxy_headers(proxy)
        pools = urllib3.ProxyManager(
            proxy, proxy_headers=headers, maxsize=32, retries=False, timeout=patience, socket_options=AT_ONCE
        )
    pools.pool_classes_by_scheme = POOLS
    return pools


def read(answer: Any, seconds: float) -> bytes:
    """The whole body of an answer.

    Args:
        answer: urllib3's, its body not read yet.
        seconds: how long it may take.

    Raises:
        UnfitAnswer: it is too large, or takes too long.
    """
    late = f"the answer was not whole after {seconds:.3g} s"
    connection = answer.connection
    try:
        if connection is None:  # nothing more is to come
            return _body(answer, seconds, late)
        with _watch.over(connection, seconds, late):
            return _body(answer, seconds, late)
    except UnfitAnswer:
        answer.close()
        raise


def _body(answer: Any, seconds: float, late: str) -> bytes:
    parts: list[bytes] = []
    ends, size = time.monotonic() + seconds, 0
    while True:
        part = answer.read1(CHUNK, decode_content=True)
        size += len(part)
        if size > LARGEST:
            raise UnfitAnswer(f"the answer is larger than {LARGEST // 2**20} MiB")
        if not part:
            return b"".join(parts)
        parts.append(part)
        if time.monotonic() > ends:
            raise UnfitAnswer(late)


class BoundedAdapter(requests.adapters.HTTPAdapter):
    """Requests' own, with the bounds of this module; for what Schemathesis sends.

    Args:
        patience: tells how many seconds an answer may take by now.
        dropped: is told of each request that is sent again: the server may have done it, and not answered.
    """

    def __init__(self, patience: Callable[[], float], dropped: Callable[[], None]) -> None:
        self._patience, self._dropped = patience, dropped
        self._proxy = cache(outbound_proxy)  # by server: the environment stays as it is
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> Any:
        """Make the pools."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        """Make the pools that reach a server by a proxy."""
        pools = super().proxy_manager_for(proxy, socket_options=AT_ONCE, **options)
        pools.pool_classes_by_scheme = POOLS
        return pools

    def send(self, request: object, *arguments: Any, **options: Any) -> Any:
        """Send a request and read its answer; again where the connection is dropped.

        Raises:
            requests.ConnectionError: the answer is not fit to be read.
        """
        timeout = options.get("timeout")
        agreed = (timeout[1] if isinstance(timeout, tuple) else timeout) or LONGEST
        for pause in PAUSES:
            try:
                return self._answer(request, min(agreed, self._patience()), *arguments, **options)
            except requests.exceptions.Timeout:
                raise
            except requests.exceptions.ConnectionError as error:
                if isinstance(error.__context__, UnfitAnswer):
                    raise
            self._dropped()
            time.sleep(min(pause, self._patience()))
        return self._answer(request, min(agreed, self._patience()), *arguments, **options)

    def _answer(self, request: Any, seconds: float, *arguments: Any, **options: Any) -> Any:
        try:
            # Its own choice of a proxy would be another one than that of all other requests.
            proxy = self._proxy(urljoin(request.url, "/"))
            ours = {"stream": True, "timeout": seconds, "proxies": {"all": proxy} if proxy else {}}
            response: Any = super().send(request, *arguments, **options | ours)
            response._content = read(response.raw, seconds)
            response._content_consumed = True
        except (urllib3.exceptions.HTTPError, HTTPException) as error:
            raise requests.exceptions.ConnectionError(reason(error), request=request) from None
        return response


@contextlib.contextmanager
def bounded_sessions(patience: Callable[[], float], dropped: Callable[[], None]) -> Iterator[None]:
    """Sessions of Requests that are made meanwhile have the bounds: Schemathesis makes its own, and takes none.

    Nor do they look for a proxy, which the adapter knows, and for a password in the user's `.netrc`, which would stand
    in for the credentials of who asks, anew for each request.

    Args:
        patience: tells how many seconds an answer may take by now.
        dropped: is told of each request that is sent again.
    """
    module: Any = requests.sessions
    ours = {
        "HTTPAdapter": partial(BoundedAdapter, patience, dropped),
        "get_environ_proxies": lambda *_arguments, **_options: {},
        "get_netrc_auth": lambda *_arguments, **_options: None,
    }
    plain = {name: getattr(module, name) for name in ours}
    vars(module).update(ours)
    try:
        yield
    finally:
        vars(module).update(plain)


def reason(error: BaseException) -> str:
    """What stood in the way of an answer, as a clause."""
    if isinstance(error, UnfitAnswer):
        return str(error)
    for kind, told in _KINDS.items():
        if isinstance(error, kind):
            return told or _unconnected(error)
    for text, told in _HEADS.items():
        if text in str(error):
            return told
    return "the connection was dropped"


# The narrower before the wider: what was not connected counts with urllib3 as not connected in time.
_KINDS: dict[type[Exception], str] = {
    urllib3.exceptions.ReadTimeoutError: "the server did not answer in time",
    urllib3.exceptions.NameResolutionError: "the server's name is not known",
    urllib3.exceptions.NewConnectionError: "",  # the system's own error tells
    urllib3.exceptions.ConnectTimeoutError: "the connection was not made in time",
    urllib3.exceptions.SSLError: "the server's certificate is not trusted",
    urllib3.exceptions.DecodeError: "the answer is not packed as its Content-Encoding says",
}
_HEADS = {
    "got more than": "the answer has more header fields than are read (100)",
    "LineTooLong": "the answer has a header line that is longer than is read (64 KiB)",
    "when reading header line": "the answer has a header line that is longer than is read (64 KiB)",
    "BadStatusLine": "what answers does not speak HTTP",
    "IncompleteRead": "the connection was dropped before the answer was whole",
}


def _unconnected(error: BaseException) -> str:
    """Why no connection was made, by the system's own error."""
    cause: BaseException | None = error
    while cause is not None:
        number = getattr(cause, "errno", None)
        if number == errno.ECONNREFUSED:
            return "the connection was refused"
        if number in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            return "there is no way to its address"
        cause = cause.__cause__ or cause.__context__
    return "the connection was refused" if "refused" in str(error) else "no connection could be made"
