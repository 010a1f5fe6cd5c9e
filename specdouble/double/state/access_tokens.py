"""Access tokens of OAuth 2: JSON Web Tokens as RFC 9068 profiles them, signed with RS256."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from specdouble.contract.json_type import JSON
from specdouble.double.state.clock import Clock
from specdouble.double.state.signing_keys import SigningKeys
from specdouble.double.state.tokens import is_numeric_date
from specdouble.loopback import is_loopback
from specdouble.url import split_url

PROVIDER = "/_specdouble/auth"  # where every issuer's URL ends
AUDIENCE = "specdouble"  # of every token that the contract's operations take
LIFETIME = 3600  # seconds
_TYPE = "at+jwt"  # which an ID token is not (RFC 9068, 2.1)
_REMEMBERED = 1024
_LONGEST = 8192  # characters of a token
REVOKED = 10_000  # ids that are remembered
_OF = "."  # between a grant's id and what is the token's own: no grant need know how many tokens came of it
_MOST_HOSTS = 100

Claims = Mapping[str, JSON]


class AccessTokens:
    """Issues and verifies the access tokens of a double.

    Args:
        keys: what they are signed with.
        clock: what their lifetime is measured by.
        hosts: the names of the double, beside those of this machine, that an issuer's URL may have.
    """

    def __init__(self, keys: SigningKeys, clock: Clock, hosts: Iterable[str] = ()) -> None:
        self.keys = keys
        self.clock = clock
        self._hosts = {host.lower() for host in hosts}
        self.own_issuers: set[str] = set()  # the paths of the issuer that the contract itself names
        self._verified: dict[str, Claims] = {}
        self.revoked = Revoked()

    def issue(
        self,
        issuer: str,
        subject: str,
        scope: str,
        client: str,
        *,
        audience: Sequence[str] = (),
        lifetime: int = LIFETIME,
        more: Claims | None = None,
        grant: str = "",
    ) -> str:
        """A token.

        Args:
            issuer: the URL of the provider, as the client knows it.
            subject: whose it is.
            scope: what it is good for, separated by spaces.
            client: who asked for it.
            audience: who else takes it.
            lifetime: in seconds; a negative one is over.
            more: further claims.
            grant: the id of what it comes of; whoever revokes that revokes it too.
        """
        now = int(self.clock.seconds())
        self._issued_as(issuer)
        claims = {
            **(more or {}),
            "iss": issuer,
            "sub": subject,
            "aud": [AUDIENCE, *audience],
            "client_id": client,
            "scope": scope,
            "iat": min(now, now + lifetime),
            "exp": now + lifetime,
            "jti": f"{grant}{_OF}{secrets.token_urlsafe(12)}",
        }
        return self.sign(claims, _TYPE)

    def sign(self, claims: Claims, kind: str) -> str:
        """A JSON Web Token with these claims, whose `typ` is that."""
        from joserfc import jwt

        key = self.keys.current
        return jwt.encode({"alg": "RS256", "typ": kind, "kid": key.kid}, dict(claims), key, algorithms=["RS256"])

    def verify(self, token: str) -> Claims | None:
        """The claims of an access token that is good now, else None."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self.signed(token, _TYPE)
            if claims is None or not self._is_for_us(claims):
                return None
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = claims
        now = self.clock.seconds()
        is_in_time = claims["exp"] > now and claims.get("nbf", now) <= now
        return claims if is_in_time and not self._is_revoked(str(claims["jti"])) else None

    def signed(self, token: str, kind: str) -> Claims | None:
        """The claims of a token that a key of this double has signed, in date or not; None for any other."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        if len(token) > _LONGEST or not self._knows(header_of(token), kind):
            return None
        try:
            claims = jwt.decode(token, self.keys.all, algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        times = [claims[name] for name in ("exp", "iat", "nbf") if name in claims]
        return claims if "exp" in claims and all(map(is_numeric_date, times)) else None

    def _is_revoked(self, jti: str) -> bool:
        return self.revoked.hold_any((jti, jti.partition(_OF)[0]))

    def _is_for_us(self, claims: Claims) -> bool:
        audience = claims.get("aud")
        is_meant = AUDIENCE in audience if isinstance(audience, list) else audience == AUDIENCE
        names = (claims.get("sub"), claims.get("scope"), claims.get("client_id"), claims.get("jti"))
        return is_meant and self.is_ours(claims.get("iss")) and all(isinstance(name, str) for name in names)

    def is_ours(self, issuer: JSON) -> bool:
        """Whether an issuer's URL is that of a double's provider, under whatever name the double was asked."""
        if not isinstance(issuer, str):
            return False
        parts = split_url(issuer)
        host = (parts.hostname or "").lower()
        is_named = host in self._hosts or is_loopback(host)
        return is_named and (parts.path.endswith(PROVIDER) or parts.path in self.own_issuers)

    def _issued_as(self, issuer: str) -> None:
        """Remember the name that a client knows the double by: what it is given has to be taken again."""
        parts = split_url(issuer)
        if parts.hostname and len(self._hosts) < _MOST_HOSTS:
            self._hosts.add(parts.hostname.lower())
        if len(self.own_issuers) < _MOST_HOSTS:
            self.own_issuers.add(parts.path)  # a proxy may have put a prefix before it

    def _knows(self, header: Mapping[str, JSON], kind: str) -> bool:
        """Whether a header names the algorithm, the type and a key of ours: nothing else is ever verified."""
        if header.get("alg") != "RS256" or header.get("typ") != kind:
            return False
        if header.get("kid") not in self._key_ids():
            self.keys.look_again()
        return header.get("kid") in self._key_ids()

    def _key_ids(self) -> list[str | None]:
        return [key.kid for key in self.keys.all.keys]

    def revoke(self, id: str) -> None:
        """Take the token of that id, or the tokens of that grant, no longer (RFC 7009)."""
        self.revoked.add([id])

    def rotate(self) -> str:
        """Sign with a new key from now on; gives its id."""
        self._verified.clear()
        return self.keys.rotate()


class Revoked:
    """The ids of tokens and grants that nobody takes any more; the oldest is forgotten where there are many."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, None] = OrderedDict()

    def add(self, ids: Iterable[str]) -> None:
        """Take the tokens of these ids no longer."""
        for one in ids:
            self._held[one] = None
        while len(self._held) > REVOKED:
            self._held.popitem(last=False)

    def hold_any(self, ids: Sequence[str]) -> bool:
        """Whether one of these ids is among them."""
        return any(one in self._held for one in ids)


def header_of(token: str) -> Mapping[str, JSON]:
    """The header of a JSON Web Token, unverified; empty where it is none."""
    return _part(token, 0)


def claims_of(token: str) -> Mapping[str, JSON]:
    """The claims of a JSON Web Token, unverified; empty where it is none."""
    return _part(token, 1)


def _part(token: str, index: int) -> Mapping[str, JSON]:
    parts = token.split(".", 3)
    if len(parts) != 3:
        return {}
    try:
        value = json.loads(base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
