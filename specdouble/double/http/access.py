"""Who may use the control plane: this machine's people, not its web pages; from elsewhere, whoever has the token.

A web page that is open in a browser on this machine reaches loopback addresses as the user does. Three things tell it
apart. The browser names the page's origin (`Origin`, RFC 6454) and how it is related to what is asked
(`Sec-Fetch-Site`, Fetch Metadata). And a page that pretends to be this host by DNS rebinding, so that both look right,
still sends its own name in `Host`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from specdouble.double.http.asgi import Scope
from specdouble.double.state.problem import Problem
from specdouble.url import split_url

Headers = Mapping[bytes, bytes]

_OWN_SITES = {b"same-origin", b"none"}  # `none`: typed, or a bookmark
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="specdouble", Basic realm="specdouble"'}


class Access:
    """Decides on requests to the control plane.

    Args:
        hosts: names that `Host` may have beside those of loopback and the address that was asked.
        token: what opens the control plane from elsewhere; None, or empty, where nothing does.
    """

    def __init__(self, hosts: Iterable[str] = (), token: str | None = None) -> None:
        self._hosts = {_name(host.lower()) for host in hosts}
        self._token = token

    def refusal(self, scope: Scope) -> Problem | None:
        """Why the request is not answered; None where it is.

        Args:
            scope: the ASGI scope of the request.
        """
        headers = dict(scope["headers"])
        authority = headers.get(b"host", b"").decode("latin-1").lower()
        if self._is_of_a_page(headers, authority):
            detail = "a browser says that a page of another origin asks; open the address in a tab of its own"
            return Problem(403, "Forbidden", f"the control plane answers no web pages: {detail}")
        if self._has_token(headers):
            return None
        if not _is_of_this_machine(scope, headers):
            return self._from_elsewhere()
        if not self._is_known(_name(authority), scope):
            detail = f"`{_name(authority)}` in Host is neither this machine nor allowed; start with --allow-host NAME"
            return Problem(403, "Forbidden", f"the control plane answers by names that it knows: {detail}")
        return None

    def _from_elsewhere(self) -> Problem:
        if self._token:
            detail = "from another machine the control plane wants its token, as a Bearer or as a Basic password"
            return Problem(401, "Unauthorized", detail, headers=_CHALLENGE)
        detail = "the control plane answers this machine alone; start with --control-token to open it to others"
        return Problem(403, "Forbidden", detail)

    def _is_of_a_page(self, headers: Headers, authority: str) -> bool:
        """Whether a browser says that a page of another origin asks."""
        if headers.get(b"sec-fetch-site", b"none") not in _OWN_SITES:
            return True
        origin = headers.get(b"origin")
        if origin is None:
            return False
        page = split_url(origin.decode("latin-1").lower()).netloc
        # A proxy that names another Host is told of by `--allow-host`.
        return page != authority and _name(page) not in self._hosts

    def _has_token(self, headers: Headers) -> bool:
        if not self._token:
            return False
        word, _, credential = headers.get(b"authorization", b"").partition(b" ")
        if word.lower() == b"basic":
            credential = _password(credential)
        elif word.lower() != b"bearer":
            return False
        # In a time that does not tell how much of it was right.
        return hmac.compare_digest(credential.strip(), self._token.encode())

    def _is_known(self, name: str, scope: Scope) -> bool:
        if name == "localhost" or name.endswith(".localhost") or _is_loopback(name):
            return True
        return name in self._hosts or name == _address(scope.get("server"))


def _is_of_this_machine(scope: Scope, headers: Headers) -> bool:
    """Whether the request began on this machine: both ends of the connection are its own, and no proxy says else."""
    client = scope.get("client")
    if client is not None and not _is_loopback(client[0]) and client[0] != _address(scope.get("server")):
        return False
    passed_on = headers.get(b"x-forwarded-for")
    return passed_on is None or all(_is_loopback(hop.strip()) for hop in passed_on.decode("latin-1").split(","))


def _address(end: Any) -> str | None:
    return str(end[0]).lower() if end else None


def _name(authority: str) -> str:
    """`localhost` of `localhost:4010`, `::1` of `[::1]:4010`."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    if authority.count(":") > 1:  # an IPv6 address without a port
        return authority
    return authority.partition(":")[0]


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _password(credential: bytes) -> bytes:
    """The password of a Basic credential (RFC 7617)."""
    try:
        return base64.b64decode(credential, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
