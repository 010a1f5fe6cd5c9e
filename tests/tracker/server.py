"""Serve the tracker on a free port of the loopback interface, in threads that keep their connections."""

from collections.abc import Collection
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Any, Self

from waitress.server import create_server
from waitress.wasyncore import close_all

from .app import Tracker

THREADS = 16  # more than requests are sent at the same time


class Server:
    """A running tracker: `with Server(faults=["null_ignored"]) as server: ...`."""

    def __init__(self, faults: Collection[str] = (), port: int = 0) -> None:
        self.app = Tracker(faults)
        self._sockets: dict[int, Any] = {}  # of this server alone; Waitress would share them among all of a process
        self._server = create_server(
            self.app, map=self._sockets, host="127.0.0.1", port=port, threads=THREADS, asyncore_use_poll=True
        )
        self.url = f"http://127.0.0.1:{self._server.effective_port}/v1"
        self._thread = Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        with suppress(OSError):  # what it waits for is closed in the end
            self._server.run()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.task_dispatcher.shutdown(timeout=1)  # else its threads, and what they hold, stay for good
        close_all(self._sockets)
        self._thread.join(timeout=5)

    def switch(self, faults: Collection[str] = ()) -> None:
        """Exchange the faults and start again from the seed, without a restart."""
        self.app.switch(faults)
