"""Every promise of the verifier has a fault that breaks it, or a reason why no double has one."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.prove.mutants import mutants_of
from specdouble.verify import Account, Settings
from specdouble.verify.case import ALWAYS, Case
from specdouble.verify.plan import plan
from specdouble.verify.session import Session
from tests.prove.oracles import ARGUED, KILLED

TESTS = Path(__file__).parents[1]
CONTRACTS = [TESTS.parent, TESTS / "tracker", TESTS / "academy"]
CONTRACTS += [TESTS / "prove" / "contracts" / name for name in ("orders", "catalog", "hotels")]


def _promises(folder: Path) -> Iterator[tuple[str, str]]:
    """What is promised by the cases that would be tried: no server is asked for that."""
    contract = read(folder)
    users = tuple(
        Account(name, credentials=dict.fromkeys(contract.security_schemes, name)) for name in ("ada", "linus")
    )
    for case in plan(Session(contract, Settings(url="http://127.0.0.1:9", users=users))):
        if isinstance(case, Case):
            yield case.check.partition(":")[0], case.promise


@pytest.fixture(scope="module")
def promises() -> set[tuple[str, str]]:
    """What is promised of all the contracts."""
    return {one for folder in CONTRACTS for one in _promises(folder)}


@pytest.fixture(scope="module")
def kinds() -> set[str]:
    """The kinds of faults that are made of one of the contracts, and can be seen."""
    return {one.kind for folder in CONTRACTS for one in mutants_of(read(folder)) if not one.equivalent}


def test_each_promise_names_the_fault_that_breaks_it_or_the_reason_why_there_is_none(
    promises: set[tuple[str, str]],
) -> None:
    known = [*KILLED, *ARGUED]
    unnamed = {one for one in promises if not any(one[0] == c and fnmatchcase(one[1], p) for c, p, _ in known)}
    assert unnamed == set()


@pytest.mark.parametrize("fault", sorted({fault for _, _, fault in KILLED}))
def test_each_fault_that_is_named_is_made(fault: str, kinds: set[str]) -> None:
    assert any(fnmatchcase(kind, fault) for kind in kinds)


def test_no_name_is_of_a_promise_that_nobody_makes(promises: set[tuple[str, str]]) -> None:
    idle = [
        (c, p) for c, p, _ in [*KILLED, *ARGUED] if not any(c == check and fnmatchcase(s, p) for check, s in promises)
    ]
    assert idle == []


def test_each_check_that_needs_no_annotation_is_among_them() -> None:
    named = {check for check, _, _ in [*KILLED, *ARGUED]}
    assert set(ALWAYS) - named == {"error_shape"}  # every answer is held to it, whatever a case promises
