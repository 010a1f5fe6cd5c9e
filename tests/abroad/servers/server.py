"""What every server has: an installation, a process, a contract, documents of others, settings, argued failures."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent.parent.parent
INSTALLED = Path(os.environ.get("SPECDOUBLE_SERVERS", ROOT / ".servers")).absolute()  # builds run in other folders
START_SECONDS = 60


@dataclass(frozen=True)
class Argued:
    """What is to be said of failures that somebody has read.

    Args:
        rule: the rule or check that it is told as, or whose cause it shares; `*` stands for any.
        told: what the report says of it, as a regular expression: the promise, and what was seen.
        reason: what the server does, and what its contract says of it.
        operations: the ids of the only operations that it is said of; of any where left out.
    """

    rule: str
    told: str
    reason: str
    operations: Sequence[str] = ("*",)

    def covers(self, rule: str, told: str, operations: Sequence[str]) -> bool:
        """Whether this is the argument for that failure, and for each operation that it is told of."""
        known = all(any(fnmatchcase(one, pattern) for pattern in self.operations) for one in operations)
        return known and fnmatchcase(rule, self.rule) and re.search(self.told, told) is not None


def undeclared(*statuses: int) -> str:
    """What is told of a status that the operation does not declare."""
    among = "|".join(str(status) for status in statuses)
    return rf"answering ({among}): one of the statuses|status code: Received: ({among}) "


@dataclass(frozen=True)
class Running:
    """A server that answers.

    Args:
        url: where the contract's paths begin.
        folder: the project as a user would have it: the contract, and `pyproject.toml` with the settings.
        client: speaks to `url` as whoever put the documents there.
    """

    url: str
    folder: Path
    client: httpx.Client


class Server(ABC):
    """A server that others wrote."""

    name: str
    contract_name = "openapi.json"
    settings = ""
    argued: Sequence[Argued] = ()

    @property
    def home(self) -> Path:
        """The folder that it is installed in."""
        return INSTALLED / self.name

    @abstractmethod
    def install(self) -> None:
        """Install it by an ordinary client of a package registry.

        Raises:
            subprocess.CalledProcessError: the registry does not have it, or is out of reach.
        """

    @abstractmethod
    def missing(self) -> str | None:
        """Why it cannot be started here; None when it can."""

    @abstractmethod
    def command(self, folder: Path, port: int) -> list[str]:
        """The command that serves from an empty data folder; writes what configuration it needs."""

    def url(self, port: int) -> str:
        """Where the contract's paths begin."""
        return f"http://127.0.0.1:{port}"

    def ready(self, url: str) -> bool:
        """Whether it answers by now."""
        return httpx.get(url, timeout=2).status_code < 500

    def client(self, url: str) -> httpx.Client:
        """A client of whoever put the documents there."""
        return httpx.Client(base_url=url, timeout=10)

    @abstractmethod
    def contract(self, client: httpx.Client) -> str:
        """The contract as the server or its package publishes it."""

    @abstractmethod
    def populate(self, client: httpx.Client) -> None:
        """Put the documents of others there."""

    @abstractmethod
    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        """Every document of the server, by an address of its own, as it is answered.

        What the server's clock alone moves (when somebody was last seen) is left out.
        """

    @contextmanager
    def running(self, folder: Path) -> Iterator[Running]:
        """Start it on a free port of loopback, with an empty data folder and documents of others."""
        data, project = folder / "data", folder / "project"
        data.mkdir()
        project.mkdir()
        port = free_port()
        command = self.command(data, port)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=data, stdout=log, stderr=log, start_new_session=True)
        try:
            url = self.url(port)
            self._wait(process, url, folder / "log")
            with self.client(url) as client:
                (project / self.contract_name).write_text(self.contract(client), "utf-8")
                (project / "pyproject.toml").write_text(self.settings, "utf-8")
                self.populate(client)
                yield Running(url, project, client)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)

    def _wait(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            try:
                if self.ready(url):
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} does not answer at {url}:\n{log.read_text('utf-8', 'replace')[-4000:]}")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command of an installation; what it says is shown."""
    subprocess.run([str(one) for one in command], check=True, cwd=cwd)


def install_from_pypi(home: Path, *requirements: str) -> None:
    """Install packages into a virtual environment of their own."""
    if not (home / "bin" / "python").exists():
        run(sys.executable, "-m", "venv", home)
    run(home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)


def install_from_debian(*packages: str) -> None:
    """Install packages by apt-get; their services are not started."""
    missing = [one for one in packages if subprocess.run(["dpkg", "-s", one], capture_output=True).returncode]
    if missing:
        run("apt-get", "update", "-qq")
        run(
            "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1",
            "apt-get", "install", "-qq", "--yes", "--no-install-recommends", *missing,
        )  # fmt: skip
