"""Whom a credential stands for: `x-identity`, from what the tokens of the users say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import plain
from specdouble.contract.token_claims import token_claims
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.verify.session import Session

# What tokens call the id of their user, beside `sub` (RFC 7519, 4.1.2).
_SUBJECT = ("sub", "userid", "uid", "user", "id")


def mine(session: Session) -> Iterator[Hypothesis]:
    """The identity behind each security scheme whose credentials are JSON Web Tokens."""
    contract = session.contract
    for scheme in contract.security_schemes:
        tokens = (user.credentials.get(scheme, "") for user in session.crowd)
        claims = next((found for token in tokens if (found := token_claims(token))), {})
        users, named = _users(contract, claims)
        if users is None:
            continue
        value: dict[str, Any] = {"collection": users.collection, "claims": named}
        if isinstance(claims.get("exp"), int) and isinstance(claims.get("iat"), int):
            value["expires"] = claims["exp"] - claims["iat"]
        words = f"the tokens of {scheme} say {', '.join(named)} of their users"
        yield Hypothesis("x-identity", _place(contract, scheme), value, Source("trial", words=words), 0.9)


def _users(contract: Contract, claims: Mapping[str, Any]) -> tuple[Resource | None, dict[str, str]]:
    """The documents that have most of what the claims say, and the property that holds each."""
    best: tuple[Resource | None, dict[str, str]] = None, {}
    for resource in contract.resources.values():
        named = {claim: held for claim in claims if (held := _held(resource, claim))}
        if resource.id in named.values() and len(named) > len(best[1]):
            best = resource, named
    return best if len(best[1]) > 1 else (None, {})


def _held(resource: Resource, claim: str) -> str:
    """The property of a user that a claim tells; empty where none has its name."""
    if plain(claim) in _SUBJECT:
        return resource.id
    return claim if claim in resource.properties else ""


def _place(contract: Contract, scheme: str) -> str:
    if "swagger" in contract.data:
        return pointer("securityDefinitions", scheme)
    return pointer("components", "securitySchemes", scheme)
