"""The resources of a contract: which documents it keeps, where, and under which rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from specdouble.contract.audience import UNSAID, Access
from specdouble.contract.expression_tree import Constant, Field, Has, Name, Node, replaced
from specdouble.contract.identity import kind_of
from specdouble.contract.rule import CollectionRule, PropertyRule, Rule

AnyRule = TypeVar("AnyRule", bound=Rule)

_SELVES = (Name("self"), Name("oldSelf"))
# What no property of a document holds is kept beside it, under names that no property has.
HIDDEN = "_specdouble_"
HIDDEN_ID = "specdouble id"  # where the store looks for the id of documents that have theirs inside, or none
CALLER = "specdouble caller"  # the claim that tells callers apart, where a document is each caller's own


@dataclass(frozen=True)
class Resource:
    """The documents of one schema, kept in one collection.

    Args:
        collection: its name.
        schema: the schema of a document, as it stands in the contract.
        pointer: where the schema stands.
        id: the property that holds a document's id.
        owner: the property that holds the id of the caller who created it, if any.
        tenant: the property that holds the id of that caller's organization, if any.
        properties: the schema of each property, `$ref` and `allOf` resolved.
        rules: the promises about its documents and their properties.
        within: what the store keeps beside a document, since no property holds it: the parents of a nested path.
        parents: what of these, and of the properties, every path to a document names: ids tell apart the documents of
            the same parents alone.
        id_path: where the id stands inside a document, if it is no property of its root: `metadata`, `name`.
        id_inside: the schema that it has there.
        single: for a singleton, whose one document it is: each `caller`'s, or the path's (`parent`); else empty.
        claims: the claim of a caller that the owner's or tenant's property holds, where that has another name.
        read: who reads its documents, where the annotation says it.
        write: who changes them.
        signs_in: whether they are those who sign in.
        seeded: the ids of its documents, where `mock_data/` alone tells of it.
        why: what it was inferred from; empty where an annotation says it.
    """

    collection: str
    schema: Any
    pointer: str
    id: str
    owner: str | None
    tenant: str | None
    properties: Mapping[str, dict[str, Any]]
    rules: tuple[CollectionRule, ...] = field(default=())
    within: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    id_path: tuple[str, ...] = ()
    id_inside: Mapping[str, Any] = field(default_factory=dict)
    single: Literal["", "caller", "parent"] = ""
    claims: Mapping[str, str] = field(default_factory=dict)
    read: Access = UNSAID
    write: Access = UNSAID
    signs_in: bool = False
    seeded: tuple[Any, ...] = ()
    why: str = ""

    @property
    def kind(self) -> str:
        """What one of its documents is, in plain letters: an `asset`, of which `name` may be the `assetName`."""
        return kind_of(self.id, self.collection.rpartition("_")[2])

    @property
    def id_schema(self) -> Mapping[str, Any]:
        """The schema of the property that holds the id, wherever it stands."""
        return self.id_inside if self.id_path else self.properties.get(self.id, {})

    def claim(self, name: str) -> str:
        """The claim of a caller that a property holds."""
        return self.claims.get(name, name)

    def spelled_out(self, tree: Node) -> Node:
        """An expression about documents, with what computed properties are made of in their place."""
        # The last first: what a property is made of may be computed itself, by a rule before it.
        for rule in reversed(self.of(PropertyRule)):
            if rule.made_of is not None:
                for name in _SELVES:
                    made = replaced(rule.made_of, _SELVES[0], name)
                    tree = replaced(tree, Has(name, rule.name), Constant(True))
                    tree = replaced(tree, Field(name, rule.name), made)
        return tree

    def of(self, kind: type[AnyRule]) -> list[AnyRule]:
        """The rules of one kind, or of one shape (`PropertyRule`)."""
        return [rule for rule in self.rules if isinstance(rule, kind)]


@dataclass(frozen=True)
class Identity:
    """Who a security scheme's credential stands for (`x-identity`).

    Args:
        collection: where the users are kept.
        claims: for each claim of the caller, the property of the user that holds it.
        credential: the property that holds an opaque credential (an API key); None where it is a JSON Web Token.
        expires: how long a token is valid, in seconds.
    """

    collection: str
    claims: Mapping[str, str]
    credential: str | None
    expires: int


@dataclass(frozen=True)
class Part:
    """What an operation does to an entry of an array that a document holds.

    Args:
        does: add, change or remove.
        held: the property that holds the array.
        parameter: the name of the path parameter that names the entry; empty where a new one is added.
        id: the property of the entry that it names; empty where the entry itself is that value.
        wrapper: the property names that lead from the request's body to the entry.
        shown: those that lead from a success's body to the entry; None where it shows the document, or nothing.
    """

    does: str
    held: str
    parameter: str = ""
    id: str = ""
    wrapper: tuple[str, ...] = ()
    shown: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Action:
    """What an operation does to a resource.

    Args:
        does: create, read, list, replace, update or delete; create_many or delete_many; copy; or act, which sets what
            the operation's name says.
        collection: to the documents of which collection.
        id: the name of the parameter that holds the document's id, None where the operation takes none; of a create,
            that of the one that it makes.
        envelope: the property names that lead from a success's body to the document or the array of them.
        scope: for each path parameter that names a parent, the property that holds it, or what the store keeps
            beside the document.
        wrapper: the property names that lead from the request's body to the document.
        in_array: whether a success shows what was written or read in an array, though it is no list.
        sets: the properties that the operation's name sets, each with its value: `cancel` the `status` `cancelled`.
        part: the entry of an array in the document that it is about; None where it is about the whole.
        mine: whether the document is the caller's own: of `/users/me` one of the users.
        why: what it was inferred from; empty where an annotation says it.
    """

    does: str
    collection: str
    id: str | None
    envelope: tuple[str, ...]
    scope: tuple[tuple[str, str], ...] = ()
    wrapper: tuple[str, ...] = ()
    in_array: bool = False
    sets: tuple[tuple[str, Any], ...] = ()
    part: Part | None = None
    mine: bool = False
    why: str = ""
