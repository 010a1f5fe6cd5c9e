"""Text that matches a regular expression.

The libraries for this draw from sets, whose order differs from process to process: their text does not repeat.
"""

from __future__ import annotations

import re
import string
from random import Random
from re import _parser
from typing import Any

from specdouble.contract.pattern import in_python

_MORE = 6  # repeats beyond the least, where a pattern sets no bound
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
        expression = in_python(pattern)
        parsed, check = _parser.parse(expression), re.compile(expression)
    except (re.error, RecursionError, OverflowError):
        return None
    for more in (_MORE, 1, 0, least, 3 * _MORE, *([most] if most else [])):
        for _ in range(4):
            text = _Writer(random, min(more, 5000)).text(parsed)
            if least <= len(text) and (most is None or len(text) <= most) and check.search(text):
                return text
            if len(text) < least and _open_ended(pattern):
                text += "a" * (least - len(text))
                if check.search(text):
                    return text
    return None


def _open_ended(pattern: str) -> bool:
    return not pattern.endswith("$") or pattern.endswith(r"\$")


class _Writer:
    def __init__(self, random: Random, more: int) -> None:
        self.random = random
        self.more = more
        self.groups: dict[int, str] = {}

    def text(self, parsed: Any) -> str:
        return "".join(self.part(code.name, value) for code, value in parsed)

    def part(self, code: str, value: Any) -> str:
        if code == "LITERAL":
            return chr(value)
        if code in ("ANY", "NOT_LITERAL"):
            return self.random.choice([char for char in _LETTERS if ord(char) != value])
        if code == "IN":
            return self.random.choice(self.alphabet(value))
        if code == "BRANCH":
            return self.text(self.random.choice(value[1]))
        if code == "SUBPATTERN":
            text = self.text(value[-1])
            if value[0]:
                self.groups[value[0]] = text
            return text
        if code in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = value
            times = self.random.randint(least, max(least, min(int(most), least + self.more)))
            return "".join(self.text(inner) for _ in range(times))
        if code == "GROUPREF":
            return self.groups.get(value, "")
        return self.text(value) if code == "ATOMIC_GROUP" else ""  # assertions: whoever calls looks at the whole

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
            low, high = value
            # Of a wide range the printable part is enough.
            plain = "".join(char for char in _PRINTABLE if low <= ord(char) <= high)
            return plain or "".join(chr(one) for one in range(low, min(high, low + 64) + 1))
        if code == "CATEGORY":
            return _CATEGORIES.get(value.name, _LETTERS)
        return ""
