"""The stores that the tests of this folder run on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from tests.engine.engines import VARIABLE, Local, NotInstalled, running

CONTRACT = Path(__file__).with_name("boards.yaml")
_numbers = count()


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("ferretdb", "ferretdb-postgresql")]


@pytest.fixture(scope="session", params=["nx-27017", *SLOW, VARIABLE])
def engine_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each engine that is here; the others are named with the reason."""
    if request.param == VARIABLE:
        url = os.environ.get(VARIABLE)
        if url is None:
            pytest.skip(f"{VARIABLE} names no server")
        yield url.rstrip("/")
        return
    try:
        with running(request.param) as server:
            yield server.url
    except NotInstalled as error:
        pytest.skip(f"{request.param} is not installed: {error}")


@pytest.fixture
def local() -> Iterator[Local]:
    """A small engine of the test's own, which it may stop and start."""
    try:
        with running("nx-27017") as server:
            yield server
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture(params=["nx-27017", *SLOW])
def own(request: pytest.FixtureRequest) -> Iterator[Local]:
    """Each engine that tests start, as one of the test's own, which it may stop and start."""
    try:
        with running(request.param) as server:
            yield server
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture
def store(engine_url: str) -> str:
    """The URL of a store that nobody has used."""
    return f"{engine_url}/t{os.getpid()}_{next(_numbers)}"


@pytest.fixture
def serve() -> Iterator[Callable[..., httpx.Client]]:
    """Starts a double of a contract, with these settings, and gives a client of it."""
    with contextlib.ExitStack() as stack:

        def started(contract: Path = CONTRACT, **settings: object) -> httpx.Client:
            double = Double(Settings(contract, **settings))  # type: ignore[arg-type]
            url = stack.enter_context(Server(double, "127.0.0.1", 0).running())
            return stack.enter_context(httpx.Client(base_url=url, timeout=60))

        yield started
