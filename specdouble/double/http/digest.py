"""Digest access authentication (RFC 7616): a password is proved, and never sent.

No kept library has the server's half. The fields are read by the standard library, and what is compared is made by
`hashlib` and `hmac`; nonces are signed, so that nothing has to be remembered of them but which counts were shown.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from urllib.request import parse_http_list, parse_keqv_list

from specdouble.double.http.request import Request
from specdouble.double.state.clock import Clock

REALM = "specdouble"
_LIFETIME = 300  # seconds of a nonce; then a client is told that it is stale, and asks again by itself
_MOST = 1000  # nonces whose counts are remembered, and counts of each: then a nonce is over too
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

Password = Callable[[str], str | None]


class Digest:
    """Makes challenges, and holds what answers them against passwords.

    Args:
        clock: tells how old a nonce is.
        secret: what nonces are signed with: that of the project, so that each of its processes takes those of all.
    """

    def __init__(self, clock: Clock, secret: str) -> None:
        self._clock = clock
        self._key = hmac.new(secret.encode(), b"nonces of Digest", hashlib.sha256).digest()
        self._counts: OrderedDict[str, Counter[str]] = OrderedDict()

    def challenge(self, headers: Mapping[bytes, bytes]) -> str:
        """The value of a `WWW-Authenticate` field.

        Args:
            headers: those of the request that is refused: whoever answered a nonce that is over need not be asked for
                a password again (`stale`).
        """
        said = read_fields(headers)
        stale = ", stale=true" if "nonce" in said and not self._is_good(said) else ""
        return f'Digest realm="{REALM}", qop="auth", algorithm=SHA-256, nonce="{self._nonce()}", charset=UTF-8{stale}'

    def caller(self, request: Request, password_of: Password) -> str | None:
        """The name of the user whose password the request proves; None where it proves none.

        Args:
            request: the request.
            password_of: the password of a user of that name.
        """
        said = read_fields(request.headers)
        name = said.get("username", "")
        password = password_of(name) if self.is_answer(said, request) else None
        if password is None:
            return None
        expected = response(said, request.method, name, password)
        is_proved = hmac.compare_digest(expected, said["response"].lower().encode())
        return name if is_proved and self.is_first(said) else None

    def named(self, request: Request) -> str | None:
        """The name that a request says, whatever it proves."""
        return read_fields(request.headers).get("username")

    def is_answer(self, said: Mapping[str, str], request: Request) -> bool:
        """Whether the fields answer a challenge of ours that is fresh, for this very request (RFC 7616, 3.4.6)."""
        is_whole = {"username", "nonce", "uri", "response", "nc", "cnonce"} <= said.keys()
        if not is_whole or said.get("qop") != "auth" or said.get("realm") != REALM:
            return False
        return said["uri"] == target_of(request) and _algorithm(said) in _HASHES and self.is_fresh(said["nonce"])

    def is_fresh(self, nonce: str) -> bool:
        """Whether a nonce is ours, and not over."""
        told, _, signature = nonce.rpartition("-")
        if not hmac.compare_digest(self._signature(told).encode(), signature.encode("utf-8", "replace")):
            return False
        return abs(self._clock.seconds() - int(told.partition(".")[0], 16)) <= _LIFETIME

    def is_first(self, said: Mapping[str, str]) -> bool:
        """Note that a proof was shown; whether it was for the first time (RFC 7616, 3.4: `nc`)."""
        counts = self._counts.setdefault(said["nonce"], Counter())
        if len(counts) < _MOST:
            counts[said["nc"]] += 1
        while len(self._counts) > _MOST:
            self._counts.popitem(last=False)
        return counts[said["nc"]] == 1

    def _is_good(self, said: Mapping[str, str]) -> bool:
        """Whether the nonce of a proof was not what it was refused for."""
        counts = self._counts.get(said["nonce"], Counter())
        return self.is_fresh(said["nonce"]) and len(counts) < _MOST and counts.get(said.get("nc", ""), 0) < 2

    def _nonce(self) -> str:
        told = f"{int(self._clock.seconds()):x}.{secrets.token_hex(8)}"  # no two clients count on the same one
        return f"{told}-{self._signature(told)}"

    def _signature(self, told: str) -> str:
        return hmac.new(self._key, told.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def read_fields(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """The parameters of an `Authorization` that is Digest; empty where it is none."""
    word, _, rest = headers.get(b"authorization", b"").decode("utf-8", "replace").partition(" ")
    if word.lower() != "digest":
        return {}
    pairs = [pair for pair in parse_http_list(rest) if pair.partition("=")[2]]  # the parser takes no empty value
    return parse_keqv_list(pairs)


def target_of(request: Request) -> str:
    """The path and query of a request, as they were sent."""
    return request.target + (f"?{request.query.decode('latin-1')}" if request.query else "")


def _algorithm(said: Mapping[str, str]) -> str:
    return said.get("algorithm", "MD5").upper()


def response(said: Mapping[str, str], method: str, name: str, password: str) -> bytes:
    """What proves a password for a request (RFC 7616, 3.4.1)."""
    secret = _hashed(said, f"{name}:{REALM}:{password}")
    request = _hashed(said, f"{method}:{said['uri']}")
    return _hashed(said, f"{secret}:{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{request}").encode()


def _hashed(said: Mapping[str, str], text: str) -> str:
    return _HASHES[_algorithm(said)](text.encode("utf-8", "surrogateescape")).hexdigest()
