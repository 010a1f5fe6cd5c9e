"""The tracker keeps its contract, and what it does wrong is found: each fault by a verification that stops at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from specdouble.contract import read
from specdouble.verify import verify
from tests.tracker.faults import KINDS
from tests.tracker.score import FOLDER, examine, settings
from tests.tracker.server import Server

QUICK = {  # one of a kind, by the check that finds it
    "task_read_below_another": "nesting", "page_skips_one": "paging", "filter_false_ignored": "filtering",
    "refused_code_changes_rest": "refused_leaves_no_trace",
}  # fmt: skip
# By kind of fault, the checks that find most of them: what these find needs no others. A tenth of the work.
ABOUT = {
    "who sees what": ("owner:projects.ownerId",), "another parent": ("nesting",), "paging": ("paging", "filtering"),
    "filters and sorts": ("filtering",), "deletes": ("deletion", "unique:projects.name"),
    "patches and replacements": ("partial_update", "replacement", "refused_leaves_no_trace", "derived_values"),
    "in any order": ("programs",), "header fields": ("header_fields",), "idempotency keys": ("idempotency",),
    "values": ("boundaries", "read_your_writes"), "credentials": ("authentication",),
}  # fmt: skip
# What the contract does not promise, with the reason; nothing is held against a server for it.
UNPROMISED = {
    "cursor_never_ends": "that a cursor leads to one more page, which is empty, is usual",
    "delete_leaves_dangling": "what becomes of references is said by `onDelete` alone",
    "deleted_id_given_again": "some databases give the largest number again",
    "head_differs": "the contract declares no HEAD",
    "key_keeps_refusals": "a refusal may be answered again for its key",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One tracker for all tests of a module."""
    with Server() as running:
        yield running


def _found(server: Server, fault: str, check: str) -> list[str]:
    server.switch([fault] if fault else [])
    told = settings(server.url)
    return verify(read(FOLDER), replace(told, phases=("rules",), rules=(check,), max_failures=1, yes=True)).broken


@pytest.mark.parametrize(("fault", "check"), QUICK.items())
def test_a_fault_is_found_by_the_check_of_its_kind(server: Server, fault: str, check: str) -> None:
    assert _found(server, fault, check) == [check]


@pytest.mark.slow
def test_a_program_that_fails_is_told_by_its_shortest_form() -> None:
    with Server(["delete_takes_changed"]) as running:
        told = replace(settings(running.url), phases=("rules",), rules=("programs",), yes=True)
        [failure] = verify(read(FOLDER), told).failures
    # What is created is shown with it, each by one step: two documents, a change and a delete are the least.
    assert failure.expected.count(";") <= 4


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_held_against_the_correct_tracker(seed: int) -> None:
    with Server() as running:
        verdict = verify(read(FOLDER), replace(settings(running.url), seed=seed, yes=True))
    assert [failure.sentence for failure in verdict.failures] == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "fault"), [(kind, fault) for kind, faults in KINDS.items() for fault in faults])
def test_each_fault_is_found_or_argued(kind: str, fault: str) -> None:
    """By the checks that its kind is about; by all of them where these find nothing."""
    with Server([fault]) as running:
        told = replace(settings(running.url), phases=("rules",), max_failures=1, yes=True)
        found = kind in ABOUT and bool(verify(read(FOLDER), replace(told, rules=ABOUT[kind])).failures)
    assert found or fault in UNPROMISED or examine(fault).check  # programs find some that are argued, by chance
