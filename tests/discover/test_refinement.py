"""What was seen of a server answers what words claim, where it says no less than people mean by them."""

from __future__ import annotations

from typing import Any

import pytest

from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.refinement import is_refined_by


def _unique(miner: Any, value: Any) -> Hypothesis:
    return Hypothesis("x-unique", "/components/schemas/Hall/properties/name", value, Source(miner))


@pytest.mark.parametrize("seen", ["case", "ascii-case"])
def test_who_compares_in_lower_case_keeps_what_is_said_to_be_case_insensitive(seen: str) -> None:
    claim = _unique("prose", {"ignore": ["case"]})
    assert is_refined_by(claim, _unique("trial", {"within": ["firmId"], "ignore": [seen]}))


@pytest.mark.parametrize("seen", [True, {"ignore": ["space"]}])
def test_who_tells_capitals_apart_does_not(seen: Any) -> None:
    claim = _unique("prose", {"ignore": ["case"]})
    assert not is_refined_by(claim, _unique("trial", seen))
