"""URLs that come from outside, of which `urlsplit` refuses some with an error that its callers forget."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_NOTHING = SplitResult("", "", "", "", "")


def split_url(text: str) -> SplitResult:
    """The parts of a URL; all of them are empty where it is none: a port of 17 bits, a host that DNS cannot have."""
    try:
        parts = urlsplit(text)
        _ = parts.port, (parts.hostname or "").encode("idna")
    except ValueError:
        return _NOTHING
    return parts
