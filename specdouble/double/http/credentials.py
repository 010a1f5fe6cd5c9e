"""What a request has to bring along to be a user's: for each security scheme of a contract, where it is looked for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from specdouble.contract import Contract, Identity, PropertyRule, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.security_scheme import SecurityScheme, scopes_of, security_schemes
from specdouble.double.http.served import Served
from specdouble.double.state.access_tokens import LIFETIME, PROVIDER
from specdouble.double.state.accounts import Account, key_names
from specdouble.double.state.problem import Problem
from specdouble.double.state.seed import USERS
from specdouble.double.state.world import World

Placed = dict[str, dict[str, str]]
CLIENT = "specdouble"  # who has asked for a token that nobody signed in for


@dataclass(frozen=True)
class Wish:
    """What a token shall be.

    Args:
        scopes: what it is good for; None where that is all that the user may grant.
        expired: whether it is over already.
        issuer: the URL of the provider that it says to be from.
    """

    scopes: Sequence[str] | None = None
    expired: bool = False
    issuer: str = f"http://localhost{PROVIDER}"


class Credentials:
    """Signs users in without a request to a login.

    Args:
        double: whose users are signed in.
    """

    def __init__(self, double: Served) -> None:
        self._double = double
        self._contract = double.contract
        self.schemes = security_schemes(double.contract)

    @property
    def preferred(self) -> SecurityScheme | None:
        """The first scheme of those that an operation asks by, tokens of users that are known before all others."""
        used = [name for one in self._contract.operations.values() for names in one.security for name in names]
        schemes = [self.schemes[name] for name in dict.fromkeys([*used, *self.schemes])]
        return min(schemes, key=self._rank, default=None)

    def _rank(self, scheme: SecurityScheme) -> int:
        if scheme.name in self._double.tokens:
            return 0
        return 1 if scheme.is_bearer and scheme.name not in self._contract.identities else 2

    def of(self, world: World, who: str, schemes: Collection[str] | None = None, wish: Wish = Wish()) -> Placed:
        """The `headers`, `query` parameters and `cookies` that make a request that user's.

        Args:
            world: whose users are asked.
            who: a user's id or another unique property; of schemes without an `x-identity` any name is a caller, where
                the project says nothing of its users.
            schemes: those that are wanted; None for all.
            wish: what tokens shall be; a scheme that takes no such token is left out.

        Raises:
            Problem: 404, no such user is there.
        """
        placed: Placed = {"headers": {}, "query": {}, "cookies": {}}
        # Two that use one field cannot both be met: the schemes that know their users come first, then tokens.
        wanted = [self.schemes[name] for name in (self.schemes if schemes is None else schemes)]
        for scheme in sorted(wanted, key=lambda one: (one.name not in self._contract.identities, self._rank(one))):
            try:
                credential = self.credential(world, scheme, who, wish)
            except Problem as problem:
                if problem.status == 409:
                    continue
                raise
            place, field, value = _placed(scheme, credential)
            placed[place].setdefault(field, value)
        return placed

    def of_everybody(self, world: World, issuer: str) -> dict[str, dict[str, str]]:
        """One credential of each account for every scheme; where no `x-identity` is, a token is good wherever a key is.

        Args:
            world: whose accounts are asked.
            issuer: the URL of the provider that the tokens say to be from.
        """
        schemes = [one for one in self.schemes.values() if one.name not in self._contract.identities]
        scopes = {scope: None for one in schemes for scope in scopes_of(self._contract, one)}
        found = {}
        for account in self._double.accounts.all(world):
            access = self._double.access_tokens
            token = access.issue(issuer, account.subject, " ".join(account.may_grant([*scopes, "openid"])), CLIENT)
            kinds = {one.name: one.kind for one in schemes}
            held = {name: token for name, kind in kinds.items() if kind not in ("basic", "digest", "mutualTLS")}
            if account.password is not None:
                pair = f"{account.name}:{account.password}"
                held |= {name: pair for name, kind in kinds.items() if kind in ("basic", "digest")}
            found[account.name] = held | dict(self._of_identities(world, account))
        return found

    def _of_identities(self, world: World, account: Account) -> Iterator[tuple[str, str]]:
        """The account's credential for each scheme with an `x-identity`, as far as it has one."""
        for name in self._contract.identities:
            with suppress(Problem):
                yield name, self.credential(world, self.schemes[name], account.subject)

    def token_of(self, user: Mapping[str, JSON]) -> str:
        """A token for the user of that document, good for all that the user may grant."""
        account = self._double.accounts.of(user)
        scopes = {scope: None for one in self.schemes.values() for scope in scopes_of(self._contract, one)}
        return self._double.access_tokens.issue(
            Wish.issuer, account.subject, " ".join(account.may_grant(scopes)), CLIENT
        )

    def credential(self, world: World, scheme: SecurityScheme, who: str, wish: Wish = Wish()) -> str:
        """A user's token, key, or name and password for a scheme.

        Raises:
            Problem: 404, no such user is there; 409, the scheme has no such credential.
        """
        identity = self._contract.identities.get(scheme.name)
        if identity is not None:
            return self._of_identity(world, scheme, identity, who, wish)
        account = self._double.accounts.named(world, who)
        if account is not None:
            return self._of_account(scheme, account, wish)
        if self._double.accounts.are_told or self._double.settings.strict_auth:
            raise _nobody(who, "users")
        return who

    def missing_key(self, world: World, scheme: SecurityScheme, who: str) -> str | None:
        """Where to write a key for a scheme of keys, of a user who has none; None where there is nothing to say."""
        account = self._double.accounts.named(world, who)
        if scheme.kind != "apiKey" or scheme.name in self._contract.identities or account is None:
            return None
        if self._double.accounts.key_of(account, scheme) is not None:
            return None
        return _place_of_keys(key_names(scheme)[:3], USERS)

    def _of_identity(self, world: World, scheme: SecurityScheme, identity: Identity, who: str, wish: Wish) -> str:
        user: Mapping[str, JSON] | None = user_of(self._contract, identity, world, who)
        if user is None:
            account = self._double.accounts.named(world, who)
            user = account.document if account else None
        if user is None:
            raise _nobody(who, identity.collection)
        if identity.credential is not None:
            _hold_to_keys(scheme, wish)
            key = user.get(identity.credential)
            if key in (None, ""):
                place = _place_of_keys([identity.credential], identity.collection)
                raise Problem(409, "No such credential", f"`{who}` has no key for `{scheme.name}`: write one {place}")
            return str(key)
        scope = " ".join(wish.scopes) if wish.scopes is not None else None
        return self._double.tokens[scheme.name].issue(user, scope, -LIFETIME if wish.expired else None)

    def _of_account(self, scheme: SecurityScheme, account: Account, wish: Wish) -> str:
        if scheme.kind in ("basic", "digest") and account.password is not None:
            _hold_to_keys(scheme, wish)
            return f"{account.name}:{account.password}"
        key = None if scheme.is_bearer else self._double.accounts.key_of(account, scheme)
        if key is not None and wish.scopes is None and not wish.expired:
            return key
        token = self._token(scheme, account, wish)
        return f"{account.name}:{token}" if scheme.kind == "basic" else token

    def _token(self, scheme: SecurityScheme, account: Account, wish: Wish) -> str:
        scopes = account.may_grant(scopes_of(self._contract, scheme)) if wish.scopes is None else wish.scopes
        lifetime = -LIFETIME if wish.expired else LIFETIME
        access = self._double.access_tokens
        return access.issue(wish.issuer, account.subject, " ".join(scopes), CLIENT, lifetime=lifetime)


def id_among_claims(contract: Contract) -> Callable[[Mapping[str, JSON]], JSON]:
    """A function that tells the caller's id among its claims; of a caller without a user, any claim tells it."""
    named: list[str] = []
    for identity in contract.identities.values():
        id_name = contract.resources[identity.collection].id
        named += [claim for claim, name in identity.claims.items() if name == id_name]
    if len(set(named)) == 1:
        claim = named[0]
        return lambda claims: claims.get(claim)

    def named_claim(claims: Mapping[str, JSON]) -> JSON:
        found = next((claims[claim] for claim in named if claim in claims), None)
        return next(iter(claims.values()), None) if found is None else found

    return named_claim


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
    users = world.collection(identity.collection, None)
    # One by one, for each of them has an index: all at once would look at every user.
    return next((user for name in names if (user := users.find_one({name: who})) is not None), None)


def _nobody(who: str, collection: str) -> Problem:
    return Problem(404, "No such user", f"`{who}` is the id or a unique property of none of {collection}")


def _place_of_keys(names: Iterable[str], collection: str) -> str:
    return f"as {' or '.join(f'`{name}`' for name in names)} of that user in mock_data/{collection}.json"


def _hold_to_keys(scheme: SecurityScheme, wish: Wish) -> None:
    if wish.expired or wish.scopes is not None:
        raise Problem(409, "No such credential", f"`{scheme.name}` takes no tokens: nothing expires, and has no scopes")


def _placed(scheme: SecurityScheme, credential: str) -> tuple[str, str, str]:
    """Where a credential of the scheme stands, under which name, and as what."""
    if scheme.kind == "apiKey" and scheme.key:
        place = {"query": "query", "cookie": "cookies"}.get(scheme.place, "headers")
        return place, scheme.key, credential
    if scheme.kind == "basic":
        pair = credential if ":" in credential else f"{credential}:{credential}"
        return "headers", "Authorization", "Basic " + base64.b64encode(pair.encode()).decode()
    word = scheme.key if scheme.kind == "other" and scheme.key else "Bearer"
    return "headers", "Authorization", f"{word} {credential}"
