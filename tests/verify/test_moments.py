"""A moment is written as the contract's example is, as far as that matters to who reads it."""

from __future__ import annotations

import re

import pytest

from specdouble.rules.timestamp.attack import _shape


@pytest.mark.parametrize("text", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.1+00:00"])
@pytest.mark.parametrize("example", ["2019-01-01T00:00:00Z", "2019-01-01T00:00:00.000Z", "2019-01-01T00:00:00+01:00"])
def test_a_fraction_and_the_way_to_write_utc_are_free(example: str, text: str) -> None:
    assert re.fullmatch(_shape(example), text)


@pytest.mark.parametrize("text", ["2026-01-02", "2026-01-02T03:04:05", "1767323045", "2026-01-02 03:04:05Z"])
def test_another_form_is_none(text: str) -> None:
    assert re.fullmatch(_shape("2019-01-01T00:00:00Z"), text) is None


def test_what_is_no_moment_is_written_digit_by_digit() -> None:
    assert [bool(re.fullmatch(_shape("01.02.2019"), one)) for one in ("31.12.2026", "1.2.2026")] == [True, False]
