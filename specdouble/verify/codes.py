"""Codes: texts of capitals and digits in one form, as `AB-1234` is."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable

LONGEST = 24  # characters
ENOUGH = 2  # digits, of which most codes that a run needs can be made
DRAWS = 3  # of each character: a class of them may take few
_KINDS = (string.digits, string.ascii_uppercase, string.ascii_lowercase)
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9]+(?:[-_/.:][A-Z0-9]+)*")


def is_code(text: str) -> bool:
    """Whether a text has letters and digits, and nothing but these and marks between."""
    return len(text) <= LONGEST and _CODE.fullmatch(text) is not None


def redrawn(text: str, fits: Callable[[str], bool]) -> str:
    """A text of the same form with letters and digits of chance, as far as they fit."""
    for place in [*range(len(text))] * DRAWS:
        kind = next((one for one in _KINDS if text[place] in one), text[place])
        other = text[:place] + secrets.choice(kind) + text[place + 1 :]
        text = other if fits(other) else text
    return text


def drawn_like(text: str) -> str:
    """A code of the same form: with other digits, where there are several; there may be few letters."""
    letters_stay = sum(map(str.isdigit, text)) >= ENOUGH
    return "".join(_drawn_like(char, letters_stay) for char in text)


def _drawn_like(char: str, letters_stay: bool) -> str:
    if char in string.digits:
        return secrets.choice(string.digits)
    is_drawn = char in string.ascii_uppercase and not letters_stay
    return secrets.choice(string.ascii_uppercase) if is_drawn else char
