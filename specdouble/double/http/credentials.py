"""What a request has to bring along to be a user's: for each security scheme of a contract, where it is looked for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from specdouble.contract import Contract, Identity, PropertyRule, Resource
from specdouble.contract.json_type import JSON
from specdouble.double.state.problem import Problem
from specdouble.double.state.tokens import Tokens
from specdouble.double.state.world import World

Placed = dict[str, dict[str, str]]


class Credentials:
    """Signs users in without a request to a login.

    Args:
        contract: whose security schemes are used.
        tokens: by the name of the scheme, for those whose credential is a token.
    """

    def __init__(self, contract: Contract, tokens: Mapping[str, Tokens]) -> None:
        self._contract = contract
        self._tokens = tokens

    def of(self, world: World, who: str) -> Placed:
        """The `headers`, `query` parameters and `cookies` that make a request that user's.

        Args:
            world: whose users are asked.
            who: a user's id or another unique property; of schemes without an `x-identity` any name is a caller.

        Raises:
            Problem: 404, no such user is there.
        """
        placed: Placed = {"headers": {}, "query": {}, "cookies": {}}
        schemes = self._contract.security_schemes
        # The schemes that know their users first: two that use one field cannot both be met.
        for name in sorted(schemes, key=lambda name: name not in self._contract.identities):
            place, field, value = _placed(schemes[name], self._credential(world, name, who))
            placed[place].setdefault(field, value)
        return placed

    def _credential(self, world: World, scheme: str, who: str) -> str:
        identity = self._contract.identities.get(scheme)
        if identity is None:
            return who
        user = user_of(self._contract, identity, world, who)
        if user is None:
            raise Problem(
                404, "No such user", f"`{who}` is the id or a unique property of none of {identity.collection}"
            )
        if identity.credential is None:
            return self._tokens[scheme].issue(user)
        return str(user.get(identity.credential, ""))


def id_among_claims(contract: Contract) -> Callable[[Mapping[str, JSON]], JSON]:
    """A function that tells the caller's id among its claims; of a caller without a user, any claim tells it."""
    named: list[str] = []
    for identity in contract.identities.values():
        id_name = contract.resources[identity.collection].id
        named += [claim for claim, name in identity.claims.items() if name == id_name]
    if len(set(named)) == 1:
        claim = named[0]
        return lambda claims: claims.get(claim)

    def told(claims: Mapping[str, JSON]) -> JSON:
        found = next((claims[claim] for claim in named if claim in claims), None)
        return next(iter(claims.values()), None) if found is None else found

    return told


def name_of(contract: Contract, world: World, id: JSON) -> str:
    """What the caller of that id is called: as people tell the users of its scheme apart, else by the id."""
    for identity in contract.identities.values():
        resource = contract.resources[identity.collection]
        user = world.collection(identity.collection, None).find_one({resource.id: id})
        if user is not None:
            return known_as(resource, user)
    return str(id)


def known_as(resource: Resource, user: Mapping[str, JSON]) -> str:
    """What tells a user apart that people can read (an e-mail address), else the id."""
    names = [rule.name for rule in resource.of(PropertyRule) if rule.identifies and user.get(rule.name) is not None]
    return str(user[names[0]] if names else user.get(resource.id))


def user_of(contract: Contract, identity: Identity, world: World, who: str) -> dict[str, Any] | None:
    """The user whose id, or another property that tells users apart, is that."""
    resource = contract.resources[identity.collection]
    names = [resource.id, *(rule.name for rule in resource.of(PropertyRule) if rule.identifies)]
    return world.collection(identity.collection, None).find_one({"$or": [{name: who} for name in names]})


def _placed(scheme: Mapping[str, Any], credential: str) -> tuple[str, str, str]:
    """Where a credential of the scheme stands, under which name, and as what."""
    kind, word = scheme.get("type"), str(scheme.get("scheme", "")).lower()
    if kind == "apiKey" and scheme.get("name"):
        place = {"query": "query", "cookie": "cookies"}.get(str(scheme.get("in")), "headers")
        return place, str(scheme["name"]), credential
    if kind == "basic" or (kind == "http" and word == "basic"):
        pair = credential if ":" in credential else f"{credential}:{credential}"
        return "headers", "Authorization", "Basic " + base64.b64encode(pair.encode()).decode()
    named = word if kind == "http" and word not in ("", "bearer") else "Bearer"
    return "headers", "Authorization", f"{named} {credential}"
