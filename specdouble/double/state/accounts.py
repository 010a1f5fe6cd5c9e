"""Who can sign in: the users of an `x-identity`, else those of `mock_data/users.json`, else three that are made up."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract import Contract, Identity
from specdouble.contract.digits import number_of
from specdouble.contract.json_type import JSON
from specdouble.contract.properties import types_of
from specdouble.contract.resource import CALLER
from specdouble.contract.security_scheme import SecurityScheme
from specdouble.double.state.exchange import User
from specdouble.double.state.keeper import Document
from specdouble.double.state.seed import SCOPES, USERS, Seed, sign_in
from specdouble.double.state.world import World

# The properties by which a document of `mock_data/users.json` is somebody who signs in; docs/sign-in.md lists them.
_IDS = ("id", "_id", "sub", "uuid")
_NAMES = ("username", "userName", "login", "email", "name")
_TENANTS = ("tenant", "tenantId", "tenant_id", "organization", "organizationId", "organization_id", "orgId", "org_id")
_ROLES = ("roles", "role", "accessRole")
_KEYS = ("apiKey", "api_key", "key", "token")
_TOLD = 10  # names, to whom has named none


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in.

    Args:
        id: as the user's document has it.
        names: what may be written at a sign-in, the one that is shown first.
        password: None where no sign-in with a password is possible.
        tenant: what users of one organization share.
        roles: what `roles` of a token and of the user's information say.
        scopes: what the user may grant; None where it is all that the contract has.
        document: what is known of the user.
    """

    id: JSON
    names: tuple[str, ...]
    password: str | None = field(default=None, repr=False)
    tenant: JSON = None
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    document: Mapping[str, JSON] = field(default_factory=dict, repr=False)

    @property
    def subject(self) -> str:
        """The `sub` of its tokens."""
        return str(self.id)

    @property
    def name(self) -> str:
        """What the user is called."""
        return next(iter(self.names), self.subject)

    def may_grant(self, scopes: Iterable[str]) -> list[str]:
        """Those of the scopes that the user may grant."""
        return [scope for scope in scopes if self.scopes is None or scope in self.scopes]


def _made_up() -> list[Account]:
    people = [("ada", "north", "admin"), ("grace", "north", "member"), ("linus", "south", "member")]
    found = []
    for name, tenant, role in people:
        document: Document = {
            "id": name, "username": name, "email": f"{name}@{tenant}.example", "name": name.capitalize(),
            "password": f"{name}-password", "apiKey": f"{name}-key", "tenant": tenant, "roles": [role],
        }  # fmt: skip
        found.append(account_of(document))
    return found


def account_of(document: Mapping[str, JSON], id_property: str = "", tenant_property: str = "") -> Account:
    """The account that a user's document describes.

    Args:
        document: the user's.
        id_property: what holds the id, where the contract says so.
        tenant_property: what holds the tenant, where the contract says so.
    """
    password = document.get("password")
    scopes = _first(document, SCOPES)
    names = [str(document[name]) for name in _NAMES if isinstance(document.get(name), str)]
    return Account(
        id=_first(document, (id_property, *_IDS)),
        names=tuple(dict.fromkeys(names)),
        password=password if isinstance(password, str) else None,
        tenant=_first(document, (tenant_property, *_TENANTS)),
        roles=_words(_first(document, _ROLES)),
        scopes=None if scopes is None else _words(scopes),
        document=document,
    )


def _first(document: Mapping[str, JSON], names: Iterable[str]) -> JSON:
    return next((document[name] for name in names if document.get(name) is not None), None)


def _words(value: JSON) -> tuple[str, ...]:
    """Of a list the texts, of a text its words."""
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else ()
    return tuple(str(word) for word in words)


class Accounts:
    """Everybody who can sign in to a double.

    Args:
        contract: whose `x-identity` may say where the users are.
        seed: the documents of `mock_data/`.

    `are_told` is whether the project says who its users are: then nobody else is anybody.
    """

    def __init__(self, contract: Contract, seed: Seed) -> None:
        self._contract = contract
        identity = next(iter(contract.identities.values()), None)
        self._collection = identity.collection if identity else USERS if sign_in(seed.get(USERS, ())) else None
        self.are_told = self._collection is not None
        resource = contract.resources.get(self._collection or "")
        self._id = resource.id if resource else "_id" if self._has(seed, "_id") else "id"
        self._tenant = (resource.tenant if resource else None) or ""
        self._made_up = {account.subject: account for account in _made_up()}
        self._owners = {one.owner for one in contract.resources.values() if one.owner}

    def _has(self, seed: Seed, name: str) -> bool:
        return any(name in document for document in seed.get(self._collection or "", ()))

    def all(self, world: World) -> list[Account]:
        """Everybody of a world."""
        if self._collection is None:
            return list(self._made_up.values())
        return [self.of(document) for document in world.collection(self._collection, None).find()]

    def of_id(self, world: World, subject: str) -> Account | None:
        """The account of that `sub`."""
        if self._collection is None:
            return self._made_up.get(subject)
        number = number_of(subject)
        ids = [subject] if number is None else [subject, number]
        for key in ids:
            document = world.collection(self._collection, None).find_one({self._id: key})
            if document is not None:
                return self.of(document)
        return None

    def named(self, world: World, who: str) -> Account | None:
        """The account of that id or name."""
        return self.of_id(world, who) or next((one for one in self.all(world) if who in one.names), None)

    def known(self, world: World) -> str:
        """The names of the accounts, the first of many: for who has named none of them."""
        return ", ".join(account.name for account in self.all(world)[:_TOLD])

    def with_password(self, world: World, name: str, password: str) -> Account | None:
        """The account that signs in so."""
        account = self.named(world, name)
        return account if account is not None and account.password == password else None

    def with_key(self, world: World, scheme: SecurityScheme, key: str) -> Account | None:
        """The account that has this key for a scheme."""
        names = key_names(scheme)
        if self._collection is not None:
            # One look at all: a name that no user has matches nobody.
            document = world.collection(self._collection, None).find_one({"$or": [{name: key} for name in names]})
            return None if document is None else self.of(document)
        return next((one for one in self._made_up.values() if key == _first(one.document, names)), None)

    def key_of(self, account: Account, scheme: SecurityScheme) -> str | None:
        """The account's key for a scheme; None where it has none."""
        key = _first(account.document, key_names(scheme))
        return key if isinstance(key, str) and key else None

    def caller(self, account: Account, identity: Identity | None = None) -> User:
        """What a handler is told of the caller: the claims of the identity, else what is known of the account.

        Documents that have an owner or a tenant are the caller's by the properties of those names.
        """
        if identity is not None:
            return {claim: account.document.get(name) for claim, name in identity.claims.items()}
        told: User = {"sub": account.subject, "name": account.name, "tenant": account.tenant, "roles": [*account.roles]}
        for name in self._contract.claims:
            told[name] = account.subject if name == CALLER else self._scope(account, name)
        return told

    def _scope(self, account: Account, name: str) -> JSON:
        known = account.id if name in self._owners else account.tenant
        # The users of a project have the ids that its documents have; those that are made up get some that fit.
        return self._typed(name, known) if self.are_told else self.fitting(name, str(known))

    def _typed(self, name: str, known: JSON) -> JSON:
        """The id as the documents have it: authors type the two differently."""
        kinds = [types_of(schema) for schema in self._scoped_by(name)]
        if isinstance(known, int) and any("string" in kind for kind in kinds):
            return str(known)
        return known

    def fitting(self, name: str, of: str) -> JSON:
        """An id that fits the properties of that name: always the same of the same text."""
        digest = hashlib.sha256(of.encode("utf-8", "surrogateescape")).hexdigest()
        for schema in self._scoped_by(name):
            if types_of(schema) & {"integer", "number"}:
                return int(digest[:7], 16)
            if schema.get("format") == "uuid":
                return str(uuid.UUID(digest[:32]))
        return digest[:24]  # as long as an ObjectId

    def _scoped_by(self, name: str) -> Iterator[Mapping[str, Any]]:
        """The schema of each property of that name that holds whose a document is."""
        for resource in self._contract.resources.values():
            if name in (resource.owner, resource.tenant) and name in resource.properties:
                yield resource.properties[name]

    def of(self, document: Mapping[str, JSON]) -> Account:
        """The account of a user's document."""
        return account_of(document, self._id, self._tenant)


def key_names(scheme: SecurityScheme) -> tuple[str, ...]:
    """The properties that may hold a user's key for a scheme: its own name, its field's, else the usual ones."""
    return tuple(dict.fromkeys(name for name in (scheme.name, scheme.key, *_KEYS) if _is_name(name)))


def _is_name(name: str) -> bool:
    return bool(name) and name[0] != "$" and "." not in name
