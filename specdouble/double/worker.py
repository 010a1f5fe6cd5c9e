"""One of several processes that serve a double: what runs in it, and how its supervisor knows it."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from specdouble.double.double import Double, Settings
from specdouble.double.request_log import RequestLog
from specdouble.double.server import Address, Server
from specdouble.double.state.problem import Problem

LogOf = Callable[[Double], RequestLog]
_SILENT = 60  # seconds without a sign of life after which a process is killed; to start, a busy machine takes long
_PAUSE = 0.5  # seconds until the store is looked for again, and between two signs of life
_FORCE = 10  # seconds beyond its grace in which a process ends by its own force; one that cannot is killed
_END, _HURRY = "end", "hurry"
_HELD_BACK = {signal.SIGINT, signal.SIGTERM}  # a terminal, and who ends a group of processes, send them to all
_IMPORTED = [__name__, "specdouble.double.state.sharing_process", "uvloop"]  # once, for all processes
_log = logging.getLogger("specdouble")


@dataclass(frozen=True)
class Work:
    """What a process needs to serve: it is sent there.

    Args:
        settings: what it makes its double with.
        idle: seconds after which a connection is closed that asks nothing.
        arrival: seconds in which a request must be there as a whole.
        grace: seconds for waiting requests to finish, once it is asked to end.
        log: makes what writes each exchange; None where nobody reads it.
    """

    settings: Settings
    idle: int
    arrival: float
    grace: float
    log: LogOf | None


class Worker:
    """A process that serves, as its supervisor sees it.

    Args:
        work: what it does.
        listener: the socket that it shares with others.
        address: where that listens.
    """

    def __init__(self, work: Work, listener: socket.socket, address: Address) -> None:
        self.is_serving = False
        self._grace = work.grace
        self._heard = time.monotonic()
        self._ends: float | None = None
        with _held_back():
            context = _context()
            self._line, other = context.Pipe()
            self._process: BaseProcess = context.Process(target=_serve, args=(work, listener, address, other))
            self._process.start()
        other.close()  # so that its death is an end of the line

    @property
    def pid(self) -> int | None:
        """The number of the process."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it is there still; one that says nothing for long, or does not end in time, is not any more."""
        with contextlib.suppress(EOFError, OSError):
            while self._line.poll():
                self.is_serving, self._heard = self._line.recv(), time.monotonic()
        now = time.monotonic()
        is_silent = self._ends is None and now - self._heard > _SILENT
        if is_silent or (self._ends is not None and now > self._ends):
            _log.warning("worker %s is killed: it %s", self.pid, "is silent" if is_silent else "does not end")
            self._process.kill()
            self._process.join()
        return self._process.is_alive()

    def end(self) -> None:
        """Have it end, once what is under way is answered."""
        self._ends = time.monotonic() + self._grace + _FORCE
        self._tell(_END)

    def hurry(self) -> None:
        """Have it cut what is under way."""
        self._ends = time.monotonic() + _FORCE
        self._tell(_HURRY)

    def _tell(self, word: str) -> None:
        with contextlib.suppress(OSError):  # it has died
            self._line.send(word)


class _Line:
    """What a process hears from its supervisor, and lets it hear. Without a supervisor it ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._server: Server | None = None
        self._is_serving = False
        threading.Thread(target=self._follow, daemon=True, name="supervisor").start()

    def serve(self, server: Server, log: RequestLog | None) -> None:
        """Serve until the end is asked for."""
        self._server = server
        server.run(log=log, begun=self._begin)

    def _begin(self) -> None:
        self._is_serving = True
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)

    def _follow(self) -> None:
        while True:
            try:
                self._connection.send(self._is_serving)
                word = self._connection.recv() if self._connection.poll(_PAUSE) else ""
            except (EOFError, OSError):
                self._obey(_END)
                return
            self._obey(word)

    def _obey(self, word: str) -> None:
        if word and self._server is None:
            os._exit(0)  # nothing is under way, and what it waits for (its store) may never be there
        if word and self._server is not None:
            self._server.end(at_once=word == _HURRY)


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    """Signals to all are heard later; from what begins meanwhile they are held back for as long as it wants."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which would let them through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _context() -> Any:
    """What makes a process: a fork of one that has imported all and does nothing else, where there can be such a one.

    To import all takes most of the time in which a process begins to serve, and on a busy machine seconds.
    """
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_IMPORTED)
        with contextlib.suppress(OSError):  # no folder for its socket
            forkserver.ensure_running()
            return context
    return multiprocessing.get_context("spawn")


def _serve(work: Work, listener: socket.socket, address: Address, connection: Connection) -> None:
    """What a process does."""
    line = _Line(connection)
    double = _made(work.settings)
    listening = listener, address
    limits: Any = {"idle": work.idle, "arrival": work.arrival, "grace": work.grace}
    server = Server(double, address.host, address.port, listening=listening, **limits)
    line.serve(server, None if work.log is None else work.log(double))


def _made(settings: Settings) -> Double:
    """The double, once the store is there: it may be away while a process is started again."""
    while True:
        try:
            return Double(settings)
        except (ConnectionError, Problem) as error:
            _log.warning("a worker waits for the store: %s", error)
            time.sleep(_PAUSE)
