"""A value that is to be new is another one each time, whatever pattern it has to match."""

from __future__ import annotations

import pytest

from specdouble.contract import Contract
from specdouble.verify.session import Session
from tests.verify.conftest import settings

PATTERNS = ("^[0-9A-Z]{10}$", "^[A-Z]{10}$", "^[a-z0-9-]{8}$", "^[0-7][0-9A-HJKMNP-TV-Z]{25}$", "^[0-9]{12}$")


@pytest.mark.parametrize("vary", [False, True])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_value_of_a_pattern_is_given_twice(contract: Contract, pattern: str, vary: bool) -> None:
    session = Session(contract, settings("http://127.0.0.1:1"))
    session.fresh.vary = vary
    found = [session.fresh.value({"type": "string", "pattern": pattern}, compact=True) for _ in range(100)]
    assert len(set(found)) == len(found)
