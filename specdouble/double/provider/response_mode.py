"""How an authorization response reaches its client: in the query or in the fragment, and whose it is (RFC 9207)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

MODES = ("query", "fragment")


def unsupported(asked: Mapping[str, str]) -> tuple[str, str] | None:
    """The error, and why, of an authorization request that the provider cannot answer as it asks; None where it can."""
    for name in ("request", "request_uri"):  # OpenID Connect Core 1.0, 3.1.2.6
        if asked.get(name):
            return f"{name}_not_supported", f"The provider reads no {name}: send the parameters themselves."
    mode = asked.get("response_mode", "")
    if mode and mode not in MODES:
        return "invalid_request", f"The provider answers by {' or '.join(MODES)}, not by {mode[:40]}."
    if mode == "query" and "token" in asked.get("response_type", "").split():
        # OAuth 2.0 Multiple Response Type Encoding Practices, 3: a query is written into logs.
        return "invalid_request", "A token is answered in the fragment, never in the query."
    return None


def answered_at(place: str, mode: str, issuer: str) -> str:
    """Where a browser is sent with an answer.

    Args:
        place: the client's address with the answer in its query or fragment.
        mode: what the client asked for; empty where it asked for nothing.
        issuer: who answers, so that a client of several providers mixes none up.
    """
    parts = urlsplit(place)
    own = urlencode({"iss": issuer})
    if parts.fragment:
        return urlunsplit(parts._replace(fragment=f"{parts.fragment}&{own}"))
    query = f"{parts.query}&{own}"
    if mode != "fragment":
        return urlunsplit(parts._replace(query=query))
    kept, told = _split(parts.query)
    return urlunsplit(parts._replace(query=kept, fragment=f"{told}&{own}"))


def _split(query: str) -> tuple[str, str]:
    """The client's own query, and the answer that was put behind it."""
    pairs = query.split("&")
    # The last ones: a client's own query may have such names too.
    begins = max(
        (at for at, pair in enumerate(pairs) if pair.partition("=")[0] in ("code", "error")), default=len(pairs)
    )
    return "&".join(pairs[:begins]), "&".join(pairs[begins:])
