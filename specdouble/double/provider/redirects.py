"""Where users may be sent to after a sign-in or a sign-out: to this machine, and to what an option allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from specdouble.loopback import is_loopback

# Strict, for browsers read what others wave through: a backslash as a slash, a name before `@` as a host.
_WEB = re.compile(r"https?://(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?:[/?][!-\[\]-~]*)?")
_APP = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-\[\]-~]+")
_LONGEST = 2000


class Redirects:
    """Decides on the URIs that clients ask to be answered at.

    Args:
        hosts: the names of this double beside those of loopback.
        allowed: further URLs: whatever has their origin and begins with their path; those of apps
            (`com.example.app:/callback`) as they stand.
    """

    def __init__(self, hosts: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        self._hosts = {host.lower() for host in hosts}
        self._allowed = list(allowed)

    def allows(self, uri: str) -> bool:
        """Whether users may be sent there (RFC 6749, 3.1.2; RFC 8252, 7.3)."""
        if len(uri) > _LONGEST or "#" in uri:
            return False
        web = _WEB.fullmatch(uri)
        if web is None:
            return uri in self._allowed and _APP.fullmatch(uri) is not None
        host = web["host"].lower()
        return host in self._hosts or is_loopback(host) or any(_is_below(uri, one) for one in self._allowed)


def _is_below(uri: str, allowed: str) -> bool:
    asked, given = urlsplit(uri), urlsplit(allowed)
    if (asked.scheme, asked.netloc.lower()) != (given.scheme, given.netloc.lower()):
        return False
    above = given.path.rstrip("/")
    # Segments that lead upwards are the browser's to resolve: they may lead out again.
    is_plain = not re.search(r"/(?:\.|%2e){1,2}(?:/|$)", asked.path, re.IGNORECASE)
    return is_plain and (asked.path == given.path or asked.path.startswith(above + "/") or not above)
