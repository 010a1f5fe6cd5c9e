"""Several processes that serve one double, and their supervisor.

They share a socket, and a store that is a server of its own. One that dies is started again; at SIGHUP each is replaced
by a fresh one, which serves before the old one ends. They end as one process does, and with their supervisor.
"""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Callable

from specdouble.double.double import Settings
from specdouble.double.server import ARRIVAL, GRACE, IDLE, Address
from specdouble.double.worker import LogOf, Work, Worker

_POLL = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_log = logging.getLogger("specdouble")


class Workers:
    """The processes.

    Args:
        settings: what each makes its double with; how many there are is among them.
        listener: the socket that they share.
        address: where it listens.
        idle: seconds after which a connection is closed that asks nothing.
        arrival: seconds in which a request must be there as a whole.
        grace: seconds for waiting requests to finish, once a process is asked to end.
        log: makes what writes each exchange; it is sent to the processes. None where nobody reads it.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        address: Address,
        *,
        idle: int = IDLE,
        arrival: float = ARRIVAL,
        grace: float = GRACE,
        log: LogOf | None = None,
    ) -> None:
        self._work = Work(settings, idle, arrival, grace, log)
        self._listening = listener, address
        self._serving: list[Worker] = []
        self._ending: list[Worker] = []  # each has been asked to
        self._awaited: dict[Worker, int | None] = {}  # in whose place each of them is to serve
        # What signals leave behind: they may come at any moment, so nothing is done there and then.
        self._asked_to_end = 0
        self._is_to_renew = False

    def run(self, *, begun: Callable[[], None] = lambda: None) -> None:
        """Serve until Ctrl-C.

        Args:
            begun: is called as soon as signals are answered; requests that come now wait for the first worker.
        """
        for one in _SIGNALS:
            signal.signal(one, self._ask_to_end)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._ask_to_renew)
        self._serving = [self._started() for _ in range(self._work.settings.workers)]
        begun()
        while not self._asked_to_end:
            time.sleep(_POLL)
            self._keep_alive()
            if self._is_to_renew:
                self._is_to_renew = False
                self._renew()
        self._end()
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_IGN)

    def _ask_to_end(self, _signal: int, _frame: object) -> None:
        self._asked_to_end += 1

    def _ask_to_renew(self, _signal: int, _frame: object) -> None:
        self._is_to_renew = True

    def _started(self) -> Worker:
        return Worker(self._work, *self._listening)

    def _keep_alive(self) -> None:
        """Start those again that have died, and tell when they serve again."""
        self._ending = [worker for worker in self._ending if worker.is_alive()]
        for index, worker in enumerate(self._serving):
            if not worker.is_alive():
                _log.warning("worker %s has died: another one is started", worker.pid)
                self._awaited.pop(worker, None)
                self._serving[index] = fresh = self._started()
                self._awaited[fresh] = worker.pid
            elif worker.is_serving and worker in self._awaited:
                _log.warning("worker %s serves in the place of %s", worker.pid, self._awaited.pop(worker))

    def _renew(self) -> None:
        """Replace each by a fresh one that serves by then."""
        for index, old in enumerate(self._serving):
            fresh = self._started()
            while not fresh.is_serving and fresh.is_alive() and not self._asked_to_end:
                time.sleep(_POLL)
            if not fresh.is_serving:
                fresh.end()
                self._ending.append(fresh)
                if not self._asked_to_end:
                    _log.warning("worker %s stays: the one in its place does not begin to serve", old.pid)
                return
            self._serving[index] = fresh
            old.end()
            self._ending.append(old)

    def _end(self) -> None:
        """Have all of them end; asked again, at once."""
        for worker in self._serving:
            worker.end()
        left = [*self._serving, *self._ending]
        is_hurried = False
        while left := [worker for worker in left if worker.is_alive()]:
            if self._asked_to_end > 1 and not is_hurried:
                is_hurried = True
                for worker in left:
                    worker.hurry()
            time.sleep(_POLL)
