"""Reads the values of header fields: lists and parameters, with texts in quotes (RFC 9110, 5.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

# An element up to each separator. Each alternative begins with another character, and none gives back what it took:
# linear, whatever is sent.
_ELEMENT = {
    separator: re.compile(rf'(?:"(?:[^"\\]++|\\.)*+"?|[^"{separator}]++)*+', re.DOTALL) for separator in (",", ";")
}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def elements(text: str, separator: str) -> list[str]:
    """The elements of a list; a separator inside quotes parts nothing.

    Args:
        text: the field's value, or a part of it.
        separator: a comma or a semicolon.
    """
    if '"' not in text:
        return text.split(separator)
    element, found, at = _ELEMENT[separator], [], 0
    while at <= len(text):
        match = element.match(text, at)
        assert match is not None  # it matches nothing, if need be
        found.append(match.group())
        at = match.end() + 1
    return found


def parameters(texts: list[str]) -> Iterator[tuple[str, str]]:
    """Names in lower case, and values without their quotes; a name alone has an empty value.

    Args:
        texts: what stands between the semicolons: `charset=utf-8`, `boundary="a b"`.
    """
    for text in texts:
        name, _, value = text.partition("=")
        name = name.strip().lower()
        if name:
            yield name, unquoted(value.strip())


def unquoted(text: str) -> str:
    """The text of a quoted string (RFC 9110, 5.6.4); a token as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return _ESCAPED.sub(r"\1", text[1:-1])
