"""Numbers in texts that come from outside, where `str.isdigit` takes `²` and `int` refuses it and 5,000 digits."""

from __future__ import annotations

MOST_DIGITS = 18  # of what fits into 64 bits


def number_of(text: object) -> int | None:
    """The number that a text of some digits of ASCII is; None of any other."""
    if not isinstance(text, str) or len(text) > MOST_DIGITS:
        return None
    return int(text) if text.isascii() and text.isdigit() else None
