"""What one process is told by way of the control plane holds in every other one that uses the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.state.journal import KEPT, recorded
from tests.engine.conftest import CONTRACT
from tests.engine.engines import Local

Serve = Callable[..., httpx.Client]
WORLD = {"X-Specdouble-World": "w"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose worlds begin with a board."""
    (tmp_path / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "mock_data" / "boards.json").write_text('[{"id": "first", "name": "First"}]')
    return tmp_path


@pytest.fixture
def both(serve: Serve, store: str, project: Path) -> tuple[httpx.Client, httpx.Client]:
    """Clients of two processes, each of which has made a board in the world."""
    clients = serve(project, store=store), serve(project, store=store)
    for number, client in enumerate(clients):
        assert client.post("/boards", json={"name": f"made {number}"}, headers=WORLD).status_code == 201
    return clients


def names(client: httpx.Client) -> list[str]:
    found: list[dict[str, Any]] = client.get("/boards", headers=WORLD).json()
    return [board["name"] for board in found]


FORGET = [("DELETE", "/_specdouble/worlds/w"), ("POST", "/_specdouble/reset")]


@pytest.mark.parametrize(("method", "path"), FORGET)
def test_a_world_that_one_process_lets_go_begins_anew_in_all(
    method: str, path: str, both: tuple[httpx.Client, httpx.Client]
) -> None:
    first, second = both
    assert first.request(method, path).status_code == 204
    assert names(second) == ["First"]
    assert second.post("/boards", json={"name": "Other"}, headers=WORLD).status_code == 201
    assert first.post("/boards", json={"name": " other "}, headers=WORLD).status_code == 409
    assert second.post("/boards", json={"name": "Other"}, headers=WORLD).status_code == 409
    assert names(first) == names(second) == ["First", "Other"]


@pytest.mark.parametrize("place", [0, 1])
def test_each_process_lists_the_worlds_of_all(place: int, both: tuple[httpx.Client, httpx.Client]) -> None:
    both[0].get("/boards", headers={"X-Specdouble-World": "of one"[:2] + "1"})
    told = {world["name"]: world["documents"]["boards"] for world in both[place].get("/_specdouble/worlds").json()}
    assert told == {"default": 1, "of1": 1, "w": 3}
    both[place].delete("/_specdouble/worlds/of1")
    assert "of1" not in {world["name"] for world in both[1 - place].get("/_specdouble/worlds").json()}


def test_a_reset_forgets_what_another_process_had_not_told_yet(both: tuple[httpx.Client, httpx.Client]) -> None:
    first, second = both
    for _ in range(3):
        second.get("/boards")
    first.post("/_specdouble/reset")
    for client in both:
        assert client.get("/_specdouble/journal").json() == []


def test_coverage_that_one_process_clears_is_cleared_in_all(both: tuple[httpx.Client, httpx.Client]) -> None:
    first, second = both
    assert first.delete("/_specdouble/coverage").status_code == 204
    second.get("/cards")
    for client in both:
        assert client.get("/_specdouble/coverage").json()["summary"]["operations"]["seen"] == 1


def test_a_restored_snapshot_is_what_every_process_has(both: tuple[httpx.Client, httpx.Client]) -> None:
    first, second = both
    kept = names(first)
    assert second.put("/_specdouble/snapshots/kept", headers=WORLD).status_code == 201
    second.post("/boards", json={"name": "later"}, headers=WORLD)
    assert first.post("/_specdouble/snapshots/kept/restore", headers=WORLD).status_code == 204
    assert names(first) == names(second) == kept
    for number, client in enumerate(both):
        assert client.post("/boards", json={"name": f"made {number}"}, headers=WORLD).status_code == 409
        assert client.post("/boards", json={"name": f"new {number}"}, headers=WORLD).status_code == 201
    assert len(names(first)) == len(kept) + 2


def test_processes_that_reset_at_once_while_others_write_are_all_answered(
    both: tuple[httpx.Client, httpx.Client],
) -> None:
    def ask(index: int) -> set[int]:
        client = both[index % 2]
        if index < 4:
            return {client.post("/_specdouble/worlds/w/reset").status_code for _ in range(6)}
        sent = {"id": "first", "name": "First"}
        return {client.post("/boards", json=sent, headers=WORLD).status_code for _ in range(20)}

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(8)))
    assert set().union(*statuses[:4]) == {204}
    assert set().union(*statuses[4:]) <= {201, 409}
    assert both[0].post("/_specdouble/worlds/w/reset").status_code == 204
    for client in both:
        assert names(client) == ["First"]


@pytest.mark.slow
def test_whoever_waits_for_a_process_that_has_died_keeps_nobody_waiting(serve: Serve, store: str) -> None:
    client = serve(store=store)
    with pymongo.MongoClient[dict[str, Any]](store) as server, ThreadPoolExecutor(1) as pool:
        dead = {"_id": "dead", "number": -1, "beat": time.time() + 60}
        server.get_default_database()["processes"].insert_one(dead)
        setting = pool.submit(client.put, "/_specdouble/clock", json={"at": "2030-01-01T00:00:00Z"})
        time.sleep(0.5)
        begun = time.monotonic()
        assert client.get("/boards").status_code == 200
        assert time.monotonic() < begun + 1.5
        assert not setting.done()
        assert setting.result().status_code == 200


def test_exchanges_that_had_to_make_room_before_they_were_told_are_counted(store: str) -> None:
    double = Double(Settings(CONTRACT, store=store))
    with closing(double):
        for number in range(3 * KEPT + 3):
            double.journal.record(recorded(time=number, seconds=0, world="w", method="GET", path="/", status=200))
        double.gather()
        assert (double.journal.recorded, double.journal.forgotten) == (3 * KEPT + 3, 2 * KEPT + 3)


CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/boards", None),
    ("GET", "/_specdouble/worlds", None),
    ("DELETE", "/_specdouble/worlds/w", None),
    ("POST", "/_specdouble/reset", None),
    ("POST", "/_specdouble/worlds/default/reset", None),
    ("PUT", "/_specdouble/snapshots/t", None),
    ("POST", "/_specdouble/snapshots/s/restore", None),
    ("DELETE", "/_specdouble/snapshots/s", None),
    ("PUT", "/_specdouble/faults", []),
    ("DELETE", "/_specdouble/faults", None),
    ("PUT", "/_specdouble/clock", {"at": "2030-01-01T00:00:00Z"}),
    ("DELETE", "/_specdouble/coverage", None),
    ("POST", "/_specdouble/keys/rotate", None),
]


@pytest.mark.slow
def test_nothing_is_a_failure_of_the_double_while_the_store_is_away(serve: Serve, local: Local) -> None:
    client = serve(store=f"{local.url}/away")
    client.put("/_specdouble/faults", json=[{"operation": "listBoards", "status": 418, "times": 3}])
    assert client.put("/_specdouble/snapshots/s").status_code == 201
    local.stop()
    with ThreadPoolExecutor(len(CALLS)) as pool:
        answers = list(pool.map(lambda call: client.request(call[0], call[1], json=call[2]), CALLS))
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(503, "1")] * len(CALLS)


@pytest.mark.slow
def test_what_cannot_be_set_for_all_is_set_for_none(serve: Serve, local: Local) -> None:
    client = serve(store=f"{local.url}/set")
    local.stop()
    assert client.put("/_specdouble/clock", json={"at": "2030-01-01T00:00:00Z"}).status_code == 503
    assert client.put("/_specdouble/faults", json=[{"operation": "listBoards", "status": 418}]).status_code == 503
    local.start()
    assert not client.get("/_specdouble/clock").json()["now"].startswith("2030")
    assert client.get("/_specdouble/faults").json() == []
    assert client.get("/boards").status_code == 200
