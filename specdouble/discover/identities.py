"""Whom a credential stands for: `x-identity`, from what the tokens of the users say, and the documents of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.pointer import pointer, tokens
from specdouble.contract.properties import plain
from specdouble.contract.token_claims import token_claims
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.verify.identity import User
from specdouble.verify.secret_texts import is_secret
from specdouble.verify.session import Session

# What tokens call the id of their user, beside `sub` (RFC 7519, 4.1.2).
_SUBJECT = ("sub", "userid", "uid", "user", "id")


def mine(session: Session) -> Iterator[Hypothesis]:
    """The identity behind each security scheme whose credentials are JSON Web Tokens."""
    contract = session.contract
    for scheme in contract.security_schemes:
        tokens = (user.credentials.get(scheme, "") for user in session.crowd)
        claims = next((found for token in tokens if (found := token_claims(token))), {})
        people, named = _users(contract, claims)
        if people is None:
            continue
        value: dict[str, Any] = {"collection": people.collection, "claims": named}
        if isinstance(claims.get("exp"), int) and isinstance(claims.get("iat"), int):
            value["expires"] = claims["exp"] - claims["iat"]
        words = f"the tokens of {scheme} say {', '.join(named)} of their users"
        yield Hypothesis("x-identity", _place(contract, scheme), value, Source("trial", words=words), 0.9)


def users(session: Session, identities: Iterable[Hypothesis]) -> dict[str, list[dict[str, Any]]]:
    """The documents of the users behind these identities, by collection: without them, the double would know nobody.

    They are what the tokens and the login's answers say, with the name that is written at the login and the keys for
    other schemes: a token that tells whose it is, the double makes itself. Passwords stay out, for the double takes any
    at a login where it knows none; and so does whatever the settings take from the environment.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    told = [*identities]
    schemes = {tokens(one.pointer)[-1] for one in told}
    for identity in told:
        resource, schemas = session.contract.resources[identity.value["collection"]], session.contract.schemas
        known = [_user(session, user, resource, identity.value["claims"], schemes) for user in session.crowd]
        slot = schemas.slot(resource.schema, "response")
        found[resource.collection] = [one for one in known if one and schemas.is_valid(slot, one)]
    return {collection: documents for collection, documents in found.items() if documents}


def _user(
    session: Session, user: User, resource: Resource, named: Mapping[str, str], own_tokens: set[str]
) -> dict[str, Any]:
    """The document of one user; empty where no token tells the id."""
    claims = session.crowd.claims_of(user)
    told = {held: claims[claim] for claim, held in named.items() if claim in claims}
    if resource.id not in told:
        return {}
    shown: dict[str, Any] = next(
        (one for one in _objects(user.answer) if one.get(resource.id) == told[resource.id]), {}
    )
    whole = {**shown, **user.account.login, **told}
    own = {name: one for name, one in whole.items() if name in resource.properties and not is_secret(name, one)}
    keys = {scheme: key for scheme, key in user.account.credentials.items() if scheme not in own_tokens}
    return own | {scheme: key for scheme, key in keys.items() if key not in session.settings.sources}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of an answer, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(one)


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
