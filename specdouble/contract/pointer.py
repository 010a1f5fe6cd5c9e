"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

# What stands escaped in a name of a JSONPath (RFC 9535, 2.7).
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "'": "\\'", "\\": "\\\\"}
_ESCAPES = {chr(code): f"\\u{code:04x}" for code in range(32)} | _SHORT


def pointer(*parts: str | int) -> str:
    """The pointer made of these reference tokens: `pointer("a/b", 0)` is `/a~1b/0`."""
    found = ""
    for part in parts:
        text = str(part)
        if "~" in text or "/" in text:
            text = text.replace("~", "~0").replace("/", "~1")
        found += "/" + text
    return found


def tokens(text: str) -> list[str]:
    """The reference tokens of a pointer: `/a~1b/0` has `a/b` and `0`."""
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]


def member(name: str) -> str:
    """A name as a JSONPath has it, in brackets: `['it\\'s']` (RFC 9535, 2.7)."""
    return "['" + "".join(_ESCAPES.get(one, one) for one in name) + "']"


def fragment(reference: str) -> str:
    """The pointer in a URI's fragment, percent-decoded: that of `#/a%20b` is `/a b` (RFC 6901, 6)."""
    return unquote(reference.partition("#")[2])


def is_index(token: str) -> bool:
    """Whether a reference token is an array index (RFC 6901, 4): digits of ASCII, no more than a list can have."""
    return token.isascii() and token.isdigit() and len(token) < 16


def look_up(data: object, text: str) -> Any:
    """The value that the pointer names.

    Raises:
        LookupError: there is none.
    """
    for token in tokens(text):
        if isinstance(data, list):
            if not is_index(token) or int(token) >= len(data):
                raise LookupError(text)
            data = data[int(token)]
        elif isinstance(data, dict) and token in data:
            data = data[token]
        else:
            raise LookupError(text)
    return data


def value_at(document: object, path: Iterable[str]) -> Any:
    """What stands inside a document, where these names lead; None where nothing does."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def is_prefix(ancestor: str, descendant: str) -> bool:
    """Whether the one pointer names the other's value or something that holds it."""
    return descendant == ancestor or descendant.startswith(ancestor + "/")


def longest_prefix(candidates: Iterable[str], of: str) -> str | None:
    """The candidate nearest above the pointer, or None."""
    return max((one for one in candidates if is_prefix(one, of)), key=len, default=None)
