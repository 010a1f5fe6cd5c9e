"""The library, a shape that no check was written for, keeps its contract, and what it does wrong is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify import Account, Settings, Verdict, verify
from tests.library.faults import FAULTS
from tests.library.server import TOKENS, Server

FOLDER = Path(__file__).parent
# What is not found, with the reason.
ARGUED = {
    "version_stays": "a sentence alone says that the server counts it",
}


def _verified(fault: str, told: Settings) -> Verdict:
    users = tuple(Account(name, credentials={"token": token}) for name, token in TOKENS.items())
    with Server([fault] if fault else []) as server:
        return verify(read(FOLDER), replace(told, url=server.url, users=users, yes=True))


@pytest.mark.parametrize(
    ("fault", "check"),
    [("version_ignored", "concurrency"), ("link_repeats", "paging"), ("delete_leaves_books", "deletion")],
)
def test_a_fault_of_another_shape_is_found(fault: str, check: str) -> None:
    verdict = _verified(fault, Settings(phases=("rules",), rules=(check,), max_failures=1))
    assert [failure.check for failure in verdict.failures] == [check]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_held_against_the_correct_library(seed: int) -> None:
    assert [failure.sentence for failure in _verified("", Settings(seed=seed)).failures] == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - ARGUED.keys()))
def test_each_fault_is_found_at_first_sight(fault: str) -> None:
    assert _verified(fault, Settings(phases=("rules",), max_failures=1)).failures
