"""What `--persist` keeps over restarts, and over the sudden end of the process."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.http.fault_injection import faults_of
from specdouble.double.server import serving
from specdouble.double.state.persistence import PersistenceError
from tests.contracts import FOLDER
from tests.test_cli import serving as served

TASKS = "/api/v1/tasks"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@contextmanager
def double(file: Path, contract: Path = FOLDER / "tasks.yaml") -> Iterator[httpx.Client]:
    with serving(Settings(contract, persist=file)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def seeded(folder: Path, tasks: list[dict[str, Any]]) -> Path:
    """A project with these tasks."""
    (folder / "openapi.yaml").write_text((FOLDER / "tasks.yaml").read_text("utf-8"))
    (folder / "mock_data").mkdir(exist_ok=True)
    (folder / "mock_data" / "tasks.json").write_text(json.dumps(tasks))
    return folder


def rows(file: Path) -> int:
    """How many documents the file has beside what collections begin with."""
    with closing(sqlite3.connect(file)) as database:
        count: int = database.execute("SELECT count(*) FROM documents").fetchone()[0]
    return count


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
    body = {"configurationName": "Fair", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}
    for status in (201, 400):
        with double(file, ROOT) as client:
            headers = client.get("/_specdouble/credentials/ada@tether.example").json()["headers"]
            assert client.post("/api/lead-management", json=body, headers=headers).status_code == status


def test_what_is_only_read_of_a_seed_is_not_written(file: Path) -> None:
    with double(file, ROOT) as client:
        headers = client.get("/_specdouble/credentials/ada@tether.example").json()["headers"]
        client.get("/api/prompts/user", headers=headers).raise_for_status()
    assert rows(file) == 0


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
    with double(taken), pytest.raises(PersistenceError, match="another process has it") as refused:
        Double(Settings(FOLDER / "tasks.yaml", persist=taken))
    assert "remove" not in refused.value.remedy


@pytest.mark.parametrize(("form", "age"), [(2, "an earlier"), (99, "a later")])
def test_a_file_of_another_version_is_left_alone_and_says_so(file: Path, form: int, age: str) -> None:
    with double(file) as client:
        create(client, "kept")
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"PRAGMA user_version = {form}")
    before = file.read_bytes()
    with pytest.raises(PersistenceError, match=f"by {age} version of specdouble, in form {form};"):
        Double(Settings(FOLDER / "tasks.yaml", persist=file))
    assert file.read_bytes() == before


def test_a_link_to_a_file_is_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(file)
    with double(link) as client:
        create(client, "kept")
        with pytest.raises(PersistenceError, match="another process has it"):
            Double(Settings(FOLDER / "tasks.yaml", persist=file))
    assert link.is_symlink()
    with double(file) as client:
        assert "kept" in titles(client)


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


def test_a_world_over_a_seed_keeps_what_it_has_changed_and_its_order(file: Path, tmp_path: Path) -> None:
    project = seeded(tmp_path, [{"id": number, "title": f"seeded {number}", "done": False} for number in range(1, 301)])
    with double(file, project) as client:
        client.delete(f"{TASKS}/2").raise_for_status()
        client.put(f"{TASKS}/3", json={"title": "changed"}).raise_for_status()
        create(client, "new")
        create(client, "elsewhere", "other")
        held, other = titles(client), titles(client, "other")
    assert rows(file) == 3
    assert held[:3] == ["seeded 1", "changed", "seeded 4"]
    for _ in range(2):
        with double(file, project) as client:
            assert (titles(client), titles(client, "other")) == (held, other)
            assert titles(client, "third")[1] == "seeded 2"


def test_a_world_keeps_its_documents_where_the_seed_is_another_by_now(file: Path, tmp_path: Path) -> None:
    project = seeded(tmp_path, [{"id": 1, "title": "old", "done": False}, {"id": 2, "title": "gone", "done": False}])
    with double(file, project) as client:
        create(client, "new")
        client.delete(f"{TASKS}/2").raise_for_status()
    seeded(tmp_path, [{"id": 7, "title": "another seed", "done": False}])
    for more in ("first", "second"):
        with double(file, project) as client:
            assert titles(client)[:2] == ["old", "new"]
            create(client, more)
            assert titles(client, more) == ["another seed"]
    with double(file, project) as client:
        assert titles(client) == ["old", "new", "first", "second"]


def test_documents_that_exchanged_what_is_unique_are_there_after_a_restart(file: Path) -> None:
    made = Double(Settings(ROOT, persist=file))
    leads = made.world("default").collection("lead_management", None)
    first, second = leads.find(limit=2)
    name, other = first["configurationName"], second["configurationName"]
    for document, new in ((first, "between"), (second, name), (first, other)):
        leads.update_one({"_id": document["_id"]}, {"$set": {"configurationName": new}})
    made.close()
    again = Double(Settings(ROOT, persist=file))
    leads = again.world("default").collection("lead_management", None)
    for document, new in ((first, other), (second, name)):
        assert leads.count_documents({"_id": document["_id"], "configurationName": new}) == 1
    again.close()


def test_the_first_write_of_a_world_does_not_wait_for_its_seed(file: Path, tmp_path: Path) -> None:
    project = seeded(tmp_path, [{"id": number, "title": f"seeded {number}", "done": False} for number in range(1, 301)])
    made = Double(Settings(project, persist=file))
    assert made._persistence is not None
    statements: list[str] = []
    made._persistence._database.set_trace_callback(statements.append)
    for world in ("default", "other"):
        made.world(world).collection("tasks", None).insert_one({"title": "new", "done": False})
        made.keep()
    assert len([one for one in statements if "INSERT" in one and "seeded" not in one]) == 4
    assert not any("seeded" in one for one in statements)
    made.close()


def test_snapshots_the_clock_and_faults_are_there_after_a_restart(file: Path) -> None:
    fault = {"operation": "addTask", "status": 503, "times": 2}
    with double(file) as client:
        create(client, "snapped")
        held = titles(client)
        client.put("/_specdouble/snapshots/mine").raise_for_status()
        client.put("/_specdouble/snapshots/other").raise_for_status()
        client.delete("/_specdouble/snapshots/other").raise_for_status()
        client.put("/_specdouble/clock", json={"at": "2026-05-01T09:00:00Z"}).raise_for_status()
        client.put("/_specdouble/faults", json=[fault]).raise_for_status()
        client.post("/_specdouble/reset").raise_for_status()
    with double(file) as client:
        assert [one["name"] for one in client.get("/_specdouble/snapshots").json()] == ["mine"]
        assert client.get("/_specdouble/clock").json() == {"now": "2026-05-01T09:00:00.000+00:00", "speed": 0}
        assert client.get("/_specdouble/faults").json() == [{**fault, "share": 1.0, "met": 0}]
        client.delete("/_specdouble/faults").raise_for_status()
        client.delete("/_specdouble/clock").raise_for_status()
        client.post("/_specdouble/snapshots/mine/restore").raise_for_status()
        assert titles(client) == held
    with double(file) as client:
        assert client.get("/_specdouble/clock").json()["now"] > "2026-05-02"
        assert client.get("/_specdouble/faults").json() == []


def test_a_clock_that_runs_ahead_has_run_on_meanwhile_and_an_option_goes_before_it(file: Path) -> None:
    with double(file) as client:
        client.put("/_specdouble/clock", json={"shift": "+52w"}).raise_for_status()
        ahead = client.get("/_specdouble/clock").json()["now"]
    with double(file) as client:
        assert client.get("/_specdouble/clock").json()["now"] > ahead
    made = Double(Settings(FOLDER / "tasks.yaml", persist=file, clock="2020-01-01T00:00:00Z"))
    assert made.clock.now().year == 2020
    made.close()


def test_faults_that_the_contract_no_longer_knows_are_forgotten_and_told(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Double(Settings(FOLDER / "tasks.yaml", persist=file))
    made.set_faults(faults_of('[{"operation": "addTask", "status": 503}]', made.contract))
    made.close()
    caplog.set_level("WARNING", "specdouble")  # a server in a test is quieter
    Double(Settings(FOLDER / "blog.yaml", persist=file)).close()
    assert "the faults that were kept are forgotten" in caplog.text
    assert "no operation `addTask`" in caplog.text


def started(file: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "specdouble", "serve", "--quiet", "--port", "0", "--persist", str(file)]
    process = subprocess.Popen([*command, str(FOLDER / "tasks.yaml")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().split(" at ")[1].strip()


@pytest.mark.long
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
                        del promised[gone]  # before: a delete that is done and not answered is no loss
                        client.delete(f"{TASKS}/{gone}").raise_for_status()
            except httpx.TransportError:
                pass
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    assert len(promised) > 50


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE documents SET document = x'ff00ff'",
        "UPDATE documents SET document = 'text'",
        "UPDATE beginnings SET documents = x'00'; UPDATE collections SET beginning = 99",
        "UPDATE snapshots SET documents = x'00'",
        "UPDATE snapshots SET name = x'ff'",
        "DROP TABLE snapshots",
        "INSERT OR REPLACE INTO controls VALUES ('clock', x'ff')",
        "INSERT OR REPLACE INTO controls VALUES ('clock', 5)",
        "UPDATE collections SET collection = x'ff'",
        "UPDATE collections SET world = 'no/name'",
        "PRAGMA writable_schema=1; UPDATE collections SET world = CAST(x'b8' AS TEXT)",
        "UPDATE documents SET document = CAST(replace(document, x'61', x'b8') AS BLOB)",
    ],
)
def test_a_file_in_which_something_is_broken_is_told_by_name(file: Path, harm: str) -> None:
    with double(file) as client:
        create(client, "a")
        client.put("/_specdouble/snapshots/one")
    with closing(sqlite3.connect(file)) as database:
        database.executescript(harm)
        database.commit()
    with pytest.raises(PersistenceError, match=str(file)) as refused:
        Double(Settings(FOLDER / "tasks.yaml", persist=file))
    with closing(sqlite3.connect(file, timeout=0)) as database:  # nobody has it any more
        database.execute("BEGIN EXCLUSIVE")
    assert refused.value.remedy


@pytest.mark.slow
def test_a_command_that_names_no_fault_leaves_those_of_the_file(file: Path) -> None:
    given = (str(FOLDER / "tasks.yaml"), "--port", "0", "--persist", str(file))
    with served(*given) as first:
        told = httpx.put(f"{first.url}/_specdouble/faults", json=[{"operation": "addTask", "status": 503}])
        assert told.status_code == 200
    with served(*given) as second:
        faults = httpx.get(f"{second.url}/_specdouble/faults").json()
    assert [one["operation"] for one in faults] == ["addTask"]
