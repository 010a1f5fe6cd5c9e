"""The clock: it stands still, is shifted, runs faster; from the command line and while it serves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.double.state.clock import Clock

ROOT = Path(__file__).parent.parent.parent
CLOCK = "/_specdouble/clock"
MOMENT = "2026-05-01T09:00:00.000+00:00"


@pytest.fixture(scope="module")
def double() -> Double:
    return Double(Settings(ROOT))


@pytest.fixture(scope="module")
def client(double: Double) -> Iterator[httpx.Client]:
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def test_a_frozen_clock_stands_still() -> None:
    clock = Clock("2026-05-01T09:00:00.123Z")
    assert clock.timestamp() == clock.timestamp(after=clock.timestamp()) == "2026-05-01T09:00:00.123Z"


@pytest.mark.parametrize(("setting", "seconds"), [("+3h", 10_800), ("-2d", -172_800), ("+1w", 604_800)])
def test_a_shifted_clock_runs_ahead_or_behind(setting: str, seconds: int) -> None:
    assert abs(Clock(setting).seconds() - time.time() - seconds) < 1


def test_a_fast_clock_runs_as_many_times_faster() -> None:
    clock, began = Clock(), time.time()
    clock.run(0, speed=1000)
    time.sleep(0.01)
    assert 10 <= clock.seconds() <= (time.time() - began) * 1000


@pytest.mark.parametrize("setting", ["yesterday", "+3", "+999999999999999w", "0001-01-01T00:00:00+05:00"])
def test_what_is_no_time_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r"moment|years"):
        Clock(setting)


def test_a_served_clock_is_frozen_moved_and_freed(client: httpx.Client) -> None:
    assert client.put(CLOCK, json={"at": "2026-05-01T09:00:00Z"}).json() == {"now": MOMENT, "speed": 0}
    assert client.put(CLOCK, json={"shift": "+1h"}).json()["now"][:10] != MOMENT[:10]
    assert client.put(CLOCK, json={"at": "2026-05-01T09:00:00Z", "speed": 60}).json()["speed"] == 60
    assert client.delete(CLOCK).status_code == 204
    assert client.get(CLOCK).json()["speed"] == 1


def test_a_token_expires_when_the_clock_moves_on(client: httpx.Client, double: Double) -> None:
    headers = {"Authorization": f"Bearer {double.token('ada@tether.example')}"}
    assert client.get("/api/prompts/user", headers=headers).status_code == 200
    client.put(CLOCK, json={"shift": "+2w"})
    assert client.get("/api/prompts/user", headers=headers).status_code == 401
    client.delete(CLOCK)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"to": "2026"}, 422),
        ({"at": "2026-05-01T09:00:00Z", "shift": "+1h"}, 422),
        ({"at": "tomorrow"}, 422),
        ({"speed": "fast"}, 422),
        ({"speed": -1}, 422),
        ([], 400),
        (None, 422),
    ],
)
def test_what_sets_no_clock_is_told(client: httpx.Client, body: Any, status: int) -> None:
    answer = client.put(CLOCK, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.get(CLOCK).json()["speed"] == 1
