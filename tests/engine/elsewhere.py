"""A plugin of pytest by which the tests of the embedded store's state run on an engine: `-p tests.engine.elsewhere`.

`SPECDOUBLE_TEST_ENGINE` names it. Each double that a test makes without a store has one that nobody has used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from unittest import mock

import pytest

from specdouble.double.state.store import Store, open_store
from tests.engine.engines import running

ENGINE = "SPECDOUBLE_TEST_ENGINE"
_numbers = count()


@pytest.fixture(scope="session", autouse=True)
def _everywhere() -> Iterator[None]:
    """Have every double of the session on the engine."""
    with running(os.environ[ENGINE]) as server:
        opened: list[Store] = []

        def elsewhere(url: str | None) -> Store:
            store = open_store(url or f"{server.url}/e{next(_numbers)}")
            opened.append(store)
            return store

        with mock.patch("specdouble.double.double.open_store", elsewhere):
            yield
        for store in opened:
            store.close()
