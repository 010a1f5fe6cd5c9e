"""Digest access authentication (RFC 7616): a password is proved, and never sent.

No kept library has the server's half. The fields are read by the standard library, and what is compared is made by
`hashlib` and `hmac`; nonces are signed, so that nothing has to be remembered of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from urllib.request import parse_http_list, parse_keqv_list

from specdouble.double.http.request import Request
from specdouble.double.state.clock import Clock

REALM = "specdouble"
_LIFETIME = 300  # seconds of a nonce; then a client is told that it is stale, and asks again by itself
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

Password = Callable[[str], str | None]


class Digest:
    """Makes challenges, and holds what answers them against passwords.

    Args:
        clock: tells how old a nonce is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def challenge(self) -> str:
        """The value of a `WWW-Authenticate` field."""
        return f'Digest realm="{REALM}", qop="auth", algorithm=SHA-256, nonce="{self._nonce()}", charset=UTF-8'

    def caller(self, request: Request, password_of: Password) -> str | None:
        """The name of the user whose password the request proves; None where it proves none.

        Args:
            request: the request.
            password_of: the password of a user of that name.
        """
        said = _fields(request.headers)
        name = said.get("username", "")
        password = password_of(name) if self._is_answer(said, request) else None
        if password is None:
            return None
        expected = _response(said, request.method, name, password)
        return name if hmac.compare_digest(expected, said["response"].lower().encode()) else None

    def named(self, request: Request) -> str | None:
        """The name that a request says, whatever it proves."""
        return _fields(request.headers).get("username")

    def _is_answer(self, said: Mapping[str, str], request: Request) -> bool:
        """Whether the fields answer a challenge of ours that is fresh, for this very request (RFC 7616, 3.4.6)."""
        is_whole = {"username", "nonce", "uri", "response", "nc", "cnonce"} <= said.keys()
        if not is_whole or said.get("qop") != "auth" or said.get("realm") != REALM:
            return False
        target = request.target + (f"?{request.query.decode('latin-1')}" if request.query else "")
        return said["uri"] == target and _algorithm(said) in _HASHES and self._is_fresh(said["nonce"])

    def _nonce(self) -> str:
        moment = f"{int(self._clock.seconds()):x}"
        return f"{moment}-{self._signature(moment)}"

    def _is_fresh(self, nonce: str) -> bool:
        moment, _, signature = nonce.partition("-")
        if not hmac.compare_digest(self._signature(moment).encode(), signature.encode("utf-8", "replace")):
            return False
        return abs(self._clock.seconds() - int(moment, 16)) <= _LIFETIME

    def _signature(self, moment: str) -> str:
        return hmac.new(self._key, moment.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def _fields(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    word, _, rest = headers.get(b"authorization", b"").decode("utf-8", "replace").partition(" ")
    if word.lower() != "digest":
        return {}
    pairs = [pair for pair in parse_http_list(rest) if pair.partition("=")[2]]  # the parser takes no empty value
    return parse_keqv_list(pairs)


def _algorithm(said: Mapping[str, str]) -> str:
    return said.get("algorithm", "MD5").upper()


def _response(said: Mapping[str, str], method: str, name: str, password: str) -> bytes:
    """RFC 7616, 3.4.1."""
    secret = _hashed(said, f"{name}:{REALM}:{password}")
    request = _hashed(said, f"{method}:{said['uri']}")
    return _hashed(said, f"{secret}:{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{request}").encode()


def _hashed(said: Mapping[str, str], text: str) -> str:
    return _HASHES[_algorithm(said)](text.encode("utf-8", "surrogateescape")).hexdigest()
