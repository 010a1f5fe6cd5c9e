"""What a discovery prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.discover.discovery import Discovery
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.outcome import UNDECIDED, Outcome
from specdouble.discover.screen import Screen
from specdouble.verify.settings import Settings

SHELF = Path(__file__).parents[1] / "library" / "openapi.yaml"
NOBODY = "no user is named"


def _undecided(rule: str, reason: str) -> Outcome:
    hypothesis = Hypothesis("x-unique", f"/components/schemas/{rule}", True, Source("shape"))
    return Outcome(hypothesis, UNDECIDED, rule, f"{rule} is unique", reason)


def test_a_reason_that_many_have_in_common_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    told = [_undecided("a", NOBODY), _undecided("b", "it was late"), _undecided("c", NOBODY)]
    Screen().show(Discovery(read(SHELF), Settings(url="http://x"), outcomes=told))
    shown = capsys.readouterr().out
    assert "· c: c is unique\n    these 2: no user is named\n" in shown
    assert "· b: b is unique\n    it was late\n" in shown
    assert shown.count(NOBODY) == 1
