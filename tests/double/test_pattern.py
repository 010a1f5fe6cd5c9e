"""Texts that match a pattern: anybody's pattern, in bounded time."""

from __future__ import annotations

import re
from random import Random

import pytest

from specdouble.double.state.pattern import matching

# Each of these took minutes, or all memory, where nested repeats multiply.
MULTIPLYING = [
    ("^(a+)+$", 5000),
    ("^((a+)+)+$", 300),
    ("^(a+)+$(?<!a)", 0),
    ("((a{1000}){1000}){1000}", 0),
    ("(((){5000}){5000}){5000}", 0),
    ("^(([a-z])+.)+[A-Z]([a-z])+$", 40),
]


@pytest.mark.parametrize(("pattern", "least"), MULTIPLYING)
def test_nested_repeats_end_in_a_text_or_in_none(pattern: str, least: int) -> None:
    text = matching(pattern, Random(1), least)
    assert text is None or least <= len(text) <= 10_000


@pytest.mark.parametrize("pattern", ["^[A-Z]{2}\\d{6}$", r"^\+?[1-9]\d{1,14}$", "^(([0-9]{1,3})\\.){3}x*$", "b+c|d"])
def test_the_text_matches(pattern: str) -> None:
    text = matching(pattern, Random(2))
    assert text is not None
    assert re.search(pattern, text)


def test_the_bounds_on_the_length_are_kept() -> None:
    assert len(matching("^(a+)+$", Random(3), 50, 60) or "") in range(50, 61)
    assert matching("^a{70,}$", Random(3), 0, 60) is None


def test_what_is_no_pattern_has_no_text() -> None:
    assert matching("([", Random(4)) is None
