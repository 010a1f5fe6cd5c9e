"""Serve the backend on a free port of the loopback interface, in a thread."""

import socket
from collections.abc import Collection
from threading import Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Self

import uvicorn

from . import tokens
from .app import create_app
from .seed import USERS
from .service import Service

PATIENCE = 10  # seconds to start


class Backend:
    """A running server: `with Backend(faults=["name_not_unique"]) as backend: ...`."""

    def __init__(self, faults: Collection[str] = (), delay: float = 0, port: int = 0) -> None:
        app = create_app(faults, delay)
        service = app.state.service
        assert isinstance(service, Service)
        self.service = service
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = monotonic() + PATIENCE
        while not self._server.started:
            if monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the backend did not start")
            sleep(0.005)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def switch(self, faults: Collection[str] = ()) -> None:
        """Exchange the faults and start again from the seed, without a restart."""
        self.service.reset(faults)

    @staticmethod
    def token(name: str = "ada") -> str:
        """A valid token of a seeded user."""
        return tokens.issue(USERS[name])
