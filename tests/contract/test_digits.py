"""A text from outside is a number only where it is one to everybody."""

from __future__ import annotations

import pytest

from specdouble.contract.digits import number_of


@pytest.mark.parametrize("text", ["²", "①", "٣", "9" * 5000, "9" * 19, "-1", "+1", "1.0", " 1", "1_0", "", None, 5])
def test_what_is_no_number_to_everybody_is_none(text: object) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_of_ascii_are_a_number(text: str, number: int) -> None:
    assert number_of(text) == number
