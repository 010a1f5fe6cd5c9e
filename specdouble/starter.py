"""A double that is started by whoever connects first."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from pathlib import Path

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server, listen

_LOOK = 0.1  # seconds between two looks at whether it is to end
_REQUEST = 65_536  # bytes of a request that is read before it is refused


class Starter:
    """Listens at once, and makes the double when somebody connects: that connection waits, and is answered.

    Args:
        contract: a project's folder, or a contract's file.
        seed: makes ids and samples repeat.

    `is_asked` tells whether somebody has connected.
    """

    def __init__(self, contract: Path, seed: int | None = None) -> None:
        self._settings = Settings(contract, seed)
        self._listener, self._address = listen("127.0.0.1", 0)
        self._ended = threading.Event()
        self.is_asked = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL of the double."""
        return self._address.url

    def stop(self) -> None:
        """End the double, if there is one."""
        self._ended.set()
        self._thread.join(timeout=10)
        self._listener.close()

    def _serve(self) -> None:
        self.is_asked = self._is_connected()
        if not self.is_asked:
            return
        try:
            server = Server(Double(self._settings), "127.0.0.1", 0, listening=(self._listener, self._address))
        except Exception as error:  # whatever is wrong with the contract, whoever asks is told
            self._refuse(str(error))
            return
        with server.running():
            self._ended.wait()

    def _is_connected(self) -> bool:
        """Wait for a connection; False where it is to end before."""
        # Not `select.select`: it knows no descriptor above 1,023 (POSIX, FD_SETSIZE), and a long test run has more.
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._ended.is_set():
                if selector.select(_LOOK):
                    return True
        return False

    def _refuse(self, reason: str) -> None:
        """Answer every request with why there is no double."""
        body = f"the double does not start:\n{reason}\n".encode()
        head = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
        while self._is_connected():
            connection, _ = self._listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_LOOK)
                connection.recv(_REQUEST)
                connection.sendall(b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body))
                connection.shutdown(socket.SHUT_WR)
