"""Serve the tracker on a free port of the loopback interface, in threads: one for each connection."""

from collections.abc import Collection
from threading import Thread
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import Tracker


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet an answer

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class Server:
    """A running tracker: `with Server(faults=["null_ignored"]) as server: ...`."""

    def __init__(self, faults: Collection[str] = (), port: int = 0) -> None:
        self.app = Tracker(faults)
        self._server = make_server("127.0.0.1", port, self.app, threaded=True, request_handler=_Handler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def switch(self, faults: Collection[str] = ()) -> None:
        """Exchange the faults and start again from the seed, without a restart."""
        self.app.switch(faults)
