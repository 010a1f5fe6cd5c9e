"""What `--persist` keeps over restarts, and over the sudden end of the process."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import serving
from specdouble.double.state.persistence import PersistenceError
from tests.contracts import FOLDER

TASKS = "/api/v1/tasks"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@contextmanager
def double(file: Path, contract: Path = FOLDER / "tasks.yaml") -> Iterator[httpx.Client]:
    with serving(Settings(contract, persist=file)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def titles(client: httpx.Client, world: str = "default") -> list[str]:
    answer = client.get(TASKS, headers={"X-Specdouble-World": world})
    return [task["title"] for task in answer.json()]


def create(client: httpx.Client, title: str, world: str = "default") -> dict[str, Any]:
    answer = client.post(TASKS, json={"title": title}, headers={"X-Specdouble-World": world})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_documents_of_all_worlds_are_there_after_a_restart_in_their_order(file: Path) -> None:
    with double(file) as client:
        begun = titles(client)
        made = [create(client, f"task {number}") for number in range(5)]
        client.delete(f"{TASKS}/{made[1]['id']}").raise_for_status()
        create(client, "elsewhere", "other")
        held, other = titles(client), titles(client, "other")
    assert held == [*begun, "task 0", "task 2", "task 3", "task 4"]
    for _ in range(2):
        with double(file) as client:
            assert (titles(client), titles(client, "other")) == (held, other)
            assert create(client, "one more", "third")["id"] is not None


def test_an_id_is_not_given_twice_after_a_restart(file: Path) -> None:
    with double(file) as client:
        first = create(client, "first")["id"]
    with double(file) as client:
        assert create(client, "second")["id"] not in (first, None)


def test_a_reset_is_kept_and_so_is_what_was_restored(file: Path) -> None:
    with double(file) as client:
        begun = titles(client)
        create(client, "snapped")
        client.put("/_specdouble/snapshots/before").raise_for_status()
        client.post("/_specdouble/reset").raise_for_status()
        assert titles(client) == begun or len(titles(client)) == len(begun)
    with double(file) as client:
        assert "snapped" not in titles(client)
        create(client, "later")
        client.put("/_specdouble/snapshots/mine").raise_for_status()
        create(client, "latest")
        client.post("/_specdouble/snapshots/mine/restore").raise_for_status()
    with double(file) as client:
        assert titles(client)[-1] == "later"


def test_rules_hold_over_what_was_kept(file: Path) -> None:
    root = Path(__file__).parent.parent.parent
    body = {"configurationName": "Fair", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}
    for status in (201, 400):
        with double(file, root) as client:
            headers = client.get("/_specdouble/credentials/ada@tether.example").json()["headers"]
            assert client.post("/api/lead-management", json=body, headers=headers).status_code == status


def test_what_is_only_read_of_a_seed_is_not_written(file: Path) -> None:
    root = Path(__file__).parent.parent.parent
    with double(file, root) as client:
        headers = client.get("/_specdouble/credentials/ada@tether.example").json()["headers"]
        client.get("/api/prompts/user", headers=headers).raise_for_status()
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM documents").fetchone() == (0,)
    database.close()


def test_a_file_that_cannot_keep_the_state_is_told(file: Path, tmp_path: Path) -> None:
    file.write_text("no database " * 200)
    with pytest.raises(PersistenceError, match="is no SQLite database"):
        Double(Settings(FOLDER / "tasks.yaml", persist=file))
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (a)")
    database.close()
    with pytest.raises(PersistenceError, match="something else"):
        Double(Settings(FOLDER / "tasks.yaml", persist=other))
    with pytest.raises(PersistenceError, match="unable to open"):
        Double(Settings(FOLDER / "tasks.yaml", persist=tmp_path / "nowhere" / "state.db"))
    taken = tmp_path / "taken.db"
    with double(taken), pytest.raises(PersistenceError, match="another process has it"):
        Double(Settings(FOLDER / "tasks.yaml", persist=taken))


def test_what_could_not_be_written_is_written_with_the_next_change(
    file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Double(Settings(FOLDER / "tasks.yaml", persist=file))
    persistence = made._persistence
    assert persistence is not None
    tasks = made.world("default").collection("tasks", None)

    def fail(_changes: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(persistence, "_write", fail)
        for number in range(3):
            tasks.insert_one({"id": 100 + number, "title": f"lost {number}", "done": False})
            made.keep()
    assert caplog.text.count("disk is full") == 1
    tasks.insert_one({"id": 200, "title": "kept", "done": False})
    made.keep()
    made.close()
    again = Double(Settings(FOLDER / "tasks.yaml", persist=file))
    assert {100, 101, 102, 200} <= {task["id"] for task in again.world("default").collection("tasks", None).find()}
    again.close()


def started(file: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "specdouble", "serve", "--quiet", "--port", "0", "--persist", str(file)]
    process = subprocess.Popen([*command, str(FOLDER / "tasks.yaml")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().split(" at ")[1].strip()


@pytest.mark.slow
def test_what_was_answered_is_there_after_fifty_sudden_ends(file: Path) -> None:
    random.seed(1)
    promised: dict[int, str] = {}
    for round in range(50):
        process, url = started(file)
        ended = threading.Timer(random.uniform(0.02, 0.3), os.kill, (process.pid, signal.SIGKILL))
        number = 0
        with httpx.Client(base_url=url) as client:
            held = {task["id"]: task["title"] for task in client.get(TASKS, params={"limit": 1000}).json()}
            assert promised.items() <= held.items(), f"after {round} ends"
            ended.start()
            try:
                while True:
                    made = create(client, f"{round}-{number}")
                    promised[made["id"]] = made["title"]
                    number += 1
                    if number % 3 == 0:
                        gone = random.choice(sorted(promised))
                        client.delete(f"{TASKS}/{gone}")
                        del promised[gone]
            except httpx.TransportError:
                pass
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    assert len(promised) > 50
