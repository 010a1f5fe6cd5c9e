"""A value that is to be new is another one each time, whatever pattern it has to match."""

from __future__ import annotations

import pytest

from specdouble.contract import Contract
from specdouble.verify.session import Session
from tests.verify.conftest import settings

PATTERNS = ("^[0-9A-Z]{10}$", "^[A-Z]{10}$", "^[a-z0-9-]{8}$", "^[0-7][0-9A-HJKMNP-TV-Z]{25}$", "^[0-9]{12}$")


def test_values_of_a_pattern_are_hardly_those_of_an_earlier_run(contract: Contract) -> None:
    pattern = "^[A-F]{2}-[0-9]{4}$"
    runs = [Session(contract, settings("http://127.0.0.1:1")).fresh for _ in range(2)]
    one, other = ({fresh.value({"type": "string", "pattern": pattern}) for _ in range(40)} for fresh in runs)
    assert len(one & other) <= 1


def test_of_a_pattern_that_few_texts_match_none_is_given_twice(contract: Contract) -> None:
    fresh = Session(contract, settings("http://127.0.0.1:1")).fresh
    found = [fresh.value({"type": "string", "pattern": "^[AB][0-9]$"}) for _ in range(16)]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("vary", [False, True])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_value_of_a_pattern_is_given_twice(contract: Contract, pattern: str, vary: bool) -> None:
    session = Session(contract, settings("http://127.0.0.1:1"))
    session.fresh.vary = vary
    found = [session.fresh.value({"type": "string", "pattern": pattern}, compact=True) for _ in range(100)]
    assert len(set(found)) == len(found)
