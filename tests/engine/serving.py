"""`specdouble serve` with several workers, as a process of its own, and clients that ask it all at the same moment."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
_TIMEOUT = 60  # seconds


class Told(NamedTuple):
    """What a client was told: the status, and the document; None where nobody answered."""

    status: int | None
    document: Any = None


class Served:
    """A double that serves.

    Args:
        process: its supervisor.
        port: where it listens, on this machine.
    """

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port
        self.took = 0.0  # seconds to start
        self.said: list[str] = []  # lines that were written since

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Told:
        """One request, on a connection of its own: whichever worker is free takes it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        try:
            with contextlib.closing(connection):
                sent = None if body is None else json.dumps(body)
                connection.request(method, path, sent, {"Content-Type": "application/json", **(headers or {})})
                answer = connection.getresponse()
                text = answer.read()
        except (OSError, http.client.HTTPException):
            return Told(None)
        return Told(answer.status, json.loads(text) if text else None)

    def workers(self) -> list[int]:
        """The processes that serve beside others; none, where one serves alone."""
        own = [child for child in _children(self.process.pid) if b"spawn_main" in _command(child)]
        return own + [worker for forking in self.forking() for worker in _children(forking)]

    def forking(self) -> list[int]:
        """The process that they are forked from."""
        return [child for child in _children(self.process.pid) if b"forkserver" in _command(child)]

    def replaced(self) -> int:
        """How many of them have died and are replaced by one that serves."""
        return "".join(self.said).count("serves in the place of")

    def hang_up(self) -> None:
        """Have each worker replaced by a fresh one."""
        self.process.send_signal(signal.SIGHUP)


class Clients:
    """So many clients, each a thread, that begin each round together."""

    def __init__(self, served: Served, number: int) -> None:
        self.served, self.number = served, number
        self._pool = ThreadPoolExecutor(number)

    def at_once(self, request: Callable[[int], tuple[str, str, object]]) -> list[Told]:
        """What each is told to the request that the function gives for its number."""
        together = threading.Barrier(self.number)

        def ask(index: int) -> Told:
            method, path, body = request(index)
            together.wait()
            return self.served.ask(method, path, body)

        return list(self._pool.map(ask, range(self.number)))

    def close(self) -> None:
        """Let them go."""
        self._pool.shutdown()


@contextlib.contextmanager
def serving(contract: Path, store: str, workers: int, options: Sequence[str] = ()) -> Iterator[Served]:
    """A double of the contract with so many workers, while the context lasts."""
    command = [sys.executable, "-m", "specdouble", "serve", str(contract), "--port", "0", "--store", store]
    command += ["--workers", str(workers), *options]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            served = Served(process, _port(process))
            _read_on(served)
            _wait_until_serving(served)
            served.took = time.monotonic() - begun
            yield served
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        found = _ADDRESS.search(line)
        if found:
            return int(found[1])
    raise AssertionError(f"it does not serve: {told}")


def _read_on(served: Served) -> None:
    """Read what it writes, so that it never waits for a reader."""
    assert served.process.stdout is not None
    threading.Thread(target=served.said.extend, args=(served.process.stdout,), daemon=True).start()


def _wait_until_serving(served: Served) -> None:
    for _ in range(600):
        if served.ask("GET", "/_specdouble/health").status == 200:
            return
    raise AssertionError("no worker answers")


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _command(process: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""
