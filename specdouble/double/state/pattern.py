"""Text that matches a regular expression.

The libraries for this draw from sets, whose order differs from process to process: their text does not repeat.

The pattern is anybody's. What is written has a bound, for nested repeats multiply (`(a+)+`); and whether it matches is
asked of an engine that gives up after so many steps back, for such a pattern can take Python's for ever.
"""

from __future__ import annotations

import re
import string
import warnings
from functools import lru_cache
from importlib import import_module
from random import Random
from typing import Any

from specdouble.contract.dialect import in_python
from specdouble.contract.pattern import matches

_PARSER = import_module("re._parser")  # by its name: it is no part of what `re` says of itself
_MORE = 6  # repeats beyond the least, where a pattern sets no bound
_LONGEST = 10_000  # characters, where the schema asks for no more
_LETTERS = string.ascii_letters + string.digits
_PRINTABLE = _LETTERS + string.punctuation + " "
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": _LETTERS,
    "CATEGORY_WORD": _LETTERS,
    "CATEGORY_NOT_WORD": "- .",
}


def matching(pattern: str, random: Random, least: int = 0, most: int | None = None) -> str | None:
    """A text that the pattern matches, of a length within the bounds; None where none was found.

    Args:
        pattern: an expression in the dialect of ECMA 262.
        random: makes the choices.
        least: the fewest characters.
        most: the most characters; None for any number.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of what later versions of Python may read otherwise
            parsed = _PARSER.parse(in_python(pattern))
    except (re.error, RecursionError, OverflowError):
        return None
    longest = max(_LONGEST, least) if most is None else most
    if parsed.getwidth()[0] > longest:
        return None
    for more in (_MORE, 1, 0, least, 3 * _MORE, *([most] if most else [])):
        for _ in range(4):
            try:
                text = _Writer(random, min(more, 5000), longest).text(parsed)
            except (_TooLongError, RecursionError):
                continue
            if len(text) < least and _open_ended(pattern):
                text += "a" * (least - len(text))
            if least <= len(text) <= longest and matches(pattern, text):
                return text
    return None


def _open_ended(pattern: str) -> bool:
    return not pattern.endswith("$") or pattern.endswith(r"\$")


class _TooLongError(Exception):
    """The text has become longer than any that is wanted, or takes as long to write."""


class _Writer:
    """Writes one text.

    Args:
        random: makes the choices.
        more: how many repeats beyond the least there may be.
        longest: how many characters may be written at all.
    """

    def __init__(self, random: Random, more: int, longest: int) -> None:
        self.random = random
        self.more = more
        self.left = longest
        self.steps = 4 * longest + _LONGEST
        self.groups: dict[int, str] = {}

    def text(self, parsed: Any) -> str:
        self.steps -= 1  # what repeats nothing takes as long
        if self.steps < 0:
            raise _TooLongError
        return "".join(self.part(code.name, value) for code, value in parsed)

    def character(self, one: str) -> str:
        self.left -= 1
        if self.left < 0:
            raise _TooLongError
        return one

    def part(self, code: str, value: Any) -> str:
        if code == "LITERAL":
            return self.character(chr(value))
        if code in ("ANY", "NOT_LITERAL"):
            return self.character(self.random.choice([char for char in _LETTERS if ord(char) != value]))
        if code == "IN":
            return self.character(self.random.choice(self.alphabet(value)))
        if code == "BRANCH":
            return self.text(self.random.choice(value[1]))
        if code == "SUBPATTERN":
            return self.group(value[0], value[-1])
        if code in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self.repeated(*value)
        if code == "GROUPREF":
            return self.groups.get(value, "")
        return self.text(value) if code == "ATOMIC_GROUP" else ""  # assertions: whoever calls looks at the whole

    def group(self, number: int | None, inner: Any) -> str:
        text = self.text(inner)
        if number:  # others do not capture
            self.groups[number] = text
        return text

    def repeated(self, least: int, most: int, inner: Any) -> str:
        times = self.random.randint(least, max(least, min(int(most), least + self.more)))
        # Repeats beyond the least end where the room does.
        return "".join(self.text(inner) for turn in range(times) if turn < least or self.left > 0)

    def alphabet(self, members: Any) -> str:
        negated = members[0][0].name == "NEGATE"
        found = "".join(self.characters(code.name, value) for code, value in members)
        if not negated:
            return found or "a"
        return "".join(char for char in _PRINTABLE if char not in found) or "é"

    @staticmethod
    def characters(code: str, value: Any) -> str:
        if code == "LITERAL":
            return chr(value)
        if code == "RANGE":
            return _between(*value)
        if code == "CATEGORY":
            return _CATEGORIES.get(value.name, _LETTERS)
        return ""


@lru_cache
def _between(low: int, high: int) -> str:
    """The characters of a range; of a wide one the printable part is enough."""
    plain = "".join(char for char in _PRINTABLE if low <= ord(char) <= high)
    return plain or "".join(chr(one) for one in range(low, min(high, low + 64) + 1))
