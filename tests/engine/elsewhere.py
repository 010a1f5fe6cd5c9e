"""A plugin of pytest by which the tests of the embedded store's state run on an engine: `make test-engine`.

`SPECDOUBLE_TEST_ENGINE` names it, or is the URL of one that runs. Each double that a test makes in its own process,
without a store, has one that nobody has used; a server that it starts as a process stays on the embedded store. What
an engine lacks, or what holds on no engine, is named here: those tests are expected to fail.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from unittest import mock
from uuid import uuid4

import pytest

from specdouble.double.state.store import Store, open_store
from tests.engine.engines import running

ENGINE = "SPECDOUBLE_TEST_ENGINE"
_PLACES = "the places under a unique index keep the limit though the mutant does not"
_ID = "takes a field that is called `id` for the key of its own row"
LACKS = {
    "nx-27017": {
        "test_a_changed_document_stays_with_its_parent": _ID,
        "test_a_body_moves_no_document_out_of_its_path": _ID,
        "test_a_value_is_emptied_where_the_end_is_set_null": "finds no entry of an array by equality",
    },
    "": {  # any
        "test_the_verifier_kills_each_mutant[limit.not-atomic:cards]": _PLACES,
        "test_the_verifier_kills_each_mutant[limit.unchecked-on-update:cards]": _PLACES,
        "test_the_verifier_finds_them_kept[async]": "an async handler is not called anew",
        "test_a_deletion_that_reaches_what_must_stay_changes_nothing": "1,500 documents leave one by one",
    },
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect those to fail for which something is lacking."""
    lacks = LACKS[""] | LACKS.get(os.environ[ENGINE], {})
    for item in items:
        if item.name in lacks:
            item.add_marker(pytest.mark.xfail(reason=lacks[item.name], strict=False))


@pytest.fixture(scope="session", autouse=True)
def _everywhere() -> Iterator[None]:
    """Have every double of the session on the engine."""
    with _engine(os.environ[ENGINE]) as engine:
        opened: list[Store] = []

        def elsewhere(url: str | None) -> Store:
            store = open_store(url or f"{engine}/e{uuid4().hex[:12]}")
            opened.append(store)
            return store

        with mock.patch("specdouble.double.double.open_store", elsewhere):
            yield
        for store in opened:
            store.close()


@contextlib.contextmanager
def _engine(named: str) -> Iterator[str]:
    """The URL of the engine of that name, or at that URL."""
    if named.startswith("mongodb"):
        yield named.rstrip("/")
        return
    with running(named) as server:
        yield server.url
