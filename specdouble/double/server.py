"""Serves a double with uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from specdouble.contract import Contract
from specdouble.double.assembly import assembled
from specdouble.double.deadline import Deadline
from specdouble.double.double import Double, Settings
from specdouble.double.http.asgi import ASGIApp, Receive, Scope, Send
from specdouble.double.http.operations import Operations
from specdouble.double.http.protocol import Heads, Limits, StraightProtocol
from specdouble.double.http.streaming_protocol import StreamingProtocol
from specdouble.double.request_log import RequestLog
from specdouble.double.state.cancellation import is_cancelled
from specdouble.double.state.streams import Streams
from specdouble.url import split_url

DEFAULT_PORT = 4010
IDLE, ARRIVAL = 5, 60  # seconds
GRACE = 10.0
_LOCAL = {"localhost", "127.0.0.1", "::1", "[::1]"}


Told = Callable[[list[str], Exception | None], None]
_log = logging.getLogger("specdouble")


class PortTakenError(Exception):
    """Another process listens on the port."""


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Its base URL, for a client on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def default_port(contract: Contract) -> int:
    """The port of the contract's own server on localhost, if it names one, else 4010."""
    for server in contract.data.get("servers") or ():
        parts = split_url(str(server.get("url", "")))
        if parts.hostname in _LOCAL and parts.port:
            return parts.port
    return DEFAULT_PORT


def listen(host: str, port: int) -> tuple[socket.socket, Address]:
    """A socket that listens on the port; port 0 takes a free one.

    Raises:
        PortTakenError: another process listens there.
        OSError: the host is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno in (48, 98, 10048):
            raise PortTakenError(f"port {port} on {host} is taken") from None
        raise
    listener.listen(2048)
    return listener, Address(host, listener.getsockname()[1])


def freeze() -> None:
    """What lives as long as the process need not be looked at by every garbage collection, nor every request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


class Front:
    """What uvicorn asks: the application of a double as it is now, and the protocol that knows a shorter way.

    Args:
        double: what answers.
        around: puts another application before the double's, which answers all requests; bodies are its own to bound.
    """

    def __init__(self, double: Double, around: Callable[[ASGIApp], ASGIApp] | None = None) -> None:
        self.double = double
        self._around = around
        self._operations: Operations
        self._app: ASGIApp
        self._adopt()

    def answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request, as the double is now."""
        return self._app(scope, receive, send)

    def protocol(self, idle: int, arrival: float) -> Any:
        """What makes the protocol of a connection.

        Args:
            idle: seconds after which a connection is closed that asks nothing.
            arrival: seconds in which a request must be there as a whole.
        """
        if self._around is not None:
            return functools.partial(StreamingProtocol, Limits(idle=idle, arrival=arrival))
        limits = Limits(body=self.double.settings.body_limit, idle=idle, arrival=arrival)
        return functools.partial(StraightProtocol, lambda: self._operations, Heads(), limits)

    def reload(self) -> None:
        """Read everything anew and answer by it; the documents stay.

        Raises:
            Refused: what was read is wrong; the old goes on serving.
        """
        self.double.reload()
        self._adopt()

    def _adopt(self) -> None:
        """Have the double as it is now answer."""
        self._operations = assembled(self.double)
        self._app = self._operations if self._around is None else self._around(self._operations)


def uvicorn_options(idle: int, grace: float) -> dict[str, Any]:
    """How uvicorn is set wherever it serves a double.

    Args:
        idle: seconds after which a connection is closed that asks nothing.
        grace: seconds for waiting requests to finish, once it is asked to end.
    """
    return {
        "interface": "asgi3",
        "ws": "none",
        "timeout_keep_alive": idle,
        "lifespan": "off",
        "access_log": False,
        "log_level": "warning",
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": int(grace) + 5,  # for tasks that do not let themselves be cut
    }


class Server(Front):
    """A double behind a socket.

    Args:
        double: what answers.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        idle: seconds after which a connection is closed that asks nothing.
        arrival: seconds in which a request must be there as a whole.
        grace: seconds for waiting requests to finish, once it is asked to end.
        listening: a socket that listens already, from `listen`, and its address; then host and port are its own.
        around: puts another application before the double's, which answers all requests; bodies are its own to bound.

    Raises:
        PortTakenError: another process listens there.
    """

    def __init__(
        self,
        double: Double,
        host: str,
        port: int,
        *,
        idle: int = IDLE,
        arrival: float = ARRIVAL,
        grace: float = GRACE,
        listening: tuple[socket.socket, Address] | None = None,
        around: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        self.listener, self.address = listening or listen(host, port)
        super().__init__(double, around)
        options = uvicorn_options(idle, grace) | {"lifespan": "off" if around is None else "on"}
        http = self.protocol(idle, arrival)
        config = uvicorn.Config(self.answer, http=http, date_header=around is None, **options)
        self._server = _Uvicorn(config, grace, double.streams)

    def run(
        self, watch: Told | None = None, log: RequestLog | None = None, *, begun: Callable[[], None] = lambda: None
    ) -> None:
        """Serve until Ctrl-C.

        Args:
            watch: serve changed files anew, and be told of them and of what is wrong with them.
            log: writes each exchange.
            begun: is called as soon as requests are answered, and signals too: nobody ends it before knowing where
                it is.
        """
        self._server.begun = begun
        freeze()
        with contextlib.suppress(KeyboardInterrupt):
            _run(self._serve(watch, log))
        self._operations.close()
        self._server.has_ended()
        self.double.close()

    def end(self, *, at_once: bool = False) -> None:
        """Have `run` end; any thread may ask for it.

        Args:
            at_once: what is under way is cut, and not waited for.
        """
        self._server.end(at_once=at_once)

    async def _serve(self, watch: Told | None = None, log: RequestLog | None = None) -> None:
        beside = [asyncio.create_task(one) for one in self._watches(watch)] if watch else []
        if log:
            beside.append(asyncio.create_task(log.follow()))
        try:
            async with self.double.awaited():
                await self._server.serve([self.listener])
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def _watches(self, tell: Told) -> Iterator[Coroutine[object, object, None]]:
        """What follows the project's folder, and each other one that an overlay lies in."""
        project = self.double.settings.project.resolve()
        yield self._watch(project, functools.partial(_is_source, project), tell)
        overlays = {file.resolve() for file in self.double.settings.overlays or self.double.contract.overlays}
        for folder in {file.parent for file in overlays if not file.is_relative_to(project)}:
            yield self._watch(folder, lambda _change, file: Path(file) in overlays, tell, recursive=False)

    async def _watch(
        self, folder: Path, is_source: Callable[[object, str], bool], tell: Told, *, recursive: bool = True
    ) -> None:
        from watchfiles import awatch

        quick: Any = {"debounce": 100, "step": 50, "raise_interrupt": False}
        while True:
            try:
                async for changes in awatch(folder, watch_filter=is_source, recursive=recursive, **quick):
                    await self._follow(sorted({_within(folder, file) for _, file in changes}), tell)
            except Exception as error:  # the folder is away for a moment: it is looked for again
                tell([str(folder)], error)
                await asyncio.sleep(1)

    async def _follow(self, files: list[str], tell: Told) -> None:
        """Serve what is in the files now; whatever is wrong with them, the old serves on, and they are watched."""
        try:
            self.reload()
        except BaseException as error:
            if is_cancelled(error):
                raise
            tell(files, error if isinstance(error, Exception) else RuntimeError(f"a module ends the process: {error}"))
        else:
            tell(files, None)

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Serve from a thread of its own, and give the base URL."""
        thread = threading.Thread(target=lambda: _run(self._serve()), daemon=True)
        thread.start()
        try:
            yield self.address.url
        finally:
            self._server.should_exit = True
            thread.join(timeout=10)
            self.double.close()


def _run(serving: Any) -> None:
    try:
        import uvloop
    except ImportError:  # Windows has none
        asyncio.run(serving)
    else:
        uvloop.run(serving)


class _Uvicorn(uvicorn.Server):
    """Uvicorn that lets waiting requests finish, and says which it has cut.

    The first signal asks for the end; a second one, for those that still wait to be cut at once.

    Args:
        config: uvicorn's own settings.
        grace: seconds for requests that are under way when the end is asked for.
        streams: the answers that go on for ever; they end first.
    """

    def __init__(self, config: uvicorn.Config, grace: float, streams: Streams) -> None:
        super().__init__(config)
        self.begun: Callable[[], None] = lambda: None
        self._deadline = Deadline(grace)
        self._streams = streams
        self._signals = 0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear signals until `has_ended`: a second one may come at any moment of the end."""
        if threading.current_thread() is threading.main_thread():
            self._deadline.watch()
            for one in HANDLED_SIGNALS:
                signal.signal(one, self.handle_exit)
        yield

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        """End; at the second signal, at once."""
        self._signals += 1
        self.end(at_once=self._signals > 1)

    def end(self, *, at_once: bool) -> None:
        """End, and wait for nothing where that is to be at once."""
        self.should_exit = True
        self._deadline.ask(at_once=at_once)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell of it: by now a signal ends it as it should, and before it would cut it off."""
        await super().startup(sockets)
        if not self.should_exit:
            self.begun()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, wait, cut what takes longer, and end without a signal of our own."""
        await self._streams.end()
        under_way = self._under_way()
        if under_way:
            _log.warning("ending: waiting up to %g s for %s", self._deadline.grace, "; ".join(under_way))
        cutting = asyncio.create_task(self._cut())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    def has_ended(self) -> None:
        """Nothing is waited for any more, and no signal breaks off what is still to be written."""
        self._deadline.met()
        if threading.current_thread() is threading.main_thread():
            for one in HANDLED_SIGNALS:
                signal.signal(one, signal.SIG_IGN)

    async def _cut(self) -> None:
        waited = await self._deadline.passed()
        cut = self._under_way()
        if cut:
            _log.warning("cut %s: %s", waited, "; ".join(cut))
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it tells of each as of a failure
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.close()
        for task in list(self.server_state.tasks):
            task.cancel()

    def _under_way(self) -> list[str]:
        """Method and path of each request that is still to be answered."""
        cycles = [getattr(connection, "cycle", None) for connection in list(self.server_state.connections)]
        return [
            f"{cycle.scope['method']} {cycle.scope['path']}"
            for cycle in cycles
            if cycle is not None and not cycle.response_complete
        ]


def _within(project: Path, file: str) -> str:
    path = Path(file)
    return str(path.relative_to(project)) if path.is_relative_to(project) else file


def _is_source(project: Path, _change: object, file: str) -> bool:
    path = Path(_within(project, file))
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return path.suffix in (".yaml", ".yml", ".json", ".py") and not hidden


def serving(settings: Settings, host: str = "127.0.0.1", port: int = 0) -> contextlib.AbstractContextManager[str]:
    """A double that serves while the context lasts; gives its base URL."""
    logging.getLogger("specdouble").setLevel(logging.ERROR)
    return Server(Double(settings), host, port).running()
