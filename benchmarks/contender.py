"""The servers that are compared, each in a process of its own, all on the same core."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PRISM = Path(__file__).parent / ".prism"
_UVICORN = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error", "--no-server-header"]
_LOGIN = {"email": "ada@tether.example", "password": "ada-password"}
MANY = 2**40  # bytes: as many documents as creates in a row make
PATIENCE = 1200  # seconds until the first answer: the largest contract, on a machine that is busy


@dataclass
class Contender:
    """A server under test.

    Args:
        name: what the report calls it.
        port: where it listens.
        process: its process.
        started: the seconds to its first answer.
        spent: the seconds on a processor until then.
        token: what its requests bear.
    """

    name: str
    port: int
    process: subprocess.Popen[bytes]
    started: float = 0.0
    spent: float = 0.0
    token: str = "any"

    @property
    def nanoseconds(self) -> int:
        """The time that it has had on a processor, in all its threads; 0 where the system does not tell."""
        try:
            return time.clock_gettime_ns((~self.process.pid << 3) | 2)  # as Linux' clock_getcpuclockid(3) has it
        except OSError:
            return 0

    @property
    def mebibytes(self) -> float:
        """The memory that it holds."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0.0
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, bytes]:
        """One request, its status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def sign_in(self, **who: str) -> str:
        """A token for Ada, or for whom the arguments name."""
        _, body = self.ask("POST", "/api/auth/login", _LOGIN | who)
        return str(json.loads(body)["token"])


def bare(stack: contextlib.ExitStack) -> Contender:
    """Uvicorn alone."""
    port = free_port()
    arguments = [*_UVICORN, "--lifespan", "off", "--port", str(port)]
    return start(stack, "bare uvicorn", port, python("-m", "uvicorn", "benchmarks.bare:application", *arguments))


def double(stack: contextlib.ExitStack, project: Path = ROOT) -> Contender:
    """This double."""
    port = free_port()
    given = ["serve", str(project), "--port", str(port), "--store-limit", str(MANY)]
    command = f"from specdouble.cli import main; main({given!r})"
    contender = start(stack, "specdouble", port, python("-c", command))
    if project == ROOT:
        contender.token = contender.sign_in()
    return contender


def stock(stack: contextlib.ExitStack, documents: int) -> Contender:
    """Stock Connexion over plain mongomock."""
    port = free_port()
    command = python("-m", "uvicorn", "benchmarks.stock:application", "--factory", *_UVICORN, "--port", str(port))
    contender = start(stack, "stock Connexion", port, command, DOCUMENTS=str(documents))
    contender.token = contender.sign_in()
    return contender


def prism(stack: contextlib.ExitStack) -> Contender | None:
    """Prism from npm, installed at first use; None where Node is missing, or the registry out of reach."""
    program = PRISM / "node_modules" / ".bin" / "prism"
    if not shutil.which("npm"):
        return None
    if not program.exists():
        PRISM.mkdir(exist_ok=True)
        command = ["npm", "install", "--prefix", str(PRISM), "--no-fund", "--no-audit", "@stoplight/prism-cli"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
    port = free_port()
    command = [str(program), "mock", str(ROOT / "openapi.yaml"), "-h", "127.0.0.1", "-p", str(port), "-v", "error"]
    return start(stack, "Prism", port, command)


def start(stack: contextlib.ExitStack, name: str, port: int, command: list[str], **environment: str) -> Contender:
    """Start a server, and wait for its first answer."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=ordinary(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(stop, process)
    pin(process.pid, 0)
    contender = Contender(name, port, process)
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            contender.ask("GET", "/api/auth/verify-token")
            contender.started, contender.spent = time.perf_counter() - began, contender.nanoseconds / 1e9
            return contender
        if process.poll() is not None or time.perf_counter() - began > PATIENCE:
            raise RuntimeError(f"{name} does not start: {' '.join(command)}")
        time.sleep(0.01)


def ordinary(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a process that may keep compiled modules, as anyone's does."""
    return {name: value for name, value in (os.environ | environment).items() if name != "PYTHONDONTWRITEBYTECODE"}


def stop(process: subprocess.Popen[Any]) -> None:
    """End a process that was started here."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, where the system can: servers on the first, the load on the last."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):
            os.sched_setaffinity(pid, {cores[core]})


def python(*arguments: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *arguments]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def client() -> Iterator[subprocess.Popen[str]]:
    """The process that makes the load."""
    command = python("-m", "benchmarks.load")
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pin(process.pid, -1)
    try:
        yield process
    finally:
        stop(process)
