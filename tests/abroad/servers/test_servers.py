"""A run on a server of others changes nothing that was there, leaves nothing behind, and reports what is known."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import SERVERS, Running, Server

pytestmark = pytest.mark.slow

SPECDOUBLE = Path(sys.executable).parent / "specdouble"
MAX_SECONDS = 60
MOST_LINES = 19  # to be read of a run
KILL_AFTER = (1.5, 3, 5, 8, 13)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    one = SERVERS[request.param]
    if reason := one.missing():
        pytest.skip(reason)
    return one


@pytest.fixture
def running(server: Server, tmp_path: Path) -> Iterator[Running]:
    with server.running(tmp_path) as running:
        yield running


def verifying(running: Running, *options: str) -> subprocess.Popen[str]:
    """`specdouble verify` as a user runs it."""
    command = [
        str(SPECDOUBLE), "verify", str(running.folder), "--url", running.url, "--yes", "--quiet",
        f"--report=json={running.folder / 'verdict.json'}", f"--leftovers={running.folder / 'leftovers'}", *options,
    ]  # fmt: skip
    with (running.folder / "output").open("w") as output:
        return subprocess.Popen(command, cwd=running.folder, stdout=output, stderr=output, text=True)


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, tuple[bytes, bytes | None]]:
    """The documents from before that are not as they were."""
    return {path: (content, after.get(path)) for path, content in before.items() if after.get(path) != content}


def test_a_run_leaves_others_documents_alone_and_reports_only_what_is_argued(server: Server, running: Running) -> None:
    before = server.documents(running.client)
    process = verifying(running, f"--max-time={MAX_SECONDS}")
    code = process.wait(MAX_SECONDS * 4)
    output = (running.folder / "output").read_text("utf-8")
    after = server.documents(running.client)

    assert changed(before, after) == {}
    assert code in (0, 1), output
    assert "Traceback" not in output

    verdict = json.loads((running.folder / "verdict.json").read_text("utf-8"))
    assert unargued(server, verdict) == []
    assert len(told_lines(output)) <= MOST_LINES

    left = after.keys() - before.keys()
    leftovers = (running.folder / "leftovers").read_text("utf-8") if (running.folder / "leftovers").exists() else ""
    assert [path for path in left if path.rstrip("/").rpartition("/")[2] not in output + leftovers] == []


def told_lines(output: str) -> list[str]:
    """The lines of the verdict that a reader has to read: neither empty, nor of the progress, nor a report's name.

    What was told before anything was sent is no part of the verdict.
    """
    _, _, verdict = output.partition("Documents that were there before are neither changed nor deleted.\n")
    lines = [line for line in verdict.splitlines() if not line.startswith("Left out, for")]
    return [line for line in lines if line.strip() and not re.match(r"  \d+/|report: ", line)]


def unargued(server: Server, verdict: dict[str, Any]) -> list[str]:
    """What is told as a failure, by itself or beside others of one cause, that nobody has read."""
    found = []
    for failure in verdict["failures"]:
        alone = {**failure, "operations": failure["operations"][:1]}  # those of the others are told with them
        for one in (alone, *failure["others"]):
            told = f"{one['promise']}: {one['seen']}"
            if not any(argued.covers(failure["rule"], told, one["operations"]) for argued in server.argued):
                found.append(f"{failure['rule']} of {', '.join(one['operations'])}: {told}")
    return found


@pytest.mark.parametrize("seconds", KILL_AFTER)
def test_a_killed_run_leaves_others_documents_alone(server: Server, running: Running, seconds: float) -> None:
    before = server.documents(running.client)
    process = verifying(running)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert changed(before, server.documents(running.client)) == {}
