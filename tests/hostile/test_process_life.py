"""A double stays up, ends with a sentence, and starts again: broken edits, signals, disks, places."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from specdouble import cli
from tests.contracts import FOLDER

COMMAND = [sys.executable, "-c", "from specdouble.cli import main; main(prog_name='specdouble')"]
HANDLER = "import asyncio\n\n\nasync def list_tasks():\n    await asyncio.sleep({seconds})\n    return []\n"
PATIENCE = 60  # seconds: how busy the machine is, is no matter here


class Started:
    """A `specdouble serve` in a process of its own, and what it says."""

    def __init__(self, project: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.log = project.parent / "log.txt"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", str(project), "--port", "0", *options],
                stdout=output,
                stderr=output,
                env=environment,
                cwd=project.parent,
            )
        self.until(lambda: "Ctrl-C stops" in self.said())
        self.url = self.said().partition(" at ")[2].split()[0]

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.url.rpartition(":")[2])

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def until(self, seen: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not seen():
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)

    def get(self) -> httpx.Response:
        return httpx.get(f"{self.url}/api/v1/tasks", timeout=PATIENCE)


@contextmanager
def started(project: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[Started]:
    one = Started(project, *options, environment=environment)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "mock_data").mkdir(parents=True)
    (folder / "handlers").mkdir()
    shutil.copy(FOLDER / "tasks.yaml", folder / "openapi.yaml")
    return folder


CONTRACT, HANDLERS, SEED = "openapi.yaml", "handlers/default.py", "mock_data/tasks.json"
TASK = '{{"id": 1, "title": "{word}", "done": false}}'


def written(file: str, word: str) -> str:
    """A file of the project that is as it should be, and says that word where it is served."""
    if file == CONTRACT:
        return (FOLDER / "tasks.yaml").read_text("utf-8").replace("title: Tasks,", f"title: {word},")
    if file == SEED:
        return f"[{TASK.format(word=word)}]"
    return f"false = False\n\n\ndef tasks(**others):\n    return [{TASK.format(word=word)}]\n"


def served(one: Started) -> dict[str, str]:
    """The word that each file says, as it is served."""
    httpx.post(one.url + "/_specdouble/reset", timeout=PATIENCE).raise_for_status()
    return {
        CONTRACT: httpx.get(one.url + "/openapi.json", timeout=PATIENCE).json()["info"]["title"],
        HANDLERS: one.get().json()[0]["title"],
        SEED: httpx.get(one.url + "/api/v1/tasks/1", timeout=PATIENCE).json()["title"],
    }


BREAKS = {
    "a type that is none": (CONTRACT, lambda good: good.replace("type: string", "type: strng", 1)),
    "no YAML": (CONTRACT, lambda good: good + "\n : ]["),
    "nothing": (CONTRACT, lambda _good: ""),
    "no text": (CONTRACT, lambda _good: "\0"),
    "a seed that is no list": (SEED, lambda _good: '{"a": 1}'),
    "a seed with odd ids": (SEED, lambda _good: '[{"id": [1]}, {"id": {"$gt": 1}}, 5]'),
    "a seed that is cut": (SEED, lambda good: good[:-5]),
    "a handler with a fault": (HANDLERS, lambda good: good + "1 / 0\n"),
    "a handler that is no Python": (HANDLERS, lambda good: good + "def (\n"),
    "a handler that ends the process": (HANDLERS, lambda good: good + "import sys\nsys.exit(0)\n"),
    "a handler that interrupts": (HANDLERS, lambda good: good + "raise KeyboardInterrupt\n"),
    "a handler that is cancelled": (HANDLERS, lambda good: good + "import asyncio\nraise asyncio.CancelledError\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("file", "broken"), BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_edit_ends_neither_serving_nor_watching(
    project: Path, file: str, broken: Callable[[str], str]
) -> None:
    for name in (CONTRACT, HANDLERS, SEED):
        (project / name).write_text(written(name, "first"), "utf-8")
    with started(project, "--reload") as one:
        time.sleep(1)  # until the watch has begun
        before = served(one)
        (project / file).write_text(broken(written(file, "broken")), "utf-8")
        one.until(lambda: f"reloaded: {file}" in one.said() or f"serves on: {file}" in one.said())
        assert before == {CONTRACT: "first", HANDLERS: "first", SEED: "first"}
        # A schema that is wrong spoils itself alone: its contract is served.
        spoilt = {**before, CONTRACT: "broken"} if "strng" in (project / file).read_text("utf-8") else before
        assert served(one) == spoilt
        (project / file).write_text(written(file, "mended"), "utf-8")
        one.until(lambda: served(one)[file] == "mended")
        assert served(one) == {**before, file: "mended"}
        assert one.process.poll() is None
        assert "Traceback" not in one.said()


def test_what_is_wrong_with_a_changed_contract_is_told_when_it_is_reloaded(project: Path) -> None:
    with started(project, "--reload") as one:
        time.sleep(1)  # until the watch has begun
        (project / CONTRACT).write_text(written(CONTRACT, "first").replace("type: string", "type: strng", 1), "utf-8")
        one.until(lambda: "write `string`" in one.said())
        assert "reloaded: openapi.yaml" in one.said()


ENDINGS = """import asyncio

endings = iter([SystemExit("over"), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()])


{function} list_tasks(**others):
    raise next(endings)
"""


@pytest.mark.parametrize("function", ["def", "async def"])
def test_a_handler_that_ends_the_process_is_a_500_each_time(project: Path, function: str) -> None:
    handle(project, ENDINGS.format(function=function))
    with started(project) as one:
        assert [one.get().status_code for _ in range(4)] == [500] * 4
        assert one.process.poll() is None


def named(project: Path) -> str:
    """The id of the operation that lists tasks."""
    from specdouble.contract import read

    return next(one.id for one in read(project).operations.values() if one.method == "get" and "{" not in one.path)


def handle(project: Path, code: str) -> None:
    from specdouble.contract import read

    contract = read(project)
    operation = contract.operations[named(project)]
    module = operation.tags[0].lower() if operation.tags else "default"
    (project / "handlers" / f"{module}.py").write_text(code.replace("list_tasks", operation.id), "utf-8")


def waiting(project: Path, seconds: float, grace: str) -> tuple[list[object], Started]:
    """What came of a request that takes so long, and was under way as the server was asked to end."""
    handle(project, HANDLER.format(seconds=seconds).replace("list_tasks()", "list_tasks(**others)"))
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(one.get().status_code)
        except httpx.HTTPError as error:
            found.append(type(error))

    with started(project, "--grace", grace) as one:
        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(1)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(PATIENCE) == 0
        asking.join()
    return found, one


@pytest.mark.slow
def test_a_request_under_way_is_finished_before_the_end(project: Path) -> None:
    found, one = waiting(project, 3, "30")
    assert found == [200]
    assert "waiting up to 30 s for GET /api/v1/tasks" in one.said()
    assert "cut" not in one.said()


def test_what_takes_longer_than_the_grace_is_cut_and_named(project: Path) -> None:
    found, one = waiting(project, 600, "0.5")
    assert found == [httpx.RemoteProtocolError]
    assert "cut after 0.5 s: GET /api/v1/tasks" in one.said()
    assert "Traceback" not in one.said()


@pytest.mark.parametrize("sent", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_who_asks_twice_for_the_end_does_not_wait_for_the_grace(project: Path, sent: signal.Signals) -> None:
    handle(project, HANDLER.format(seconds=600).replace("list_tasks()", "list_tasks(**others)"))
    with started(project, "--grace", "600") as one, socket.create_connection(one.address) as asking:
        asking.sendall(b"GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1)
        one.process.send_signal(sent)
        one.until(lambda: "waiting up to 600 s for GET /api/v1/tasks" in one.said())
        one.process.send_signal(sent)
        assert one.process.wait(PATIENCE) == 0
        assert asking.recv(100) == b""
    assert "cut at once: GET /api/v1/tasks" in one.said()
    assert "Traceback" not in one.said()


@pytest.mark.slow
def test_a_handler_that_does_not_come_back_is_named_and_the_process_ends(project: Path) -> None:
    handle(project, "import time\n\n\ndef list_tasks(**others):\n    time.sleep(600)\n")
    with started(project, "--grace", "0.1") as one, socket.create_connection(one.address) as asking:
        asking.sendall(b"GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(PATIENCE) == 0
    assert "ended by force: `tasks` (default.py:5) does not come back" in one.said()


BACKEND = "http://127.0.0.1:9"
SERVING = {"serve": ["serve", "-q"], "reload": ["serve", "--reload"], "proxy": ["proxy", "-q", "--url", BACKEND]}


def asked_to_end(project: Path, command: list[str], wait: Callable[[subprocess.Popen[str]], object]) -> tuple[int, str]:
    """How a process ends that is asked to once it has been waited for, and what it has said by then."""
    arguments = [*COMMAND, *command, str(project), "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        waited = wait(process)
        process.terminate()
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    return process.returncode, f"{waited or ''}{said}"


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("command", SERVING.values(), ids=SERVING.keys())
def test_whoever_knows_its_address_can_end_it_at_once(project: Path, command: list[str]) -> None:
    for _ in range(2):
        code, said = asked_to_end(project, command, first_line)
        assert " at http://127.0.0.1:" in said
        assert "Traceback" not in said
        assert code == 0


@pytest.mark.parametrize("command", SERVING.values(), ids=SERVING.keys())
def test_no_signal_breaks_off_the_end_that_another_has_asked_for(project: Path, command: list[str]) -> None:
    def insist(process: subprocess.Popen[str]) -> str:
        told = first_line(process)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.005)
        return told

    code, said = asked_to_end(project, command, insist)
    assert code == 0
    assert "Traceback" not in said


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("command", SERVING.values(), ids=SERVING.keys())
def test_it_can_be_ended_at_each_moment_of_its_start(project: Path, command: list[str]) -> None:
    began = time.monotonic()
    asked_to_end(project, command, first_line)
    start = time.monotonic() - began  # until it was ended, which is a little longer than until it answers
    for moment in range(30):
        code, said = asked_to_end(project, command, lambda _process, wait=start * moment / 30: time.sleep(wait))  # type: ignore[misc]
        assert code in (0, -signal.SIGTERM), said  # as any process ends that has done nothing yet
        assert code == 0 or "http://" not in said
        assert "Traceback" not in said


def test_after_a_kill_the_next_start_works_at_the_same_port(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    for _ in range(2):
        with started(project, "--port", port) as one:
            assert one.get().status_code == 200
            one.process.kill()
            one.process.wait()


PLACES = {
    "without a home": {"HOME": None, "USER": None, "LOGNAME": None},
    "in a locale of ASCII": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
PLACES_SLOW = {
    "with a home that is not there": {"HOME": "/nowhere/at/all"},
    "with an output that has no such letters": {"PYTHONIOENCODING": "ascii"},
}


@pytest.mark.parametrize(
    "place",
    [
        *(pytest.param(place, id=name) for name, place in PLACES.items()),
        *(pytest.param(place, id=name, marks=pytest.mark.slow) for name, place in PLACES_SLOW.items()),
    ],
)
def test_it_starts_and_lints_in_any_place(project: Path, place: dict[str, str | None]) -> None:
    contract = project / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("title: Tasks,", "title: Задачи ✓,"), "utf-8")
    environment = {name: value for name, value in {**os.environ, **place}.items() if value is not None}
    with started(project, environment=environment) as one:
        assert one.get().status_code == 200
    lint = subprocess.run([*COMMAND, "lint", str(project)], env=environment, capture_output=True, check=False)
    assert b"Traceback" not in lint.stderr
    assert lint.returncode in (0, 1)


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no `mount` here")
def test_on_a_full_disk_it_serves_and_says_that_the_secret_is_not_kept(project: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "size=256k") as disk:
        copied = shutil.copytree(project, disk / "project")
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as output:
            try:
                while True:
                    output.write(bytes(4096))
            except OSError:
                pass
        log = tmp_path / "log.txt"
        assert _served_once(copied, log) == 200
        assert "cannot be written (No space left on device)" in log.read_text()
        filler.unlink()
        assert _served_once(copied, log) == 200
        assert len((copied / ".specdouble" / "secret").read_text()) == 64


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no `mount` here")
def test_in_a_read_only_folder_it_serves_and_says_that_the_secret_is_not_kept(project: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "size=1m") as disk:
        copied = shutil.copytree(project, disk / "project")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        log = tmp_path / "log.txt"
        assert _served_once(copied, log) == 200
        assert "cannot be written (Read-only file system)" in log.read_text()
        assert "Traceback" not in log.read_text()


def _served_once(project: Path, log: Path) -> int:
    with log.open("w") as output:
        process = subprocess.Popen(
            [*COMMAND, "serve", str(project), "--port", "0"], stdout=output, stderr=output, env=_without_secret()
        )
    try:
        end = time.monotonic() + PATIENCE
        while "Ctrl-C stops" not in log.read_text():
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        url = log.read_text().partition(" at ")[2].split()[0]
        return httpx.get(f"{url}/api/v1/tasks").status_code
    finally:
        process.kill()
        process.wait()


def _without_secret() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "SPECDOUBLE_SECRET"}


@pytest.mark.parametrize("command", [["lint"], ["routes"], ["token", "ada"], ["serve"], ["version"]])
def test_an_error_that_nobody_foresaw_is_a_sentence_and_the_code_3(
    command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise LookupError("what nobody foresaw")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("specdouble.contract.read", broken)
    monkeypatch.setattr("specdouble.double.reading.read_contract", broken)
    monkeypatch.setattr("click.echo", broken)
    ended = CliRunner().invoke(cli.main, command)
    assert ended.exit_code == 3
    assert "an error that nobody foresaw: LookupError: what nobody foresaw (" in ended.stderr
    (report,) = tmp_path.glob("specdouble-*.txt")
    assert "Traceback" in report.read_text()
    assert str(report) in ended.stderr
    assert "Traceback" not in ended.output


# The commands that ask a server, and the one that makes mutants

CODES = {"verify": 3, "prove": 0}
CLOSED = "http://127.0.0.1:9"  # nobody listens: what is looked at is how the command ends


def judge(command: str, project: Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run `verify` against a port where nobody listens, or list the mutants that `prove` would try."""
    asked = ["--url", CLOSED] if command == "verify" else ["--list"]
    line = [*COMMAND, command, str(project), *asked]
    return subprocess.run(line, capture_output=True, check=False, timeout=PATIENCE, **options)


JUDGING_PLACES: dict[str, dict[str, str | None]] = {
    "without a home": {"HOME": None, "USER": None, "LOGNAME": None},
    "in a locale of ASCII": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "in a locale that is not there": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "on a terminal that can do nothing": {"TERM": "dumb"},
    "with an output that has no such letters": {"PYTHONIOENCODING": "ascii"},
}


@pytest.mark.slow
@pytest.mark.parametrize("command", CODES)
@pytest.mark.parametrize("place", JUDGING_PLACES.values(), ids=JUDGING_PLACES)
def test_a_judge_ends_in_a_sentence_in_any_place(project: Path, command: str, place: dict[str, str | None]) -> None:
    contract = project / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("title: Tasks,", "title: Задачи ✓,"), "utf-8")
    environment = {name: value for name, value in {**os.environ, **place}.items() if value is not None}
    done = judge(command, project, env=environment, stdin=subprocess.DEVNULL)
    assert done.returncode == CODES[command], done
    assert b"Traceback" not in done.stderr + done.stdout
    assert (done.stderr + done.stdout).strip()


@pytest.mark.slow
@pytest.mark.parametrize("command", CODES)
def test_a_judge_without_standard_streams_ends_with_its_code(project: Path, command: str) -> None:
    def close() -> None:
        os.close(0)
        os.close(1)

    done = judge(command, project, preexec_fn=close)
    assert done.returncode == CODES[command], done
    assert b"Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", CODES)
@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no `mount` here")
def test_a_judge_ends_in_a_sentence_on_a_disk_that_cannot_be_written(
    project: Path, command: str, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "small", "size=1m") as disk:
        copied = shutil.copytree(project, disk / "project")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        environment = {**os.environ, "HOME": str(disk), "TMPDIR": str(disk)}
        done = judge(command, copied, env=environment, cwd=copied)
        assert done.returncode == CODES[command], done
        assert b"Traceback" not in done.stderr
