"""The rules of one collection, ready to be enforced on each write."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import orjson

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.ids import Ids
from specdouble.double.state.problem import Broken
from specdouble.rules.immutable.rule import Immutable
from specdouble.rules.references.rule import References
from specdouble.rules.timestamp.rule import Timestamp
from specdouble.rules.transitions.rule import Transitions
from specdouble.rules.unique.rule import Unique

Document = dict[str, Any]


class View(Protocol):
    """The store as a writer sees it."""

    def holder(self, collection: str, field: str, key: str) -> object:
        """The id of the document that has the key, whosever it is; None where there is none."""

    def has(self, collection: str, id: str | int, referrer: Document) -> bool:
        """Whether the referring document's owner may see a document of this id."""


SHADOW = "_specdouble_"
_ORDERS_KEPT = 256


class Enforcement:
    """What the contract demands of a collection's documents.

    Args:
        resource: the resource that is kept in it.
        ids: where its new ids come from.
        clock: where its timestamps come from.
    """

    def __init__(self, resource: Resource, ids: Ids, clock: Clock) -> None:
        self.resource = resource
        self.ids = ids
        self.clock = clock
        self.uniques = [(SHADOW + rule.name, rule) for rule in resource.of(Unique)]
        self.indexed = [field for field, _ in self.uniques]
        self.references = resource.of(References)
        self.transitions = resource.of(Transitions)
        self.immutables = resource.of(Immutable)
        self.created = [rule.name for rule in resource.of(Timestamp) if rule.event == "created"]
        self.updated = [rule.name for rule in resource.of(Timestamp) if rule.event == "updated"]
        self.scopes = [name for name in (resource.owner, resource.tenant) if name is not None]
        self.hidden = (*(field for field, _ in self.uniques), *resource.within)
        # The store's `_id` is the document's id, unless another parent's document may have the same: then the two
        # together, and the document's id stays where it is.
        self.parents = resource.parents
        self.id = "_id" if self.parents else resource.id
        if self.parents:
            self.hidden += ("_id",)
        self.id_name = resource.id if self.parents else "_id"
        self.fixed = (*self.scopes, *resource.within, *(self.parents and (resource.id, *self.parents)), *self.created)
        self.blank = dict.fromkeys(name if name != self.id else "_id" for name in resource.properties)
        self._orders: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.id_rule = Unique(collection=resource.collection, name=resource.id, within=self.parents)
        self.id_schema = resource.properties.get(resource.id, {})

    def scope(self, user: Mapping[str, Any] | None) -> dict[str, Any]:
        """The filter that leaves the caller's own documents; empty where nobody is calling."""
        return {} if user is None else {name: user.get(name) for name in self.scopes}

    def completed(self, document: Document, user: Mapping[str, Any] | None) -> Document:
        """A new document with what the server sets: id, owner, tenant, timestamps; in the order of the schema."""
        self.identify(document)
        document.update(self.scope(user))
        stamp = self.clock.timestamp() if self.created or self.updated else None
        for name in (*self.created, *self.updated):
            document[name] = stamp
        return {name: document[name] for name in self._ordered(tuple(document))}

    def _ordered(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names in the order of the schema; the documents of an operation mostly have the same."""
        ordered = self._orders.get(names)
        if ordered is None:
            if len(self._orders) >= _ORDERS_KEPT:
                self._orders.clear()
            declared = [name for name in self.blank if name in names]
            ordered = self._orders[names] = tuple(dict.fromkeys([*declared, *names]))
        return ordered

    def identify(self, document: Document) -> None:
        """Give the document an id, where it has none, and the store's."""
        name = self.id_name
        if document.get(name) is None:
            document[name] = self.ids.new(self.resource.collection, self.id_schema)
        else:
            self.ids.seen(self.resource.collection, document[name])
        if self.parents:
            document["_id"] = unique_key(self.id_rule, document)

    def carry_over(self, before: Document, after: Document) -> None:
        """Set what the server sets in a changed document, whatever the change said of it."""
        for name in ("_id", *self.fixed):
            if name in before:
                after[name] = before[name]
            else:
                after.pop(name, None)
        for name in self.updated:
            after[name] = self.clock.timestamp(after=before.get(name))

    def keep_fixed(self, before: Document, after: Document) -> None:
        """Keep what a replacement leaves out and cannot take away: a state, and what is fixed at creation."""
        for rule in (*self.immutables, *self.transitions):
            if rule.name in before:
                after.setdefault(rule.name, before[rule.name])

    def shadow(self, document: Document) -> None:
        """Write the key of each unique property beside it; a document without the value has no key."""
        for field, rule in self.uniques:
            key = unique_key(rule, document)
            if key is None:
                document.pop(field, None)
            else:
                document[field] = key

    def named(self, document: Document) -> Document:
        """The document with its id under its own name."""
        if self.id != "_id":
            return {self.id: document.pop("_id", None), **document}
        if self.parents:
            document.pop("_id", None)
        return document

    def reveal(self, document: Document) -> Document:
        """Take the keys away again, and call the id by its own name."""
        for field in self.hidden:
            document.pop(field, None)
        return self.named(document)

    def broken_by(self, after: Document, before: Document | None, touched: Iterable[str], view: View) -> list[Broken]:
        """Every rule that the write would break.

        Args:
            after: the document as it would be stored, its keys shadowed.
            before: the document as it is stored; None when it is new.
            touched: the properties that the write names; their references are looked at though they stay equal.
            view: the store as the writer sees it.
        """
        broken: list[Broken] = []
        for field, rule in self.uniques:
            key = after.get(field)
            if key is None or (before is not None and before.get(field) == key):
                continue
            other = view.holder(self.resource.collection, field, key)
            if other is not None and other != after["_id"]:
                broken.append(Broken(rule, "is already taken", other))
        for reference in self.references:
            value = after.get(reference.name)
            untouched = before is not None and reference.name not in touched and before.get(reference.name) == value
            if value is None or untouched:
                continue
            for one in value if type(value) is list else (value,):
                if not isinstance(one, str | int) or not view.has(reference.target, one, after):
                    broken.append(Broken(reference, f"names no document of {reference.target}"))
                    break
        return broken if before is None else [*broken, *self._moved(after, before)]

    def _moved(self, after: Document, before: Document) -> Iterable[Broken]:
        for fixed in self.immutables:
            if before.get(fixed.name) != after.get(fixed.name):
                yield Broken(fixed, "cannot be changed")
        for rule in self.transitions:
            old, new = before.get(rule.name), after.get(rule.name)
            if old is not None and not rule.allows(old, new):
                yield Broken(rule, f"cannot move from {old} to {new}")


def unique_key(rule: Unique, document: Mapping[str, Any]) -> str | None:
    """What two documents must not share: the scope and the value, normalised; None where there is no value."""
    value = document.get(rule.name)
    if value is None:
        return None
    if isinstance(value, str) and rule.ignore:
        value = normalised(value, rule.ignore)
    parts = [*map(document.get, rule.within), value]
    if float in map(type, parts):
        parts = [_plain(part) for part in parts]
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()


def normalised(value: str, ignore: frozenset[str]) -> str:
    """The text without what does not tell names apart: surrounding white space, case (Unicode's full case folding)."""
    if "space" in ignore:
        value = value.strip()
    if "case" in ignore and not value.isascii():
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).casefold())
    return value.lower() if "case" in ignore else value


def _plain(value: Any) -> Any:
    # 1 and 1.0 are one number to JSON (and to MongoDB), true is none.
    return int(value) if isinstance(value, float) and value.is_integer() else value
