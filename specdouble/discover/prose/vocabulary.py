"""What the nouns of a sentence mean in a contract: its collections, the properties of documents, the roles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.properties import is_scalar, properties_of
from specdouble.contract.resource import HIDDEN
from specdouble.discover.prose.subject import singular, words_of

_SUFFIXES = {
    "dto",
    "response",
    "resource",
    "model",
    "entity",
    "object",
    "out",
    "read",
    "schema",
    "view",
    "detail",
    "full",
}
_OWNERS = ("user", "owner", "caller", "creator", "author", "customer", "member", "account", "person")
_TENANTS = ("organization", "organisation", "org", "tenant", "team", "workspace", "company", "account")
# The names of properties that hold the id of an owner, or of a tenant, the most usual first.
OWNER_NAMES = ("userid", "ownerid", "owner", "createdbyid", "createdby", "creatorid", "user", "authorid")
TENANT_NAMES = (
    "organizationid",
    "organisationid",
    "orgid",
    "tenantid",
    "teamid",
    "workspaceid",
    "companyid",
    "accountid",
)


class Vocabulary:
    """The names of a contract.

    Args:
        contract: the contract.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    # Collections

    def collection(self, phrase: str) -> str | None:
        """The collection whose documents a phrase names: `Prompt ID`, `an existing prompt`, `prompts`."""
        words = tuple(singular(word) for word in words_of(phrase))
        # The most words that name one: of "parent project", `project`.
        for start in range(len(words)):
            found = self._collections.get(words[start:])
            if found is not None:
                return found
        return None

    @cached_property
    def _collections(self) -> dict[tuple[str, ...], str]:
        found: dict[tuple[str, ...], str] = {}
        for name, resource in self.contract.resources.items():
            for words in self._names_of(name, resource):
                found.setdefault(words, name)
        return found

    @staticmethod
    def _names_of(name: str, resource: Resource) -> Iterator[tuple[str, ...]]:
        yield tuple(singular(word) for word in words_of(name))
        words = [word for word in words_of(resource.pointer.rpartition("/")[2]) if not word.isdigit()]
        while words and words[-1] in _SUFFIXES:
            words.pop()
        if words:
            yield tuple(singular(word) for word in words)

    # Properties

    def places(self, resource: Resource) -> dict[str, tuple[dict[str, Any], str]]:
        """The schema and pointer of each property of a resource's documents."""
        if resource.collection not in self._places:
            found = properties_of(self.contract.document, resource.schema, resource.pointer)
            self._places[resource.collection] = {name: (schema, at) for name, schema, at in found}
        return self._places[resource.collection]

    @cached_property
    def _places(self) -> dict[str, dict[str, tuple[dict[str, Any], str]]]:
        return {}

    def property(self, resource: Resource, phrase: str, needed: frozenset[str] = frozenset()) -> str | None:
        """The property of a resource that a phrase names.

        Args:
            resource: the resource.
            phrase: a name as it stands, or words: `startDate`, `start date`, `the name`.
            needed: the properties that a creation must send: of `name` and `configurationName` a sentence about
                "its name" means the one that each document has.
        """
        known = self.places(resource)
        words = words_of(phrase)
        if not words:
            return None
        exact = next((name for name in known if words_of(name) in (words, [*words, "id"])), None)
        ending = [name for name in known if len(words) < len(words_of(name)) and words_of(name)[-len(words) :] == words]
        if exact is None and is_marked(phrase):
            return None  # a name, and none of this resource's
        if exact is not None and (is_marked(phrase) or exact in needed or not needed.intersection(ending)):
            return exact
        likely = [name for name in ending if name in needed] or ending
        if len(likely) == 1:
            return likely[0]
        return next(
            (name for name in known if [singular(word) for word in words] == [singular(w) for w in words_of(name)]),
            None,
        )

    def references(self, resource: Resource, collection: str) -> list[str]:
        """The properties whose names say that they hold the id of a document of that collection."""
        words = [words for words, name in self._collections.items() if name == collection]
        return [name for name in self.places(resource) if tuple(_without_id(name)) in words and name != resource.id]

    # Whose a document is

    def owner(self, resource: Resource) -> str | None:
        """The property that holds the id of who owns a document."""
        return resource.owner or self._named(resource, OWNER_NAMES)

    def tenant(self, resource: Resource) -> str | None:
        """The property that holds the id of the organization that a document is of."""
        return resource.tenant or self._named(resource, TENANT_NAMES)

    def _named(self, resource: Resource, names: tuple[str, ...]) -> str | None:
        scalar = {name for name, (schema, _) in self.places(resource).items() if is_scalar(schema)}
        known = {"".join(words_of(name)): name for name in scalar}
        return next((known[name] for name in names if name in known and known[name] != resource.id), None)

    def scope(self, resource: Resource, noun: str) -> str | None:
        """What documents share that are compared within a noun: a property, or `owner`, `tenant`, `parent`.

        It is the noun itself where nothing is known by that name, and None where all documents are meant.
        """
        if self.collection(noun) == resource.collection:
            return None
        known = {"".join(words_of(name)): name for name in self.places(resource)}
        named = known.get(f"{noun}id") or known.get(noun)
        if named and named != resource.id:
            return named
        if noun in _TENANTS and (noun not in _OWNERS or self.tenant(resource)):
            return self.tenant(resource) or "tenant"
        if noun in _OWNERS:
            return self.owner(resource) or "owner"
        parents = [*resource.within, *resource.parents]
        if any(noun in words_of(name.removeprefix(HIDDEN)) for name in parents):
            return "parent"
        return noun

    # Roles

    @cached_property
    def role_claim(self) -> str:
        """The name of the property that holds the role of a caller; `role` where the contract shows none."""
        names = (name for one in self.contract.resources.values() for name in self.places(one))
        return next((name for name in names if words_of(name)[-1:] == ["role"]), "role")

    @cached_property
    def roles(self) -> dict[tuple[str, ...], str]:
        """The roles that the contract knows: the values of an `enum` whose name ends in `role`."""
        found: dict[tuple[str, ...], str] = {}
        for resource in self.contract.resources.values():
            for name, (schema, _) in self.places(resource).items():
                values = schema.get("enum")
                if words_of(name)[-1:] == ["role"] and isinstance(values, list):
                    found.update({tuple(words_of(str(value))): str(value) for value in values})
        return found

    def role(self, phrase: str) -> str | None:
        """The role that a phrase names: `sales representative` is `SALES_REP`."""
        words = [singular(word) for word in words_of(phrase)]
        for known, value in self.roles.items():
            if len(known) == len(words) and all(
                one.startswith(singular(other)) for one, other in zip(words, known, strict=True)
            ):
                return value
        return None


def _without_id(name: str) -> list[str]:
    words = [singular(word) for word in words_of(name)]
    return words[:-1] if words[-1:] in (["id"], ["uuid"]) else words


def is_marked(phrase: str) -> bool:
    """Whether a phrase looks like a name of the contract, and not like English."""
    return bool(re.search(r"[a-z][A-Z]|_|\d", phrase))
