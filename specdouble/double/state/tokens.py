"""JSON Web Tokens (RFC 7519), signed with HS256."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from specdouble.contract import Identity
from specdouble.contract.json_type import JSON
from specdouble.double.state.clock import Clock

_REMEMBERED = 1024
_WORTH_REMEMBERING = 4096  # bytes of a token
# The signature is PyJWT's to check. The times are compared with the double's own clock, and the other claims are what
# the contract says they are: an `aud` or a `sub` of any type.
_SIGNATURE_ALONE: Any = {
    **{f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
    "require": ["exp"],
}


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
        self._verified: dict[str, dict[str, JSON]] = {}

    def issue(self, user: Mapping[str, JSON], scope: str | None = None, lifetime: int | None = None) -> str:
        """A token for a stored user.

        Args:
            user: the user's document.
            scope: what it is good for, separated by spaces; None where that is everything.
            lifetime: in seconds, where it is not the identity's; a negative one is over.
        """
        import jwt

        now = self._clock.now()
        claims = {claim: user.get(name) for claim, name in self._identity.claims.items()}
        if scope is not None:
            claims["scope"] = scope
        seconds = self._identity.expires if lifetime is None else lifetime
        times = {"iat": now, "exp": now + timedelta(seconds=seconds)}
        return jwt.encode({**claims, **times}, self._secret, algorithm="HS256")

    def verify(self, token: str) -> dict[str, JSON] | None:
        """The claims of a token that this double has signed and that is good now, else None."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._signed(token)
            if claims is None:
                return None
            self._remember(token, claims)
        now = self._clock.seconds()
        return claims if claims["exp"] > now and claims.get("nbf", -math.inf) <= now else None

    def _signed(self, token: str) -> dict[str, JSON] | None:
        """The claims, where the signature is this double's and each time is one."""
        import jwt  # with the first token: it brings cryptography along

        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], options=_SIGNATURE_ALONE)
        except (jwt.InvalidTokenError, UnicodeError, RecursionError):
            return None
        times = [claims[name] for name in ("exp", "nbf", "iat") if name in claims]
        return claims if all(map(is_numeric_date, times)) else None

    def _remember(self, token: str, claims: dict[str, JSON]) -> None:
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        if len(token) <= _WORTH_REMEMBERING:
            self._verified[token] = claims


def is_numeric_date(value: object) -> bool:
    """Whether a claim is a time (RFC 7519, section 2); `NaN` and `Infinity`, which Python reads, never end."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
