"""Reads what a request prefers: `Prefer: code=404, example=none, delay=500` (RFC 7240), or `?__code=404`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from specdouble.double.http.field_value import elements, parameters
from specdouble.double.state.preference import Preference
from specdouble.double.state.problem import Problem

HEADER = b"prefer"
IN_QUERY = b"__"
_KNOWN = ("code", "example", "dynamic", "delay", "rule")
_LONGEST = 60_000
_NUMBER = re.compile(r"[0-9]{1,9}")
_TOKEN = re.compile(r"[\w.~!#$%&'*+^`|-]+")


def preference(headers: Mapping[bytes, bytes], query: bytes) -> Preference | None:
    """The request's wishes; None where it has none that we know.

    Args:
        headers: its header fields, names in lower case.
        query: its query string; what it wishes goes before what the field does.

    Raises:
        Problem: 400, a wish has no meaning.
    """
    found = dict(_in_query(query))
    for name, value in _in_field(headers.get(HEADER, b"").decode("latin-1")):
        found.setdefault(name, value)
    if not found:
        return None
    return Preference(
        code=_number(found, "code", 100, 599),
        example=found.get("example"),
        dynamic=found.get("dynamic", "false").lower() in ("", "true", "1"),
        delay=_number(found, "delay", 0, _LONGEST) or 0,
        rule=found.get("rule"),
    )


def applied(wish: Preference) -> str:
    """The value of `Preference-Applied` (RFC 7240, 3)."""
    granted = (
        ("code", wish.code),
        ("example", wish.example),
        ("dynamic", "true" if wish.dynamic else None),
        ("delay", wish.delay or None),
        ("rule", wish.rule),
    )
    return ", ".join(f"{name}={_quoted(str(value))}" for name, value in granted if value is not None)


def _in_query(query: bytes) -> list[tuple[str, str]]:
    if IN_QUERY not in query:
        return []
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return [(name[2:], value) for name, value in pairs if name[:2] == "__" and name[2:] in _KNOWN]


def _in_field(text: str) -> list[tuple[str, str]]:
    """The preferences of the field; parameters after a semicolon mean nothing to us."""
    preferences = [elements(element, ";")[0] for element in elements(text, ",")]
    return [(name, value) for name, value in parameters(preferences) if name in _KNOWN]


def _number(found: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    text = found.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or not low <= int(text) <= high:
        raise Problem(400, "Not a preference", f"`{name}={text[:40]}` is no number from {low} to {high}")
    return int(text)


def _quoted(text: str) -> str:
    return text if _TOKEN.fullmatch(text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
