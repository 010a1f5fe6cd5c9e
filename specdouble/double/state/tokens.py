"""JSON Web Tokens (RFC 7519), signed with HS256."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt

from specdouble.contract import Identity
from specdouble.double.state.clock import Clock

_REMEMBERED = 1024


class Tokens:
    """Issues and verifies the tokens of one identity.

    Args:
        secret: the key of the signature, at least 32 bytes long.
        clock: what a token's lifetime is measured by.
        identity: which claims a token makes, and for how long.
    """

    def __init__(self, secret: str, clock: Clock, identity: Identity) -> None:
        self._secret = secret
        self._clock = clock
        self._identity = identity
        self._verified: dict[str, dict[str, Any]] = {}

    def issue(self, user: Mapping[str, Any]) -> str:
        """A token for a stored user."""
        now = self._clock.now()
        claims = {claim: user.get(name) for claim, name in self._identity.claims.items()}
        times = {"iat": now, "exp": now + timedelta(seconds=self._identity.expires)}
        return jwt.encode({**claims, **times}, self._secret, algorithm="HS256")

    def verify(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that this double has signed and that has not expired, else None."""
        claims = self._verified.get(token)
        if claims is None:
            try:
                # The time is compared below, by the double's own clock.
                options: Any = {"verify_exp": False, "verify_iat": False, "require": ["exp"]}
                claims = jwt.decode(token, self._secret, algorithms=["HS256"], options=options)
            except (jwt.InvalidTokenError, UnicodeError, RecursionError):
                return None
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = claims
        expires = claims["exp"]
        if not isinstance(expires, int | float) or expires <= self._clock.seconds():
            return None
        return claims


def secret_of(project: Path) -> str:
    """The project's secret: `SPECDOUBLE_SECRET`, else one made at the first start and kept in `.specdouble/`."""
    told = os.environ.get("SPECDOUBLE_SECRET")
    if told:
        return told
    folder = project / ".specdouble"
    file = folder / "secret"
    try:
        return file.read_text("utf-8").strip()
    except OSError:
        secret = secrets.token_hex(32)
    try:
        folder.mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("*\n", "utf-8")
        file.touch(mode=0o600)
        file.write_text(secret, "utf-8")
    except OSError:
        pass  # a folder that cannot be written to: the tokens last as long as the process
    return secret
