"""A plugin of pytest by which the tests of the embedded store's state run on an engine: `make test-engine`.

`SPECDOUBLE_TEST_ENGINE` names it, or is the URL of one that runs. Each double that a test makes in its own process,
without a store, has one that nobody has used; a server that it starts as a process stays on the embedded store, but for
those of the pages' sessions. What an engine lacks, or what holds on no engine, is named here: those tests are expected
to fail.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import Any
from unittest import mock
from uuid import uuid4

import httpx
import pytest
from pymongo import MongoClient

from specdouble.double.state.common import Common
from specdouble.double.state.store import Store, open_store
from tests.engine.engines import running

ENGINE = "SPECDOUBLE_TEST_ENGINE"
_PLACES = "the places under a unique index keep the limit though the mutant does not"
_ID = "takes a field that is called `id` for the key of its own row"
_ENTRY = "finds no entry of an array by equality"
_LEAVES = "a world of a store stays until it is deleted, and only the server could count what it holds"
_AT_ONCE = "nothing is answered in the turn of the loop that reads it: the store has to be waited for"
_PLACED = {
    "test_the_verifier_kills_each_mutant[limit.not-atomic:cards]": _PLACES,
    "test_the_verifier_kills_each_mutant[limit.unchecked-on-update:cards]": _PLACES,
}  # on FerretDB and mongo-java-server it is told from one that keeps it
_TAKES_LONG = {
    "test_a_deletion_that_reaches_what_must_stay_changes_nothing": "1,500 documents leave one by one",
    "test_they_are_where_the_answer_was_waited_for": "the next answer waits for the store, and is not there at once",
    "test_a_connection_with_a_request_under_way_is_not_idle": "an answer waits for the store, and is not there at once",
}  # whether it ends within the minute that a client waits, the machine decides
LACKS = {
    "nx-27017": {
        **_PLACED,
        "test_a_changed_document_stays_with_its_parent": _ID,
        "test_a_body_moves_no_document_out_of_its_path": _ID,
        "test_nobody_has_to_make_a_parent_that_no_operation_makes": _ID,
        "test_an_envelope_may_be_called_as_a_property_of_the_document_is": _ID,
        "test_what_is_let_in_under_a_parent_that_is_not_there_is_found_under_it": _ID,
        "test_a_list_below_its_parents_id_is_a_list_though_its_documents_stand_below_a_word_more": _ID,
        "test_a_value_is_emptied_where_the_end_is_set_null": _ENTRY,
        "test_what_names_a_document_that_is_deleted_softly_goes_or_forgets_it[shop]": _ENTRY,
        "test_a_label_is_taken_off_and_a_parent_stays[tracker]": _ENTRY,
        "test_a_handler_signs_in_by_a_cookie_and_so_does_the_verifier": _ID,
        "test_int32_has_32_bits": "does not quote the name of a collection that is a word of SQL",
    },
    "": {  # any
        "test_the_verifier_finds_them_kept[async]": "an async handler is not called anew",
        **_TAKES_LONG,
        "test_what_is_answered_at_once_is_answered_as_through_asgi": _AT_ONCE,
        "test_head_and_body_are_one_write": _AT_ONCE,
        "test_fields_that_came_twice_are_parsed_no_more": _AT_ONCE,
        "test_a_world_that_shares_counts_its_own_writes_alone": _LEAVES,
        "test_they_are_no_writes_of_a_client_and_come_back_after_a_reset": _LEAVES,
        "test_the_terminal_is_told_once_when_worlds_begin_to_leave": _LEAVES,
        "test_what_is_held_is_nothing_again_after_a_reset": _LEAVES,
        "test_idle_worlds_leave_a_full_store_before_a_document_is_refused": _LEAVES,
        "test_a_world_that_nobody_asks_for_long_enough_leaves_and_says_so_once": _LEAVES,
        "test_who_comes_back_to_a_world_that_left_with_documents_is_told_once": _LEAVES,
        "test_a_full_store_takes_no_document_more_and_says_which_option_gives_room": _LEAVES,
        "test_a_full_store_takes_documents_again_after_some_are_deleted": _LEAVES,
        **{f"test_a_refused_request_makes_no_world[asked{number}]": _LEAVES for number in range(4)},
        "test_what_lies_below_a_document_is_found_by_an_index_however_much_lies_below_others": "tells no indexes",
    },
}
_handle_request = httpx.HTTPTransport.handle_request
_SESSIONS = {"test_readme.py"}  # of which each server of a process has a store that is the test's own
_EMBEDDED = {"test_persistence.py"}  # of `--persist`, which is for the embedded store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect those to fail for which something is lacking, and leave out what is about the embedded store."""
    lacks = LACKS[""] | LACKS.get(os.environ[ENGINE], {})
    items[:] = [item for item in items if item.path.name not in _EMBEDDED]
    for item in items:
        if item.name in lacks:
            item.add_marker(pytest.mark.xfail(reason=lacks[item.name], strict=item.name not in _TAKES_LONG))


class _Opened:
    """What doubles have opened: a test that is done leaves nothing behind that goes on asking the engine."""

    def __init__(self) -> None:
        self._closing: list[ExitStack] = []

    @contextlib.contextmanager
    def within(self, closing: ExitStack) -> Iterator[None]:
        """What is opened while the context lasts is closed with these."""
        self._closing.append(closing)
        try:
            yield
        finally:
            self._closing.remove(closing)

    def store(self, url: str) -> Store:
        """Open a store."""
        store = open_store(url)
        self._closing[-1].callback(store.close)
        return store

    def fresh(self, engine: MongoClient[Any], url: str) -> Store:
        """Open a store that nobody has used, and that the engine forgets afterwards."""
        name = f"e{uuid4().hex[:12]}"
        self._closing[-1].callback(_forget, engine, name)
        return self.store(f"{url}/{name}")

    def common(self, *given: Any) -> Common:
        """What a double has in common with others: it asks the engine again and again until it is closed."""
        common = Common(*given)
        self._closing[-1].callback(common.close)
        return common


_opened = _Opened()


def _patiently(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
    """Ask, and wait longer than the five seconds that httpx would: an engine may share its cores with much else."""
    timeout = request.extensions["timeout"]
    request.extensions["timeout"] = {name: 60 if waits == 5 else waits for name, waits in timeout.items()}
    return _handle_request(transport, request)


def _forget(engine: MongoClient[Any], prefix: str) -> None:
    for name in engine.list_database_names():
        if name.startswith(prefix):
            engine.drop_database(name)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Generator[None]:
    """What a fixture of several tests opens is closed after the last of them."""
    if fixturedef.scope == "function":
        return (yield)
    closing = ExitStack()
    request.addfinalizer(closing.close)
    with _opened.within(closing):
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _everywhere() -> Iterator[str]:
    """Have every double of the session on the engine; gives its URL."""
    with _engine(os.environ[ENGINE]) as url, MongoClient[Any](url) as engine:

        def elsewhere(given: str | None) -> Store:
            return _opened.store(given) if given else _opened.fresh(engine, url)

        with (
            mock.patch("specdouble.double.double.open_store", elsewhere),
            mock.patch("specdouble.double.state.sharing_process.Common", _opened.common),
            mock.patch.object(httpx.HTTPTransport, "handle_request", _patiently),
        ):
            yield url


@pytest.fixture(autouse=True)
def _closed(_everywhere: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test opens is closed after it."""
    if request.path.name in _SESSIONS:
        monkeypatch.setenv("SPECDOUBLE_STORE", f"{_everywhere}/e{uuid4().hex[:12]}")
    with ExitStack() as closing, _opened.within(closing):
        yield


@contextlib.contextmanager
def _engine(named: str) -> Iterator[str]:
    """The URL of the engine of that name, or at that URL."""
    if named.startswith("mongodb"):
        yield named.rstrip("/")
        return
    with running(named) as server:
        yield server.url
