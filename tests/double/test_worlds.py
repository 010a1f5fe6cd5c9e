"""Worlds: made by requests that succeed, bounded in number, and none leaves with documents unsaid."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World
from tests.contracts import FOLDER

TASKS = FOLDER / "tasks.yaml"


@pytest.fixture
def few() -> Iterator[tuple[Double, httpx.Client]]:
    """A double with places for three worlds, the default one among them."""
    double = Double(Settings(TASKS, worlds=3))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=30) as client:
        yield double, client


def in_world(name: str) -> dict[str, str]:
    return {"X-Specdouble-World": name}


def post(client: httpx.Client, name: str, **task: Any) -> httpx.Response:
    return client.post("/api/v1/tasks", json={"title": "A task", **task}, headers=in_world(name))


def read(client: httpx.Client, name: str) -> httpx.Response:
    return client.get("/api/v1/tasks", headers=in_world(name))


def names(double: Double) -> set[str]:
    return {world.name for world in double.worlds}


@pytest.mark.parametrize(
    "asked",
    [
        ("POST", "/api/v1/tasks", {"json": {"title": 1}}),
        ("POST", "/api/v1/tasks", {"content": "{", "headers": {"Content-Type": "application/json"}}),
        ("GET", "/api/v1/tasks/00000000-0000-0000-0000-000000000000", {}),
        ("GET", "/api/v1/tasks", {"headers": {"Prefer": "code=500"}}),
        ("GET", "/api/v1/nowhere", {}),
        ("PATCH", "/api/v1/tasks", {}),
        ("GET", "/_specdouble/journal", {}),
        ("POST", "/_specdouble/reset", {}),
    ],
)
def test_a_refused_request_makes_no_world(few: tuple[Double, httpx.Client], asked: tuple[str, str, Any]) -> None:
    double, client = few
    method, path, options = asked
    options = {**options, "headers": {**options.get("headers", {}), **in_world("new")}}
    client.request(method, path, **options)
    assert names(double) == {"default"}


def test_a_refused_request_to_a_world_that_is_there_leaves_it(few: tuple[Double, httpx.Client]) -> None:
    double, client = few
    made = post(client, "mine").json()
    client.post("/api/v1/tasks", json={"title": 1}, headers=in_world("mine"))
    assert made in read(client, "mine").json()
    assert names(double) == {"default", "mine"}


def test_the_world_that_is_idle_for_longest_leaves(few: tuple[Double, httpx.Client]) -> None:
    double, client = few
    for name in ("a", "b", "a", "c"):
        read(client, name)
    assert names(double) == {"default", "a", "c"}


def test_who_comes_back_to_a_world_that_left_with_documents_is_told_once(few: tuple[Double, httpx.Client]) -> None:
    _, client = few
    for name in ("a", "b", "c"):
        post(client, name, title="Mine")
    told = read(client, "a")
    assert told.status_code == 410
    assert "a larger --max-worlds" in told.text
    journal = client.get("/_specdouble/journal").json()
    assert journal[0]["explanation"]["title"] == "The world has left"
    begun = read(client, "a")
    assert (begun.status_code, "Mine" in begun.text) == (200, False)


def test_a_world_that_was_only_read_leaves_without_a_word(few: tuple[Double, httpx.Client]) -> None:
    _, client = few
    for name in ("a", "b", "c", "a"):
        assert read(client, name).status_code == 200


@pytest.mark.parametrize("path", ["/_specdouble/reset"])
def test_a_world_that_left_and_is_reset_begins_anew(few: tuple[Double, httpx.Client], path: str) -> None:
    _, client = few
    for name in ("a", "b", "c"):
        post(client, name)
    assert client.post(path, headers=in_world("a")).status_code == 204
    assert read(client, "a").status_code == 200


def test_the_terminal_is_told_once_when_worlds_begin_to_leave(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "specdouble")
    double = Double(Settings(TASKS, worlds=2))
    for name in ("a", "b", "c"):
        double.world(name).collection("tasks", None).insert_one({"title": "x"})
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "there are 2 worlds: `a`, idle for longest, has left with its documents" in told[0]
    assert "--max-worlds" in told[0]


def test_the_default_world_stays_and_a_busy_one_too() -> None:
    double = Double(Settings(TASKS, worlds=3))
    busy = double.world("busy")
    busy.busy = 1
    for number in range(5):
        double.world(f"w{number}").used = number + 1
    assert names(double) == {"default", "busy", "w4"}
    double.world("w4").busy = 1
    with pytest.raises(Problem) as refused:
        double.world("another")
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})


def test_a_request_that_is_waited_for_keeps_its_world(few: tuple[Double, httpx.Client]) -> None:
    double, client = few

    async def both() -> httpx.Response:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=30) as asking:
            slow = {**in_world("slow"), "Prefer": "wait=5, delay=400"}
            waiting = asyncio.create_task(asking.post("/api/v1/tasks", json={"title": "Slow"}, headers=slow))
            while not double.worlds.of("slow").busy:
                await asyncio.sleep(0.01)
            for number in range(5):
                await asking.get("/api/v1/tasks", headers=in_world(f"w{number}"))
            return await waiting

    made = asyncio.run(both())
    assert made.status_code == 201
    assert made.json() in read(client, "slow").json()
    assert "slow" in names(double)


def test_a_reset_of_all_gives_each_world_its_seed_again(few: tuple[Double, httpx.Client]) -> None:
    _, client = few
    seeded = read(client, "default").json()
    for name in ("default", "a"):
        post(client, name)
    client.post("/_specdouble/reset").raise_for_status()
    assert read(client, "default").json() == seeded
    assert len(read(client, "a").json()) == len(seeded)


def test_nothing_stays_of_a_world_that_left() -> None:
    double = Double(Settings(TASKS, worlds=5))

    def objects() -> int:
        gc.collect()
        return len(gc.get_objects())

    def use(numbers: range) -> None:
        for number in numbers:
            double.world(f"w{number}").used = number + 1

    use(range(20))
    before = objects()
    use(range(20, 320))
    assert objects() - before < 300
    assert isinstance(double.world("w319"), World)


# The bytes of all documents


@pytest.fixture
def small() -> Iterator[tuple[Double, httpx.Client]]:
    """A double with room for some kilobytes of documents."""
    double = Double(Settings(TASKS, store_limit=20_000))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=30) as client:
        yield double, client


def filled(client: httpx.Client, name: str) -> httpx.Response:
    """The first answer in a world that is no longer a success, of two hundred."""
    answers = (post(client, name, title=f"A task {number}") for number in range(200))
    return next(answer for answer in answers if answer.status_code != 201)


def test_a_full_store_takes_no_document_more_and_says_which_option_gives_room(
    small: tuple[Double, httpx.Client],
) -> None:
    _, client = small
    refused = filled(client, "default")
    assert refused.status_code == 507
    assert "--store-limit" in refused.text
    assert read(client, "default").status_code == 200


def test_a_full_store_takes_documents_again_after_some_are_deleted(small: tuple[Double, httpx.Client]) -> None:
    _, client = small
    filled(client, "default")
    for task in read(client, "default").json()[:2]:
        assert client.delete(f"/api/v1/tasks/{task['id']}").status_code == 204
    assert post(client, "default").status_code == 201


def test_idle_worlds_leave_a_full_store_before_a_document_is_refused(small: tuple[Double, httpx.Client]) -> None:
    double, client = small
    post(client, "idle")
    assert filled(client, "busy").status_code == 507
    assert "idle" not in names(double)
    assert read(client, "idle").status_code == 410


def test_what_is_held_is_nothing_again_after_a_reset(small: tuple[Double, httpx.Client]) -> None:
    double, client = small
    before = double._store.held
    filled(client, "one")
    assert double._store.held > before
    double.reset()
    assert double._store.held == before


def test_a_document_that_is_replaced_takes_the_room_of_one(small: tuple[Double, httpx.Client]) -> None:
    double, _ = small
    tasks = double.world("one").collection("tasks", None)
    key = tasks.insert_one({"title": "x" * 100}).inserted_id
    held = double._store.held
    for letter in "abcdef":
        tasks.update_one({"id": key}, {"$set": {"title": letter * 100}})
    assert double._store.held == held


def test_a_world_that_nobody_asks_for_long_enough_leaves_and_says_so_once() -> None:
    double = Double(Settings(TASKS, world_timeout=60))
    for name, ago in (("idle", 61), ("fresh", 30), ("read", 100)):
        world = double.world(name)
        if name != "read":
            world.collection("tasks", None).insert_one({"id": 9, "title": name, "done": False})
        world.used = time.time() - ago
    double.worlds._looked -= 60  # it is not looked with each new world
    double.world("another")
    assert sorted(world.name for world in double.worlds) == ["another", "default", "fresh"]
    with pytest.raises(Problem, match="has left") as left:
        double.world("idle")
    assert "--world-timeout" in str(left.value.detail)
    assert double.world("idle").writes == 0
    assert double.world("read") is not None
