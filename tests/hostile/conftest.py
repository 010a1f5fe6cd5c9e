"""Doubles of every entrance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.doubles import AsgiServer, Running, running


@pytest.fixture(scope="module")
def short() -> Iterator[Running]:
    """A server that answers at once what needs no waiting."""
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def asgi() -> Iterator[Running]:
    """A server that answers everything through ASGI."""
    with running(AsgiServer) as server:
        yield server
