"""Patterns in the dialect of ECMA 262, as Python's parser of patterns reads them."""

from __future__ import annotations

import re

# What ECMA 262 writes in another way than Python.
_UNICODE = {"L": "a-zA-Z", "Ll": "a-z", "Lu": "A-Z", "N": "0-9", "Nd": "0-9", "P": "!-/", "Z": " ", "Zs": " "}
_PROPERTY = re.compile(r"\\[pP]\{(?:[A-Za-z_]+=)?([A-Za-z_]+)\}")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")


def in_python(pattern: str) -> str:
    """The pattern as Python's engine reads it."""

    def named(match: re.Match[str]) -> str:
        return _UNICODE.get(match.group(1), "a-zA-Z")

    pattern = _CLASS.sub(lambda found: _PROPERTY.sub(named, found.group()), pattern)
    pattern = _PROPERTY.sub(lambda found: f"[{named(found)}]", pattern)
    pattern = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
    return re.sub(r"\\u\{([0-9A-Fa-f]+)\}", lambda found: f"\\U{found.group(1):0>8}", pattern)
