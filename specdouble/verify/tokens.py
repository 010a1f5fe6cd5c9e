"""Makes JSON Web Tokens that a server must not take: with its own key, where that is known, and with others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from specdouble.contract.security_scheme import WELL_KNOWN
from specdouble.url import split_url
from specdouble.verify.client import Client
from specdouble.verify.problem import Trouble

_KINDS = {"R": "RSA", "P": "RSA", "E": "EC"}  # of keys, by the first letter of an algorithm (RFC 7518, 3.1)


def token_header(token: str) -> dict[str, Any]:
    """The header of a JSON Web Token, unverified; empty where it is none."""
    try:
        header = json.loads(_decoded(token.partition(".")[0]))
    except (ValueError, RecursionError):
        return {}
    return header if isinstance(header, dict) and token.count(".") == 2 else {}


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: str | bytes | None) -> str:
    """A JSON Web Token.

    Args:
        header: its header; `alg` is what a private key signs by, and HS256 what a secret does.
        claims: its claims.
        key: a private key in PEM, or a secret; None leaves it unsigned.
    """
    text = f"{_encoded(header)}.{_encoded(claims)}"
    if key is None:
        return text + "."
    if isinstance(key, str) and is_private(key):
        return _with_private_key(header, claims, key)
    secret = key.encode() if isinstance(key, str) else key
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def is_private(key: str) -> bool:
    """Whether what signs tokens is a private key, and no secret."""
    return key.lstrip().startswith("-----BEGIN")


def _with_private_key(header: Mapping[str, Any], claims: Mapping[str, Any], key: str) -> str:
    from joserfc import jwt
    from joserfc.jwk import import_key

    algorithm = str(header.get("alg"))
    kind: Any = _KINDS.get(algorithm[:1], "OKP")
    return jwt.encode(dict(header), dict(claims), import_key(key, kind), algorithms=[algorithm])


def signs(key: str, token: str) -> bool:
    """Whether a key has signed a token: by HMAC, for which a server may take any text, else as a private key."""
    text, _, signature = token.rpartition(".")
    algorithm = str(token_header(token).get("alg"))
    if algorithm.startswith("HS") or not is_private(key):
        digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == signature
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    kind: Any = _KINDS.get(algorithm[:1], "OKP")
    try:
        jws.deserialize_compact(token, import_key(key, kind), algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        return False
    return True


def public_keys(client: Client, token: str, key: str | None) -> list[bytes]:
    """The public keys that verify a token, in PEM: what a confused server would take for a secret.

    Args:
        client: how they are fetched, from where the token says it was issued.
        token: the token.
        key: the private key, where it is known.
    """
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet, import_key

    try:
        if key is not None and is_private(key):
            return [_pem(import_key(key, "RSA"))]
        keys = KeySet.import_key_set(_key_set(client, token))
        return [_pem(one) for one in keys.keys if one.key_type == "RSA"]
    except (JoseError, Trouble, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _pem(key: Any) -> bytes:
    pem: bytes = key.as_pem(private=False)
    return pem


def _key_set(client: Client, token: str) -> Any:
    """The keys of the issuer, fetched from the server that is verified or from where it sends its users."""
    issuer = json.loads(_decoded(token.split(".")[1])).get("iss")
    if not isinstance(issuer, str) or split_url(issuer).scheme not in ("http", "https"):
        raise ValueError("the token names no issuer")
    discovery = client.get_json(issuer.rstrip("/") + WELL_KNOWN)
    return client.get_json(discovery["jwks_uri"])


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
