"""Reads the `Cookie` field (RFC 6265, 5.4), as it comes: one pair after the other, in one pass."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What clients in Python write for characters that a cookie has no place for.
_ESCAPED = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))", re.DOTALL)


def read_cookies(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """The cookies of a request by name; of two that share a name the last.

    Args:
        headers: its header fields, names in lower case.
    """
    found = {}
    for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, separator, value = pair.partition("=")
        name, value = name.strip(), value.strip()
        if separator and name:
            found[name] = _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return _ESCAPED.sub(_character, value[1:-1])


def _character(match: re.Match[str]) -> str:
    octal, plain = match.groups()
    return chr(int(octal, 8)) if octal else str(plain)
