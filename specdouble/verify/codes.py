"""Codes: texts of capitals and digits in one form, as `AB-1234` is."""

from __future__ import annotations

import re
import secrets
import string

LONGEST = 24  # characters
ENOUGH = 2  # digits, of which most codes that a run needs can be made
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9]+(?:[-_/.:][A-Z0-9]+)*")


def is_code(text: str) -> bool:
    """Whether a text has letters and digits, and nothing but these and marks between."""
    return len(text) <= LONGEST and _CODE.fullmatch(text) is not None


def drawn_like(text: str) -> str:
    """A code of the same form: with other digits, where there are several; there may be few letters."""
    letters_stay = sum(map(str.isdigit, text)) >= ENOUGH
    return "".join(_drawn_like(char, letters_stay) for char in text)


def _drawn_like(char: str, letters_stay: bool) -> str:
    if char in string.digits:
        return secrets.choice(string.digits)
    is_drawn = char in string.ascii_uppercase and not letters_stay
    return secrets.choice(string.ascii_uppercase) if is_drawn else char
