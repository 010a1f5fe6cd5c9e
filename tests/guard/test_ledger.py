"""What this run did not make is another's, however long its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify.ledger import Ledger

LONG = "a-zone-that-was-there-before.example."


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(read(Path(__file__).parent / "openapi.yaml"))


def test_a_name_that_an_answer_showed_may_be_anothers(ledger: Ledger) -> None:
    assert not ledger.may_be_anothers("people", LONG)
    ledger.see({"data": [{"name": LONG, "ownerId": 4711}]})
    assert ledger.may_be_anothers("people", LONG)
    assert ledger.is_stranger(4711)


def test_a_name_that_this_run_made_is_its_own_when_an_answer_shows_it(ledger: Ledger) -> None:
    ledger.mint(LONG)
    ledger.see([{"name": LONG}])
    assert not ledger.may_be_anothers("people", LONG)
    assert not ledger.is_stranger(LONG)
