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
JARS = ROOT / ".servers" / "mongo-java-server"
VARIABLE = "SPECDOUBLE_TEST_MONGODB"


class NotInstalled(Exception):
    """The server is not here; says what would bring it."""


class PostgreSQL:
    """A PostgreSQL as Debian installs it, on a free port of this machine; it runs while there is one of it."""

    def __init__(self) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        if not programs:
            raise NotInstalled("`apt-get install postgresql` brings what it keeps its documents in")
        self._programs = programs[-1]
        # It does not run as root: there, as the user that Debian makes for it.
        self._user = "postgres" if os.getuid() == 0 else None
        self._folder = tempfile.mkdtemp(prefix="postgresql-")
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._port = free_port()
        self._run("initdb", "-D", self._folder, "-U", "specdouble", "--auth=trust", "--encoding=UTF8", "--no-locale")
        # Only the machine itself could lose what is not on its disk yet: who waits for that waits for others too.
        quickly = "-c fsync=off -c full_page_writes=off"
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 {quickly}"
        self._run("pg_ctl", "-D", self._folder, "-o", options, "-l", f"{self._folder}/log", "-w", "start")
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "specdouble", "ferretdb")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"postgres://specdouble@127.0.0.1:{self._port}/ferretdb"

    def close(self) -> None:
        """End it, and remove its files."""
        self._run("pg_ctl", "-D", self._folder, "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(command, user=self._user, cwd="/", stdout=quiet, stderr=quiet, check=True, timeout=120)


class Local:
    """A server as a process of its own, on a free port of this machine.

    Args:
        command: starts it; in it `PORT` stands for the port, `FOLDER` for where its files lie, and `BEHIND` for the
            URL of `behind`.
        behind: the database that it keeps its documents in, where that is another process.
    """

    def __init__(self, *command: str, behind: PostgreSQL | None = None) -> None:
        self._command = command
        self._behind = behind
        self._folder = tempfile.TemporaryDirectory()
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mongodb://127.0.0.1:{self._port}"

    def processes(self) -> list[int]:
        """The processes that it consists of, without those of a database behind it, which come and go."""
        return [] if self._process is None else [self._process.pid]

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        names = {"PORT": str(self._port), "FOLDER": self._folder.name}
        if self._behind is not None:
            names["BEHIND"] = self._behind.url
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
        if self._behind is not None:
            self._behind.close()
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
    return Local(*_ferretdb("--handler=sqlite", "--sqlite-url=file:FOLDER/"))


def ferretdb_postgresql() -> Local:
    """FerretDB 1 over a PostgreSQL of its own, which ends with it."""
    return Local(*_ferretdb("--handler=postgresql", "--postgresql-url=BEHIND"), behind=PostgreSQL())


def java() -> Local:
    """`mongo-java-server`, which keeps all in memory: it costs the least for each call."""
    if not JARS.exists() or shutil.which("java") is None:
        raise NotInstalled("`python -m tests.engine.install java` brings it, where Java and Maven are installed")
    launcher = str(Path(__file__).with_name("MemoryServer.java"))
    return Local("java", "-XX:+UseSerialGC", "-cp", f"{JARS}/*", launcher, "PORT")


def _ferretdb(*handler: str) -> list[str]:
    # What is built here before what is found: as `go install` builds it, it ends at once.
    built = str(FERRETDB) if FERRETDB.exists() else None
    command = os.environ.get("SPECDOUBLE_FERRETDB") or built or shutil.which("ferretdb")
    if command is None:
        raise NotInstalled("`python -m tests.engine.install` builds it, where Go is installed")
    listening = ("--listen-addr=127.0.0.1:PORT", "--debug-addr=-", "--telemetry=disable", "--log-level=error")
    return [command, *listening, *handler, "--state-dir=FOLDER"]


ENGINES = {"nx-27017": small, "ferretdb": ferretdb, "ferretdb-postgresql": ferretdb_postgresql, "java": java}


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
