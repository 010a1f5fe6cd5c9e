"""A collection as handlers see it: PyMongo's methods, the contract's rules, the caller's documents."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import pointer
from specdouble.double.state.departure import Departure
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.keeper import Document, Room
from specdouble.double.state.problem import Broken, Problem, Refusal
from specdouble.double.state.store import (
    DeleteResult,
    DuplicateKeyError,
    InsertManyResult,
    InsertOneResult,
    ReturnDocument,
    UpdateResult,
    size_of,
    updated,
)

Filter = Mapping[str, JSON]
Update = Mapping[str, Mapping[str, JSON]]  # by operator: `{"$set": {"name": "a"}}`
Sort = str | Sequence[tuple[str, int]]
User = Mapping[str, JSON]  # the claims of a caller
# A write that was tried: the collection, the document before and after it, the bytes of both, whether it was refused.
Written = tuple[str, Document | None, Document | None, int, bool]
Lower = tuple["Collection", Filter]  # documents that lie below others
Going = tuple["Collection", Document]  # one that is to be removed, as it is stored
_TRIES = 20  # at an id, or a place, that no other writer takes at the same moment


class Collection:
    """The documents of one collection that the caller may see.

    Reads leave out other owners' documents. Writes are refused when they would break a rule; what was refused
    has changed nothing. Documents that come out are copies, without anything that the double keeps beside them.

    Args:
        documents: the store's collection.
        enforcement: the collection's rules.
        view: the store as this caller sees it.
        user: the caller's claims; None sees all documents.
        statuses: the statuses that the operation declares, to choose a refusal's from.
        writes: gets every write that was tried; None where nobody asks for them.
    """

    __slots__ = ("_documents", "_drafted", "_rules", "_statuses", "_user", "_view", "_writes")

    def __init__(
        self,
        documents: Any,
        enforcement: Enforcement,
        view: Room,
        user: User | None,
        statuses: frozenset[str] = frozenset(),
        writes: list[Written] | None = None,
    ) -> None:
        self._documents = documents
        self._rules = enforcement
        self._view = view
        self._user = user
        self._statuses = statuses
        self._writes = writes
        self._drafted: JSON = None  # the id of the last draft, where one was made for it

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._rules.resource.collection

    def find_one(self, filter: Filter | None = None) -> Document | None:
        """The first document that the filter matches, or None."""
        found = self._documents.find_one(self._own(filter))
        return None if found is None else self._rules.shown(found)

    def find(
        self, filter: Filter | None = None, *, sort: Sort | None = None, skip: int = 0, limit: int = 0
    ) -> list[Document]:
        """The documents that the filter matches; a limit of 0 is none."""
        cursor = self._documents.find(self._own(filter))
        if sort is not None:
            cursor = cursor.sort(self._stored_order(sort))
        if skip or limit:
            cursor = cursor.skip(skip).limit(limit)
        return [self._rules.shown(document) for document in cursor.to_list()]

    def count_documents(self, filter: Filter | None = None) -> int:
        """How many documents the filter matches."""
        count: int = self._documents.count_documents(self._own(filter))
        return count

    def distinct(self, key: str, filter: Filter | None = None) -> list[JSON]:
        """The different values of a property."""
        values: list[JSON] = self._documents.distinct(self._stored_name(key), self._own(filter))
        return values

    def aggregate(self, pipeline: Sequence[Mapping[str, JSON]]) -> list[Document]:
        """What an aggregation pipeline makes of the caller's documents."""
        stages: list[Mapping[str, JSON]] = [{"$match": self._own(None)}]
        if self._rules.hidden:
            stages.append({"$project": dict.fromkeys(self._rules.hidden, 0)})
        stages += pipeline
        return [dict(document) for document in self._documents.aggregate(stages)]

    def insert_one(self, document: Document) -> InsertOneResult:
        """Store a new document; what the server sets (id, owner, timestamps) is set in the given document too.

        Raises:
            Refusal: it would break rules of the contract.
            Problem: the store is full.
        """
        rules = self._rules
        for _ in range(_TRIES):
            stored, broken = rules.created(rules.stored(document), self._user, self._view)
            if broken:
                raise self._refusal(broken, None, stored)
            self._view.make_room()
            try:
                result: InsertOneResult = self._inserted(stored)
                break
            except DuplicateKeyError:
                if not self._may_try_again(document, stored):
                    raise self._taken(None, stored) from None
        else:
            raise self._taken(None, stored)
        self._written(stored, None, set())
        # As PyMongo puts the `_id` into the caller's own document.
        document.clear()
        document.update(rules.shown(stored))
        return result

    def _inserted(self, stored: Document) -> InsertOneResult:
        try:
            result: InsertOneResult = self._documents.insert_one(stored)
        except DuplicateKeyError:
            if not self._rules.makes_way(self._documents, stored["_id"]):
                raise
            result = self._documents.insert_one(stored)
        return result

    def _may_try_again(self, sent: Document, stored: Document) -> bool:
        """Whether the store refused only what was chosen for the document: an id, a place among so many."""
        rules = self._rules
        if self._has(stored["_id"]):
            wanted = sent.get(rules.resource.id)
            if wanted is not None and not (rules.is_shared and wanted == self._drafted):
                return False
            rules.ids.is_taken(stored[rules.id_name])
            if wanted is not None:  # what was made of the draft has its id, perhaps in several places
                raise self._view.superseded()
        return not rules.broken_by(stored, None, (), self._view)

    def _has(self, key: Any) -> bool:
        return self._view.holder(self.name, "_id", key) is not None

    def broken_by(self, document: Document) -> list[Broken]:
        """The rules that a new document would break; nothing is stored."""
        return self._rules.created(self._rules.stored(document), self._user, self._view)[1]

    def draft(self, document: Document) -> Document:
        """A new document as `insert_one` would store it, what the server sets included; nothing is stored."""
        rules = self._rules
        draft = rules.named(rules.completed(rules.stored(document), self._user))
        self._drafted = draft.get(rules.resource.id) if document.get(rules.resource.id) is None else None
        return draft

    def insert_many(self, documents: Sequence[Document]) -> InsertManyResult:
        """Store several new documents, in order, up to the first that is refused."""
        return InsertManyResult([self.insert_one(one).inserted_id for one in documents], acknowledged=True)

    def withdraw(self, filter: Filter) -> None:
        """Take back the first document that the filter matches: the request that has stored it is refused after all."""
        found = self._documents.find_one(self._own(filter))
        if found is not None:
            self._documents.delete_one({"_id": found["_id"]})
            self._note_write()

    def update_one(self, filter: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        """Change the first document that the filter matches by update operators."""
        before = self._documents.find_one(self._own(filter))
        if before is None:
            return self._upserted(filter, update) if upsert else UpdateResult({"n": 0, "nModified": 0}, True)
        self._change(before, update)
        return UpdateResult({"n": 1, "nModified": 1}, True)

    def update_many(self, filter: Filter, update: Update) -> UpdateResult:
        """Change every document that the filter matches, up to the first that is refused."""
        matched = self._changeable(filter)
        for before in matched:
            self._change(before, update)
        return UpdateResult({"n": len(matched), "nModified": len(matched)}, True)

    def replace_one(self, filter: Filter, replacement: Mapping[str, JSON]) -> UpdateResult:
        """Put another document in the place of the first that the filter matches."""
        before = self._documents.find_one(self._own(filter))
        if before is None:
            return UpdateResult({"n": 0, "nModified": 0}, True)
        self._replace(before, replacement)
        return UpdateResult({"n": 1, "nModified": 1}, True)

    def find_one_and_update(
        self, filter: Filter, update: Update, *, return_document: bool = ReturnDocument.BEFORE
    ) -> Document | None:
        """Change the first document that the filter matches, and hand out how it was, or how it is now."""
        before = self._documents.find_one(self._own(filter))
        if before is None:
            return None
        after = self._change(before, update)
        return self._rules.shown(dict(after) if return_document else before)

    def find_one_and_replace(
        self,
        filter: Filter,
        replacement: Mapping[str, JSON],
        *,
        return_document: bool = ReturnDocument.BEFORE,
        written: Container[str] | None = None,
    ) -> Document | None:
        """Replace the first document that the filter matches, and hand out how it was, or how it is now.

        Args:
            filter: which one.
            replacement: what it becomes.
            return_document: whether to hand out how it is now.
            written: the properties that the request names; None for all. What else stays as it was is not asked anew:
                a document that speaks of one which is gone by now can still be changed.
        """
        before = self._documents.find_one(self._own(filter))
        if before is None:
            return None
        after = self._replace(before, replacement, written)
        return self._rules.shown(dict(after) if return_document else before)

    def find_one_and_delete(self, filter: Filter, *, below: Sequence[Lower] = ()) -> Document | None:
        """Remove the first document that the filter matches, and hand it out.

        Args:
            filter: which one.
            below: what goes with it, as one write; all of it stays where a rule wants some of it to stay.

        Raises:
            Refusal: a rule wants it to stay.
        """
        found = self._documents.find_one(self._own(filter))
        if found is None:
            return None
        self._remove([found], below)
        return self._rules.shown(found)

    def delete_one(self, filter: Filter, *, below: Sequence[Lower] = ()) -> DeleteResult:
        """Remove the first document that the filter matches, and what lies below it."""
        return DeleteResult({"n": 0 if self.find_one_and_delete(filter, below=below) is None else 1}, True)

    def removable(self, filter: Filter) -> list[Document]:
        """The documents that the filter matches, without those that the caller may only read."""
        return [self._rules.shown(document) for document in self._changeable(filter)]

    def as_deleted(self, document: Document) -> Document:
        """A document as its deletion would leave it, for the answer to show."""
        return self._rules.retired(document)

    def delete_many(self, filter: Filter, *, below: Sequence[Lower] = ()) -> DeleteResult:
        """Remove every document that the filter matches, and what lies below them."""
        matched = self._changeable(filter)
        self._remove(matched, below)
        return DeleteResult({"n": len(matched)}, True)

    def _hold(self, document: Document) -> None:
        """Let a document be changed that is the caller's to change.

        Raises:
            Refusal: the caller sees it, and it is another's.
        """
        broken = self._rules.others(self._user, document)
        if broken is not None:
            raise self._refusal([broken], document, document)

    def _remove(self, documents: Sequence[Document], below: Sequence[Lower] = ()) -> None:
        for document in documents:
            self._hold(document)
        going = [(self, one) for one in documents]
        lower = [(child, one) for child, wanted in below for one in child._changeable(wanted)]
        if self._rules.leave or lower:
            self._depart(going, lower)
            return
        for document in documents:
            self._rules.remove(self._documents, document)
            self._note_write()

    def _depart(self, going: Sequence[Going], lower: Sequence[Going]) -> None:
        """Remove documents of which others may speak, or below which others lie: all that goes with them, or nothing.

        That something lies below is never why they stay: where a rule keeps some of it, all of that stays.
        """
        departure = self._departure([*going, *lower])
        if departure.broken and lower:
            departure.let_stay()
            departure = self._departure(going)
        if departure.broken:
            departure.let_stay()
            raise Refusal(departure.broken, self._statuses)
        for name in departure.carry_out():
            self._note_write(name)

    def _departure(self, going: Sequence[Going]) -> Departure:
        departure = self._view.departure()
        for documents, document in going:
            departure.take(documents.name, document)
        return departure

    def _own(self, filter: Filter | None) -> dict[str, JSON]:
        """The filter, narrowed to the caller's documents."""
        asked: dict[str, JSON] = dict(filter or {})
        if asked and self._rules.id != "_id":
            asked = self._stored_filter(asked)
        scope = self._rules.scope(self._user)
        # The scope comes first: the store's indexes narrow by what stands before the first operator.
        return {**scope, **asked} if scope.keys().isdisjoint(asked) else {**scope, "$and": [asked]}

    def _changeable(self, filter: Filter) -> list[Document]:
        """The documents that the filter matches, as they are stored, without those that the caller may only read."""
        found = self._documents.find(self._own(filter)).to_list()
        return [one for one in found if self._rules.others(self._user, one) is None]

    def _stored_name(self, name: str) -> str:
        return "_id" if name == self._rules.id else name

    def _stored_order(self, sort: Sort) -> list[tuple[str, int]]:
        pairs = [(sort, 1)] if isinstance(sort, str) else sort
        return [(self._stored_name(name), direction) for name, direction in pairs]

    def _stored_filter(self, filter: Filter) -> dict[str, JSON]:
        """The filter with the store's name for the id, in the filters inside of it too."""
        stored: dict[str, JSON] = {}
        for name, value in filter.items():
            if name in ("$and", "$or", "$nor"):
                stored[name] = [self._stored_filter(part) for part in value]
            else:
                stored[self._stored_name(name)] = value
        return stored

    def _upserted(self, filter: Filter, update: Update) -> UpdateResult:
        # As MongoDB does: what the filter asks to be equal, the new document has.
        begun: Document = {}
        for name, value in filter.items():
            if name[:1] != "$" and not isinstance(value, dict):
                begun[name] = value
        values = {**update.get("$setOnInsert", {}), **update.get("$set", {})}
        document = updated(begun, {**update, "$set": values})
        inserted = self.insert_one(document).inserted_id
        return UpdateResult({"n": 1, "nModified": 0, "upserted": inserted}, True)

    def _change(self, before: Document, update: Update) -> Document:
        self._hold(before)
        touched: set[str] = set()
        for changes in update.values():
            for name in changes:
                touched.add(name.partition(".")[0])
        return self._save(before, updated(before, update), touched)

    def _replace(
        self, before: Document, replacement: Mapping[str, JSON], written: Container[str] | None = None
    ) -> Document:
        self._hold(before)
        after = self._rules.replaced(before, self._rules.stored(replacement))
        names = before.keys() | replacement.keys()
        return self._save(before, after, {name for name in names if written is None or name in written})

    def _save(self, before: Document, after: Document, touched: set[str]) -> Document:
        broken = self._rules.changed(before, after, touched, self._view)
        if broken:
            raise self._refusal(broken, before, after)
        self._view.make_room()
        try:
            self._documents.replace_one({"_id": before["_id"]}, after)
        except DuplicateKeyError:
            raise self._taken(before, after) from None
        self._written(after, before, touched)
        return after

    def _written(self, after: Document, before: Document | None, touched: set[str]) -> None:
        """A document is in the store; where others write to it, what it speaks of may have gone meanwhile."""
        self._note_write()
        if self._rules.speaks and self._rules.is_stray(after, before, touched, self._view):
            raise self._view.superseded()

    def _taken(self, before: Document | None, after: Document) -> Problem:
        """The answer to a write that the store's own index refused: another writer was faster.

        Where others write, it may have gone by now, or only have had the place that was chosen for the document: then
        nobody is refused for its sake.
        """
        broken = self._rules.broken_by(after, None, (), self._view)
        if not broken and self._rules.is_shared and (before is not None or not self._has(after["_id"])):
            return self._view.superseded()
        inside = pointer(*self._rules.resource.id_path)
        broken = broken or [Broken(self._rules.id_rule, "is already taken", after["_id"], inside)]
        return self._refusal(broken, before, after)

    def _refusal(self, broken: Sequence[Broken], before: Document | None, after: Document) -> Refusal:
        if self._writes is not None:
            self._writes.append((self.name, before, after, size_of(after), True))
        return Refusal(broken, self._statuses)

    def _note_write(self, name: str = "") -> None:
        if self._writes is not None:
            self._writes.append((name or self.name, *self._view.latest(), False))
