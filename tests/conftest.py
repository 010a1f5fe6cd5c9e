"""A running double of this project for every test, each test in a world of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: at the end no worker waits for another that has just begun it."""
    items.sort(key=lambda one: one.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The base URL of a double of the root project."""
    with serving(Settings(ROOT)) as url:
        yield url


@pytest.fixture
def world(url: str) -> Iterator[httpx.Client]:
    """A client without credentials in a fresh world."""
    with httpx.Client(base_url=url, headers={"X-Specdouble-World": uuid4().hex}, timeout=30) as client:
        yield client


def signed_in(world: httpx.Client, name: str) -> httpx.Client:
    """A client in the same world, with the token of `ada`, `grace`, `linus`, ..."""
    answer = world.post("/api/auth/login", json={"email": f"{name}@tether.example", "password": f"{name}-password"})
    answer.raise_for_status()
    headers = {**world.headers, "Authorization": f"Bearer {answer.json()['token']}"}
    return httpx.Client(base_url=world.base_url, headers=headers, timeout=30)


@pytest.fixture
def ada(world: httpx.Client) -> Iterator[httpx.Client]:
    """Ada, of the north."""
    with signed_in(world, "ada") as client:
        yield client


@pytest.fixture
def grace(world: httpx.Client) -> Iterator[httpx.Client]:
    """Grace, of the same organization as Ada."""
    with signed_in(world, "grace") as client:
        yield client


@pytest.fixture
def linus(world: httpx.Client) -> Iterator[httpx.Client]:
    """Linus, of another organization."""
    with signed_in(world, "linus") as client:
        yield client
