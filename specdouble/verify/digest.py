"""Digest access authentication (RFC 7616), a client's half: a password is proved for one request, and never sent.

The script of a failure holds this file, so it needs the standard library alone.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Mapping
from urllib.request import parse_http_list, parse_keqv_list

_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_CHALLENGE = re.compile(r"(?:^|,)\s*Digest\s+", re.IGNORECASE)


class Answers:
    """Answers the last challenge of a server, time after time with another count (RFC 7616, 3.4)."""

    def __init__(self) -> None:
        self._challenge: Mapping[str, str] = {}
        self._count = 0
        self._lock = threading.Lock()

    def take(self, field: str) -> bool:
        """Whether a `WWW-Authenticate` has a challenge that can be answered; it is the one from now on."""
        challenge = _answerable(field)
        with self._lock:
            self._challenge, self._count = challenge or self._challenge, 0
        return bool(challenge)

    def to(
        self, method: str, target: str, credential: str, nonce: str | None = None, *, miscounted: bool = False
    ) -> str:
        """The value of `Authorization`; empty where there is no challenge yet.

        Args:
            method: the request's method.
            target: its path and query, as they are sent.
            credential: `NAME:PASSWORD`.
            nonce: another one than the challenge's.
            miscounted: whether to say another count than what is proved.
        """
        with self._lock:
            self._count += 1
            challenge = {**self._challenge, "nonce": nonce} if nonce and self._challenge else self._challenge
            return _answer(challenge, method, target, credential, self._count, int(miscounted)) if challenge else ""


def _answerable(field: str) -> dict[str, str] | None:
    """The first challenge of a field whose algorithm and quality of protection are known: the server prefers it."""
    for text in _CHALLENGE.split(field)[1:]:
        said = parse_keqv_list([pair for pair in parse_http_list(text) if pair.partition("=")[2]])
        told = {name.lower(): value for name, value in said.items()}
        qualities = told.get("qop", "auth").replace(" ", "").split(",")
        if "nonce" in told and "auth" in qualities and _algorithm(told) in _HASHES:
            return told
    return None


def _algorithm(challenge: Mapping[str, str]) -> str:
    return challenge.get("algorithm", "MD5").upper().removesuffix("-SESS")


def _answer(challenge: Mapping[str, str], method: str, target: str, credential: str, count: int, more: int = 0) -> str:
    """RFC 7616, 3.4.1 to 3.4.6; without `qop`, as RFC 2069 has it.

    Args:
        challenge: what the server asks.
        method: the request's method.
        target: its path and query.
        credential: `NAME:PASSWORD`.
        count: how often its nonce was answered.
        more: how much more is said.
    """
    name, _, password = credential.partition(":")
    realm, nonce = challenge.get("realm", ""), challenge["nonce"]
    count_text, own_nonce = f"{count:08x}", secrets.token_hex(16)

    def hashed(*parts: str) -> str:
        return hashlib.new(_HASHES[_algorithm(challenge)], ":".join(parts).encode()).hexdigest()

    secret = hashed(name, realm, password)
    if challenge.get("algorithm", "").upper().endswith("-SESS"):
        secret = hashed(secret, nonce, own_nonce)
    between = [nonce, count_text, own_nonce, "auth"] if "qop" in challenge else [nonce]
    hides_name = challenge.get("userhash", "").lower() == "true"
    told = {
        "username": hashed(name, realm) if hides_name else name, "realm": realm, "nonce": nonce, "uri": target,
        "response": hashed(secret, *between, hashed(method, target)),
    }  # fmt: skip
    told |= {key: challenge[key] for key in ("opaque",) if key in challenge}
    told |= {"cnonce": own_nonce} if "qop" in challenge else {}
    quoted = [f'{key}="{_escaped(value)}"' for key, value in told.items()]
    plain = [f"algorithm={challenge['algorithm']}"] if "algorithm" in challenge else []
    plain += ["qop=auth", f"nc={count + more:08x}"] if "qop" in challenge else []
    plain += ["userhash=true"] if hides_name else []
    return "Digest " + ", ".join(quoted + plain)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
