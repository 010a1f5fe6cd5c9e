"""Several processes that serve one double, under uvicorn's own supervisor.

They share a socket, and a store that is a server of its own. One that dies is started again; at SIGHUP each is replaced
by a fresh one, which serves before the old one ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from specdouble.double.double import Double, Settings
from specdouble.double.request_log import RequestLog
from specdouble.double.server import ARRIVAL, GRACE, IDLE, Front, freeze, uvicorn_options
from specdouble.double.state.problem import Problem

LogOf = Callable[[Double], RequestLog]
_SILENT = 60  # seconds without a sign of life after which a process is killed; to start, a busy machine takes long
_PAUSE = 0.5  # seconds until the store is looked for again
_log = logging.getLogger("specdouble")


class Workers:
    """The processes.

    Args:
        settings: what each makes its double with; how many there are is among them.
        listener: the socket that they share.
        idle: seconds after which a connection is closed that asks nothing.
        arrival: seconds in which a request must be there as a whole.
        grace: seconds for waiting requests to finish, once a process is asked to end.
        log: makes what writes each exchange; it is sent to the processes. None where nobody reads it.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        *,
        idle: int = IDLE,
        arrival: float = ARRIVAL,
        grace: float = GRACE,
        log: LogOf | None = None,
    ) -> None:
        self._config = _Worker(settings, idle, arrival, grace, log)
        self._listener = listener

    def run(self, *, begun: Callable[[], None] = lambda: None) -> None:
        """Serve until Ctrl-C.

        Args:
            begun: is called as soon as signals are answered; requests that come now wait for the first worker.
        """
        supervisor = _Supervisor(self._config, [self._listener])
        begun()
        # What it says of processes that die and are started again somebody wants to know.
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)
        supervisor.run()


class _Supervisor(Multiprocess):
    """Uvicorn's, which learns at once that a worker has died while it was asked whether it lives."""

    def keep_subprocess_alive(self) -> None:
        """Start those again that have died."""
        # As long as the worker's end of the pipe is open here too, its death is no end of it: it would be waited for.
        for process in self.processes:
            process.child_conn.close()
        super().keep_subprocess_alive()


class _Worker(uvicorn.Config):
    """What a process needs to serve: uvicorn sends it there, and has it load what is made in each process."""

    def __init__(self, settings: Settings, idle: int, arrival: float, grace: float, log: LogOf | None) -> None:
        options = uvicorn_options(idle, grace)
        super().__init__("specdouble", workers=settings.workers, timeout_worker_healthcheck=_SILENT, **options)
        self._settings = settings
        self._limits = idle, arrival
        self._make_log = log
        self._beside: list[asyncio.Task[Any]] = []

    def load(self) -> None:
        """Make the double; uvicorn calls it in the process, and in its loop."""
        with _ending_at_once():
            double = _made(self._settings)
        front = Front(double)
        self.app = front.answer
        self.http = front.protocol(*self._limits)
        if self._make_log is not None:
            self._beside.append(asyncio.get_running_loop().create_task(self._make_log(double).follow()))
        freeze()
        super().load()


@contextlib.contextmanager
def _ending_at_once() -> Iterator[None]:
    """Let SIGTERM end the process, where uvicorn's handler would wait for what may never be there."""
    handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)


def _made(settings: Settings) -> Double:
    """The double, once the store is there: it may be away while a process is started again."""
    while True:
        try:
            return Double(settings)
        except (ConnectionError, Problem) as error:
            _log.warning("a worker waits for the store: %s", error)
            time.sleep(_PAUSE)
