"""Where clients find the double: at its own address, or at that of a proxy before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from specdouble.double.http.asgi import Scope

ANY = "*"
_AUTHORITY = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*")


class PublicAddress:
    """Reads the scheme, host and prefix that clients write before a path.

    Args:
        root_path: the prefix that a proxy takes away before it passes a request on.
        proxies: the addresses of proxies that are believed what they say of the client's request
            (`X-Forwarded-Proto`, `-Host`, `-Prefix`); `*` believes everybody.

    Raises:
        ValueError: the prefix is none.
    """

    def __init__(self, root_path: str = "", proxies: Iterable[str] = ()) -> None:
        self.root_path = root_path.rstrip("/")
        if not _PREFIX.fullmatch(self.root_path):
            raise ValueError(f"{root_path!r} is no prefix of paths: write it as /api/v2")
        self._proxies = frozenset(proxies)

    def seen(self, scope: Scope) -> Scope:
        """The scope of a request as its client knows it (ASGI: `scheme`, `root_path`, and `Host`)."""
        headers = dict(scope["headers"])
        told = self._told(headers) if self._is_believed(scope) else {}
        prefix = told.get("prefix", self.root_path)
        if not prefix and not told:
            return scope
        public = {**scope, "root_path": prefix, "scheme": told.get("proto", scope.get("scheme", "http"))}
        if "host" in told:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            public["headers"] = [*others, (b"host", told["host"].encode())]
        return public

    def _is_believed(self, scope: Mapping[str, Any]) -> bool:
        client = scope.get("client")
        return ANY in self._proxies or (client is not None and client[0] in self._proxies)

    @staticmethod
    def _told(headers: Mapping[bytes, bytes]) -> dict[str, str]:
        """What the proxy nearest to the client says, of what can be meant."""
        patterns = {"proto": re.compile("https?"), "host": _AUTHORITY, "prefix": _PREFIX}
        told = {name: headers.get(b"x-forwarded-%b" % name.encode(), b"").decode("latin-1") for name in patterns}
        first = {name: value.partition(",")[0].strip().rstrip("/") for name, value in told.items()}
        return {name: value for name, value in first.items() if value and patterns[name].fullmatch(value)}
