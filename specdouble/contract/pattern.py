"""Patterns: expressions in the dialect of ECMA 262, as Python's engine reads them.

They are anybody's, and so are the texts: whether one matches is never asked of that engine, which may take for ever.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from re import _parser

import jsonschema_rs

# What ECMA 262 writes in another way than Python.
_UNICODE = {"L": "a-zA-Z", "Ll": "a-z", "Lu": "A-Z", "N": "0-9", "Nd": "0-9", "P": "!-/", "Z": " ", "Zs": " "}
_PROPERTY = re.compile(r"\\[pP]\{(?:[A-Za-z_]+=)?([A-Za-z_]+)\}")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_STEPS_BACK = 100_000
_ANY_NUMBER = 2**31  # the parser's own bound for what has none


def in_python(pattern: str) -> str:
    """The pattern as Python's engine reads it."""

    def named(match: re.Match[str]) -> str:
        return _UNICODE.get(match.group(1), "a-zA-Z")

    pattern = _CLASS.sub(lambda found: _PROPERTY.sub(named, found.group()), pattern)
    pattern = _PROPERTY.sub(lambda found: f"[{named(found)}]", pattern)
    pattern = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
    return re.sub(r"\\u\{([0-9A-Fa-f]+)\}", lambda found: f"\\U{found.group(1):0>8}", pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether the text matches; False where it is no pattern, or takes too long: the engine gives up in time."""
    try:
        return _matcher(pattern).is_valid(text)
    except (jsonschema_rs.ValidationError, UnicodeError):
        return False


@lru_cache
def _matcher(pattern: str) -> jsonschema_rs.Validator:
    """The engine that validates the contract's schemas: it steps back so often and no more."""
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=_STEPS_BACK)
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options)


def lengths(pattern: str) -> tuple[int, int | None] | None:
    """The fewest and the most characters of a text that the pattern matches; None where they cannot be told.

    The most are None where there is no bound.
    """
    if _SURROGATE.search(pattern):
        return None  # two of them make one character
    try:
        with warnings.catch_warnings(action="ignore"):  # of what later versions of Python may read otherwise
            parsed = _parser.parse(in_python(pattern))
        least, most = parsed.getwidth()
    except (re.error, RecursionError, OverflowError):
        return None
    codes = [(code.name, str(value)) for code, value in parsed]
    whole = codes[:1] == [("AT", "AT_BEGINNING")] and codes[-1:] == [("AT", "AT_END")]
    return least, most if whole and most < _ANY_NUMBER else None
