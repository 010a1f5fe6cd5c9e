"""A replica set that changes its primary: the writes of a request are done once or not at all, and 503 says when."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.double.state.store.engine import BEGUN, COUNTERS
from tests.engine.conftest import CONTRACT
from tests.engine.engines import Local
from tests.engine.primary import Primary, before

Serve = Callable[..., httpx.Client]


@pytest.fixture
def primary(local: Local) -> Iterator[Primary]:
    """A primary; asked for before the double, it stays until that has ended."""
    with before(local.url) as primary:
        yield primary


def _names(client: httpx.Client) -> list[str]:
    return [one["name"] for one in client.get("/boards").json()]


def test_a_write_that_was_done_as_the_primary_stepped_down_is_done_once(primary: Primary, serve: Serve) -> None:
    client = serve(store=f"{primary.url}/steps")
    client.get("/boards")  # the collection is made before
    primary.forgotten = 1
    made = client.post("/boards", json={"name": "one"})
    assert made.status_code == 201
    assert _names(client) == ["one"]
    path = f"/boards/{made.json()['id']}"
    primary.forgotten = 1
    assert client.patch(path, json={"state": "closed"}).json()["state"] == "closed"
    primary.forgotten = 1
    assert client.delete(path).status_code == 204
    assert _names(client) == []
    assert primary.forgotten < 0


@pytest.mark.parametrize("collection", [BEGUN, "boards"])
def test_what_a_world_begins_with_is_put_in_once_though_no_answer_came(
    collection: str, primary: Primary, serve: Serve, tmp_path: Path
) -> None:
    shutil.copy(CONTRACT, tmp_path / "openapi.yaml")
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "mock_data" / "boards.json").write_text('[{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]')
    primary.only, primary.forgotten = ("insert", collection), 1
    begun = time.monotonic()
    assert _names(serve(tmp_path, store=f"{primary.url}/begins")) == ["A", "B"]
    assert primary.forgotten <= 0
    assert time.monotonic() < begun + 20, "who had begun was waited for, as if it were another one"


def test_what_is_counted_is_counted_once_though_no_answer_came(primary: Primary, serve: Serve) -> None:
    client = serve(store=f"{primary.url}/counts")
    board = client.post("/boards", json={"name": "one"}).json()["id"]
    first = client.post("/cards", json={"board": board}).json()["number"]
    primary.only, primary.forgotten = ("findAndModify", COUNTERS), 1
    assert client.post("/cards", json={"board": board}).json()["number"] == first + 1
    assert primary.forgotten <= 0
    client.put("/_specdouble/faults", json=[{"operation": "listBoards", "status": 503, "times": 2}])
    primary.only, primary.forgotten = ("findAndModify", "faults_met"), 1
    assert [client.get("/boards").status_code for _ in range(3)] == [503, 503, 200]


def test_a_snapshot_has_each_document_once_though_no_answer_came(primary: Primary, serve: Serve) -> None:
    client = serve(store=f"{primary.url}/keeps")
    client.post("/boards", json={"name": "one"})
    primary.only, primary.forgotten = ("insert", "snapshot_documents"), 1
    assert client.put("/_specdouble/snapshots/s").is_success
    assert primary.forgotten <= 0
    assert len(client.get("/_specdouble/snapshots/s").json()["boards"]) == 1


@pytest.mark.slow
def test_without_a_primary_it_is_503_until_there_is_one_and_nothing_was_done(primary: Primary, serve: Serve) -> None:
    client = serve(store=f"{primary.url}/steps")
    one = client.post("/boards", json={"name": "one"}).json()["id"]
    primary.is_primary = False
    for answer in (
        client.get("/boards"),
        client.post("/boards", json={"name": "two"}),
        client.patch(f"/boards/{one}", json={"name": "x"}),
        client.delete(f"/boards/{one}"),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    primary.is_primary = True
    assert client.post("/boards", json={"name": "two"}).status_code == 201
    assert _names(client) == ["one", "two"]
