"""The rules of one collection, ready to be enforced on each write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from specdouble.contract import Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.kind import rule_of_ids
from specdouble.double.state.clock import Clock
from specdouble.double.state.departure import Departure
from specdouble.double.state.ids import Ids
from specdouble.double.state.keeper import SHADOW, Document, Keeper, View
from specdouble.double.state.key import key_of
from specdouble.double.state.problem import Broken
from specdouble.double.state.store import unescaped

_ORDERS_KEPT = 256


class Enforcement:
    """What the contract demands of a collection's documents.

    A write passes `created` or `changed`, top to bottom: what is fixed, what the server sets, the keys, what is
    broken. What comes back can be stored; `shown` makes of it what a caller sees.

    Args:
        resource: the resource that is kept in it.
        ids: where its new ids come from.
        clock: where its times come from.
        keepers: what keeps its rules.
        is_shared: whether others write to the documents between a check and its write.
    """

    def __init__(
        self, resource: Resource, ids: Ids, clock: Clock, keepers: Sequence[Keeper], *, is_shared: bool = False
    ) -> None:
        self.resource = resource
        self.ids = ids
        self.clock = clock
        self.is_shared = is_shared
        # The store's `_id` is the document's id, unless another parent's document may have the same: then the two
        # together, and the document's id stays where it is.
        self.parents = resource.parents
        self.id = "_id" if self.parents else resource.id
        self.id_name = resource.id if self.parents else "_id"
        self.id_rule = rule_of_ids(resource)
        self.id_schema = resource.id_schema
        self._declared = [name if name != self.id else "_id" for name in resource.properties]
        self._orders: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.keep(keepers)

    def keep(self, keepers: Sequence[Keeper]) -> None:
        """Hold the documents by these keepers: what each has to say in a moment of a write is gathered now."""
        self.keepers = keepers
        self._gather_scopes()
        self._gather_keys()
        self._gather_deletion()
        self._gather_fixed()
        self._gather_moments()

    def _gather_scopes(self) -> None:
        """The properties that say whose a document is, and who else may read and change it."""
        scoping = [keeper for keeper in self.keepers if keeper.scope is not None]
        self.scopes: list[str] = [keeper.scope for keeper in scoping if keeper.scope is not None]
        self._claims = [(name, self.resource.claim(name)) for name in self.scopes]
        rules = [keeper.rule for keeper in scoping]
        self._opened = [(rule, self.resource.claim(rule.name)) for rule in rules if rule.is_opened]
        self.closed = [rule.name for rule in rules if not rule.readers.anyone]

    def _gather_keys(self) -> None:
        """The fields beside a document that the store keeps unique."""
        self.key_fields: list[str] = []
        self.kept_unique: list[str] = []
        self._place_fields: list[str] = []
        for keeper in self.keepers:
            if keeper.key_field is not None:
                self.key_fields.append(keeper.key_field)
                if keeper.in_store:
                    self.kept_unique.append(keeper.key_field)
            # Where nobody else writes, the check before a write is enough.
            if keeper.place_field is not None and self.is_shared:
                self.key_fields.append(keeper.place_field)
                self.kept_unique.append(keeper.place_field)
                self._place_fields.append(keeper.place_field)

    def _gather_deletion(self) -> None:
        """The marks of documents that were deleted and stay."""
        self.there: dict[str, JSON] = {}  # the filter that leaves what was not deleted
        self._frees = False
        for keeper in self.keepers:
            if keeper.mark is not None:
                self.there[keeper.mark] = None
                self._frees = keeper.frees

    def _gather_fixed(self) -> None:
        """What no write changes, and what no caller sees."""
        resource = self.resource
        self._staying: list[str] = [keeper.rule.name for keeper in self.keepers if keeper.stays]
        fixed = [keeper.rule.name for keeper in self.keepers if keeper.fixed]
        # Under a path that parents are always part of, they and the id are where the document stands.
        placed = (resource.id, *self.parents) if self.parents else ()
        made_key = ("_id",) if self.parents else ()
        self.hidden = (*self.key_fields, *self.there, *resource.within, *made_key)
        self._fixed = ("_id", *self.scopes, *resource.within, *placed, *fixed, *self._place_fields)

    def _gather_moments(self) -> None:
        """Who has something to say in each moment of a write."""
        keepers = self.keepers
        self._create: list[Callable[[Document, str], None]] = _saying(keepers, "create")
        self._change: list[Callable[[Document, Document], None]] = _saying(keepers, "change")
        self._retire: list[Callable[[Document], None]] = _saying(keepers, "retire")
        self._key: list[Callable[[Document], None]] = _saying(keepers, "key")
        self._place: list[Callable[[Document, Document | None, View], None]] = []
        self.speaks: list[Callable[..., Broken | None]] = []
        if self.is_shared:
            self._place = _saying(keepers, "place")
            self.speaks = [keeper.broken for keeper in keepers if keeper.needs]
        self.leave: list[Callable[[Document, Departure], None]] = _saying(keepers, "leave")
        self._broken = _asked(keepers)
        self._broken_anew = _asked([keeper for keeper in keepers if keeper.on_creation])

    def scope(self, user: Mapping[str, JSON] | None) -> dict[str, JSON]:
        """The filter that leaves the caller's own documents, all where nobody is calling; none that was deleted."""
        if user is None:
            return self.there
        scope = {name: user.get(claim) for name, claim in self._claims}
        for rule, _ in self._opened:
            if rule.readers.admits(user):
                del scope[rule.name]
        scope.update(self.there)
        return scope

    def others(self, user: Mapping[str, JSON] | None, document: Mapping[str, JSON]) -> Broken | None:
        """That a document which the caller sees is another's, and not the caller's to change; None where it is."""
        if user is None:
            return None
        for rule, claim in self._opened:
            if document.get(rule.name) != user.get(claim) and not rule.writers.admits(user):
                return Broken(rule, "is another's, to be read alone", document["_id"])
        return None

    # A write

    def stored(self, document: Mapping[str, JSON]) -> Document:
        """A copy in the form in which it is stored: without what nobody may send, its id under the store's name."""
        stored = dict(document)
        if SHADOW in "".join(stored):
            within = self.resource.within
            stored = {name: value for name, value in stored.items() if not name.startswith(SHADOW) or name in within}
        if self.id != "_id" and self.id in stored:
            stored["_id"] = stored.pop(self.id)
        return stored

    def completed(self, stored: Document, user: Mapping[str, JSON] | None) -> Document:
        """A new document with what the server sets: id, owner, tenant, times; in the order of the schema."""
        self.identify(stored)
        if user is not None:
            for name, claim in self._claims:
                stored[name] = user.get(claim)
        if self._create:
            now = self.clock.timestamp()
            for create in self._create:
                create(stored, now)
        return {name: stored[name] for name in self._ordered(tuple(stored))}

    def created(self, stored: Document, user: Mapping[str, JSON] | None, view: View) -> tuple[Document, list[Broken]]:
        """A new document as it can be stored, and every rule that it would break."""
        stored = self.completed(stored, user)
        self.key(stored)
        for place in self._place:
            place(stored, None, view)
        return stored, self.broken_by(stored, None, stored, view)

    def replaced(self, before: Document, after: Document) -> Document:
        """A replacement with what it leaves out and cannot take away."""
        for name in self._staying:
            if name in before:
                after.setdefault(name, before[name])
        return after

    def changed(self, before: Document, after: Document, touched: Collection[str], view: View) -> list[Broken]:
        """Make of a changed document what can be stored; every rule that it would break."""
        self.carry_over(before, after)
        self.key(after)
        for place in self._place:
            place(after, before, view)
        return self.broken_by(after, before, touched, view)

    def carry_over(self, before: Document, after: Document) -> None:
        """Set what the server sets in a changed document, whatever the change said of it."""
        for name in self._fixed:
            if name in before:
                after[name] = before[name]
            else:
                after.pop(name, None)
        for change in self._change:
            change(before, after)

    def key(self, document: Document) -> None:
        """Write beside the document what the store keeps unique."""
        for key in self._key:
            key(document)

    def broken_by(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> list[Broken]:
        """Every rule that the write would break.

        Args:
            after: the document as it would be stored, its keys beside it.
            before: the document as it is stored; None when it is new.
            touched: the properties that the write names; their references are looked at though they stay equal.
            view: the store as the writer sees it.
        """
        broken: list[Broken] = []
        # All of them, not the first: who is refused mends everything at once.
        for broken_of in self._broken_anew if before is None else self._broken:
            found = broken_of(after, before, touched, view)
            if found is not None:
                broken += (found,) if isinstance(found, Broken) else found
        return broken

    # A deletion

    def remove(self, documents: Any, document: Document) -> None:
        """Remove a document from the store, or leave it there for nobody to find.

        Args:
            documents: the store's collection.
            document: as it is stored. It is found by its id: a filter may find another one by now.
        """
        if not self._retire:
            documents.delete_one({"_id": document["_id"]})
            return
        left = self.retired(document)
        self.key(left)
        for field in self._place_fields:  # others may take them
            left.pop(field, None)
        documents.replace_one({"_id": document["_id"]}, left)

    def retired(self, document: Document) -> Document:
        """The document as a deletion leaves it."""
        left = dict(document)
        for retire in self._retire:
            retire(left)
        return left

    def makes_way(self, documents: Any, id: object) -> bool:
        """Whether it was a deleted document that had the id, and has given it up."""
        if not self._frees:
            return False
        marked = {name: {"$ne": None} for name in self.there}
        return bool(documents.delete_one({"_id": id, **marked}).deleted_count)

    def is_stray(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> bool:
        """Whether what a write has stored speaks of a document that is gone by now; as `broken_by` looks at it."""
        return any(broken(after, before, touched, view) is not None for broken in self.speaks)

    def named(self, document: Document) -> Document:
        """The document with its id under its own name."""
        if self.id != "_id":
            return {self.id: document.pop("_id", None), **document}
        if self.parents:
            document.pop("_id", None)
        return document

    def seed(self, document: Document) -> Document:
        """The document as a seed has it: the ids of its parents with it, which a caller knows from the path."""
        for field in (*self.key_fields, *self.there):
            document.pop(field, None)
        return self.named(document)

    def resumed(self, stored: Document) -> Document:
        """A document that was stored by other rules, perhaps, as a seed has it."""
        within = self.resource.within
        kept = {
            unescaped(name): value for name, value in stored.items() if not name.startswith(SHADOW) or name in within
        }
        return self.named(kept)

    def shown(self, document: Document) -> Document:
        """The document without what is kept beside it, its id under its own name."""
        for field in self.hidden:
            document.pop(field, None)
        return self.named(document)

    # Ids

    def identify(self, document: Document) -> None:
        """Give the document an id, where it has none, and the store's."""
        name = self.id_name
        if document.get(name) is None:
            document[name] = self.ids.new(self.resource.collection, self.id_schema)
        else:
            self.ids.seen(self.resource.collection, document[name])
        if self.parents:
            document["_id"] = key_of([document.get(one) for one in (*self.parents, name)])

    def _ordered(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names in the order of the schema; the documents of an operation mostly have the same."""
        ordered = self._orders.get(names)
        if ordered is None:
            if len(self._orders) >= _ORDERS_KEPT:
                self._orders.clear()
            declared = [name for name in self._declared if name in names]
            ordered = self._orders[names] = tuple(dict.fromkeys([*declared, *names]))
        return ordered


def presented(stored: Mapping[str, Any], resource: Resource | None) -> Document:
    """A stored document as its collection's users know it, where its enforcement is not at hand.

    Args:
        stored: the document; it stays as it is.
        resource: what is kept in the collection; None where a handler alone knows.
    """
    shown = {unescaped(name): value for name, value in stored.items() if not name.startswith(SHADOW)}
    if resource is None or resource.id == "_id":
        return shown
    if resource.parents:
        shown.pop("_id", None)
        return shown
    return {resource.id: shown.pop("_id", None), **shown}


def _saying(keepers: Iterable[Keeper], moment: str) -> list[Any]:
    """The methods of those keepers that say something in this moment; of the others nothing is called."""
    silent = getattr(Keeper, moment)
    return [getattr(keeper, moment) for keeper in keepers if getattr(type(keeper), moment) is not silent]


def _asked(keepers: Iterable[Keeper]) -> list[Callable[..., Broken | Sequence[Broken] | None]]:
    """What is asked whether a write breaks a rule; keepers of one class may have one answer for all of them."""
    saying = [keeper for keeper in keepers if type(keeper).broken is not Keeper.broken]
    groups = [list(group) for _, group in groupby(saying, type)]
    return [ask for group in groups for ask in group[0].asked_together(group)]
