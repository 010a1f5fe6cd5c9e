"""Servers of MongoDB's protocol that tests start: a small one from PyPI, and FerretDB where it is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FERRETDB = ROOT / ".servers" / "ferretdb"
VARIABLE = "SPECDOUBLE_TEST_MONGODB"


class NotInstalled(Exception):
    """The server is not here; says what would bring it."""


class Local:
    """A server as a process of its own, on a free port of this machine.

    Args:
        command: starts it, where `PORT` stands for the port and `FOLDER` for where its files lie.
    """

    def __init__(self, *command: str) -> None:
        self._command = command
        self._folder = tempfile.TemporaryDirectory()
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mongodb://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        names = {"PORT": str(self._port), "FOLDER": self._folder.name}
        command = []
        for part in self._command:
            for name, value in names.items():
                part = part.replace(name, value)
            command.append(part)
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet, cwd=self._folder.name)
        _wait_for(self._port)

    def stop(self) -> None:
        """End it, as suddenly as a machine that fails."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End it, and remove its files."""
        self.stop()
        with contextlib.suppress(OSError):
            self._folder.cleanup()


def small() -> Local:
    """`nx-27017`, a server over SQLite that is a development dependency."""
    command = Path(sys.executable).with_name("nx-27017")
    if not command.exists():
        raise NotInstalled("`pip install nx-27017` brings it")
    files = ("--log-file", "FOLDER/log", "--pid-file", "FOLDER/pid")
    return Local(str(command), "--data-dir", "FOLDER", "-p", "PORT", *files)


def ferretdb() -> Local:
    """FerretDB 1 over SQLite."""
    # What is built here before what is found: as `go install` builds it, it ends at once.
    built = str(FERRETDB) if FERRETDB.exists() else None
    command = os.environ.get("SPECDOUBLE_FERRETDB") or built or shutil.which("ferretdb")
    if command is None:
        raise NotInstalled("`python -m tests.engine.install` builds it, where Go is installed")
    listening = ("--listen-addr=127.0.0.1:PORT", "--debug-addr=-", "--telemetry=disable", "--log-level=error")
    files = ("--handler=sqlite", "--sqlite-url=file:FOLDER/", "--state-dir=FOLDER")
    return Local(command, *listening, *files)


ENGINES = {"nx-27017": small, "ferretdb": ferretdb}


@contextlib.contextmanager
def running(name: str) -> Iterator[Local]:
    """The engine of that name, while the context lasts.

    Raises:
        NotInstalled: it is not here.
    """
    server = ENGINES[name]()
    try:
        server.start()
        yield server
    finally:
        server.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")
