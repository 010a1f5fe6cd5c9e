"""The contract of the root project, a server of it with faults to switch on, and users who sign in there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import Account, Login, Settings
from tests.backend import Backend, tokens

ROOT = Path(__file__).parents[2]
NAMES = ("ada", "grace", "linus", "alan")


def settings(url: str, **others: object) -> Settings:
    """The settings for a backend."""
    users = tuple(
        Account(
            name, {"email": f"{name}@tether.example", "password": f"{name}-password"}, {"apiKeyAuth": f"key-{name}"}
        )
        for name in NAMES
    )
    told = Settings(
        url=url,
        users=users,
        login=Login("post_auth_login"),
        signing={"bearerAuth": tokens.SECRET},
        checks=ROOT / "tests" / "rules",
        strictness="rfc",
    )
    return replace(told, **others)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The reference contract."""
    return read(ROOT)


@pytest.fixture(scope="session")
def running() -> Iterator[Backend]:
    """One backend for all tests of a worker."""
    with Backend() as backend:
        yield backend


@pytest.fixture
def backend(running: Backend) -> Backend:
    """The backend, correct and fresh."""
    running.switch()
    return running
