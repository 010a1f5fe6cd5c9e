"""A collection of a server: each document with its revision and its place in the order of insertion beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import count
from typing import Any, TypeVar

from bson import ObjectId, decode_all, encode
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.results import DeleteResult, InsertOneResult, UpdateResult

from specdouble.double.state.store.conditions import are_strings, predicate
from specdouble.double.state.store.engine.attempt import Key, current_attempt
from specdouble.double.state.store.engine.clients import Collection
from specdouble.double.state.store.engine.gathering import Gathering, Sharing
from specdouble.double.state.store.engine.indexes import create_index
from specdouble.double.state.store.engine.locks import locked
from specdouble.double.state.store.engine.names import (
    LEAVING,
    ORDER,
    REVISION,
    as_given,
    plain,
    shown,
    stored,
    stored_name,
)
from specdouble.double.state.store.engine.outage import asked, written
from specdouble.double.state.store.held import size_of
from specdouble.double.state.store.values import Document

Pairs = Sequence[tuple[str, int]]
Filter = Mapping[str, Any]
Found = TypeVar("Found")
_NONE = UpdateResult({"n": 0, "nModified": 0}, True)
_LEAVING = 5.0  # seconds in which a document that is about to go has gone, or its writer has ended
_ONE = UpdateResult({"n": 1, "nModified": 1}, True)
_orders = count(time.time_ns())  # places in the order of insertion: those of one process never go back


def _new_revision() -> str:
    return str(ObjectId())  # as a text: not every server finds an ObjectId that is no `_id`


def _new_order() -> int:
    return max(next(_orders), time.time_ns())


class EngineCollection:
    """PyMongo's collection as the state of a double needs it.

    What is found comes in the order of insertion, as on the embedded store; a write goes to the revision that the
    attempt under way has read, and is superseded where that is another one by now.

    Args:
        documents: the server's.
        is_atomic: whether the server updates in one step; else a lock is held meanwhile.
        takes_any_name: whether names within a document may have a dot or begin with `$`; else they are escaped there.
    """

    def __init__(self, documents: Collection, is_atomic: bool, takes_any_name: bool = True) -> None:
        self._documents = documents
        self._is_atomic = is_atomic
        self._takes_any_name = takes_any_name
        self._by_id = Gathering(lambda ids: documents.find({"_id": {"$in": ids}}))
        self._questions = Sharing()

    # Reads

    def find_one(self, filter: Filter) -> Document | None:
        """The first document that the filter matches."""
        wanted = stored(filter)
        is_alone = not current_attempt().is_together  # a transaction's question is for nobody else
        if self._is_atomic and is_alone and "_id" in wanted and are_strings(wanted):
            found = asked(lambda: self._by_id.read(wanted["_id"]))
            return None if found is None or not predicate(wanted)(found) else self._read(found)
        order = None if "_id" in wanted else [(ORDER, 1)]
        found = asked(lambda: self._documents.find_one(wanted, sort=order))
        return None if found is None else self._read(found)

    def find(self, filter: Filter) -> EngineCursor:
        """The documents that the filter matches."""
        return EngineCursor(self._documents, filter, self._read, self._once)

    def count_documents(self, filter: Filter) -> int:
        """How many documents the filter matches."""
        wanted = stored(filter)
        counted: int = self._once({"count": wanted}, lambda: self._documents.count_documents(wanted))
        return counted

    def _once(self, question: Document, ask: Callable[[], Found]) -> Found:
        """What a question finds, asked together with all who have the same one at this moment."""
        if current_attempt().is_together:
            return asked(ask)  # a transaction's question is for nobody else
        key = encode(question)
        return asked(lambda: self._questions.ask(key, ask))

    def distinct(self, key: str, filter: Filter) -> list[Any]:
        """The different values of a property."""
        return asked(lambda: self._documents.distinct(stored_name(key), stored(filter)))

    def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> Iterator[Document]:
        """What a pipeline makes of the documents; its first stage is their filter."""
        first, *rest = pipeline
        stages = [{"$match": stored(first["$match"])}, {"$sort": {ORDER: 1}}]
        stages.append({"$project": {REVISION: 0, ORDER: 0}})
        stages += [{"$project": stored(one["$project"])} if "$project" in one else dict(one) for one in rest]
        found = asked(lambda: list(self._documents.aggregate(stages)))
        return map(self._named_as_given, found)

    def _read(self, found: Document) -> Document:
        attempt, key = current_attempt(), self._key(found["_id"])
        attempt.see(key, (found.get(REVISION), found.get(ORDER)))
        if found.get(LEAVING, 0) > time.time():
            attempt.leaving.add(key)
        else:
            attempt.leaving.discard(key)
        return self._shown(found)

    def is_leaving(self, id: Any) -> bool:
        """Whether a document that the attempt has read was about to go."""
        return self._key(id) in current_attempt().leaving

    # Writes

    def create_index(self, keys: str | Pairs, *, unique: bool = False, **_options: Any) -> None:
        """Have an index; a unique one leaves out documents without the field."""
        create_index(self._documents, keys, unique=unique)

    def insert_one(self, document: Document) -> InsertOneResult:
        """Store a new document.

        Raises:
            DuplicateKeyError: another one has its `_id`, or a value that must be unique.
        """
        kept = {**self._stored(document), REVISION: _new_revision(), ORDER: _new_order()}
        key = self._key(kept["_id"])
        mark = (kept[REVISION], kept[ORDER])
        # PyMongo is given a copy: it may be tried again.
        written(lambda: self._documents.insert_one(dict(kept)), lambda: self._at(kept["_id"], kept[REVISION]))
        write = (None, document, size_of(document))
        current_attempt().wrote(key, mark, write, lambda: self._remove(kept["_id"], kept[REVISION]))
        return InsertOneResult(kept["_id"], True)

    def insert_many(self, documents: Iterable[Document]) -> None:
        """Store new documents that nobody else writes."""
        revision = _new_revision()  # of all, by which those of an earlier try go before all are put in again
        kept = [{**self._stored(one), REVISION: revision, ORDER: _new_order()} for one in documents]
        if not kept:
            return
        try:
            written(lambda: self._documents.insert_many(kept), lambda: self.delete_many({REVISION: revision}))
        except BulkWriteError as error:
            failure = error.details["writeErrors"][0]
            if failure["code"] != 11000:
                raise
            raise DuplicateKeyError(failure["errmsg"], failure["code"]) from None

    def replace_one(self, filter: Filter, document: Document) -> UpdateResult:
        """Put another document in the place of the one of that `_id`.

        Raises:
            Superseded: it has been changed since it was read.
            DuplicateKeyError: another document has a value that must be unique.
        """
        key = self._key(filter["_id"])
        mark = self._mark(key)
        if mark is None:
            return _NONE
        kept = {**self._stored(document), "_id": key[2], REVISION: _new_revision(), ORDER: mark[1]}
        before = self._put(kept, mark[0])
        if before is None:
            raise current_attempt().superseded()
        write = (self._shown(dict(before)), document, size_of(document) + size_of(before))
        undo = lambda: self._put(before, kept[REVISION])  # noqa: E731
        current_attempt().wrote(key, (kept[REVISION], mark[1]), write, undo)
        return _ONE

    def delete_one(self, filter: Filter) -> DeleteResult:
        """Remove the document of that `_id`, if it is as the filter says.

        Raises:
            Superseded: it has been changed since it was read.
        """
        if len(filter) > 1 and self.find_one(filter) is None:
            return DeleteResult({"n": 0}, True)
        key = self._key(filter["_id"])
        mark = self._mark(key)
        if mark is None:
            return DeleteResult({"n": 0}, True)
        before = self._remove(key[2], mark[0])
        if before is None:
            raise current_attempt().superseded()
        write = (self._shown(dict(before)), None, size_of(before))
        current_attempt().wrote(key, None, write, lambda: self._bring_back(before))
        return DeleteResult({"n": 1}, True)

    def mark(self, id: Any) -> None:
        """Tell other writers that a document is about to go.

        Raises:
            Superseded: it has been changed since it was read.
        """
        key = self._key(id)
        mark = self._mark(key)
        if mark is None:
            raise current_attempt().superseded()
        revision = _new_revision()
        change = {"$set": {REVISION: revision, LEAVING: time.time() + _LEAVING}}

        def set_mark() -> Document | None:
            with self._alone(id):
                found: Document | None = self._documents.find_one_and_update({"_id": id, REVISION: mark[0]}, change)
            return found

        before = written(set_mark, lambda: self._at(id, revision))
        if before is None:
            raise current_attempt().superseded()
        before.pop(LEAVING, None)
        latest = current_attempt().latest
        current_attempt().wrote(key, (revision, mark[1]), latest, lambda: self._put(before, revision))

    def delete_many(self, filter: Filter) -> None:
        """Remove all that the filter matches, whoever has written them."""
        asked(lambda: self._documents.delete_many(stored(filter)))

    # On condition of a revision

    def _put(self, document: Document, revision: Any) -> Document | None:
        """Put a document in the place of its revision, and give what was there; None where that is gone."""
        place = {"_id": document["_id"], REVISION: revision}

        def put() -> Document | None:
            with self._alone(document["_id"]):
                found: Document | None = self._documents.find_one_and_replace(
                    place, document, return_document=ReturnDocument.BEFORE
                )
            return found

        return written(put, lambda: self._at(document["_id"], document[REVISION]))

    def _remove(self, id: Any, revision: Any) -> Document | None:
        """Remove a revision of a document, and give it; None where it is gone."""
        last: list[Document] = []

        def remove() -> Document | None:
            with self._alone(id):
                found = self._documents.find_one({"_id": id, REVISION: revision})
                last[:] = [] if found is None else [found]
                is_removed = self._documents.delete_one({"_id": id, REVISION: revision}).deleted_count
            return found if is_removed else None

        def is_gone() -> Document | None:
            # Whether it was this one that removed it nobody can tell: it is gone, as was asked.
            return last[0] if last and self._at(id, revision) is None else None

        return written(remove, is_gone)

    def _bring_back(self, document: Document) -> None:
        """Put a removed document where it was."""
        # Where another one has what must be unique by now it stays away: that it goes was asked for, and is again.
        with suppress(DuplicateKeyError):
            put = lambda: self._documents.insert_one(dict(document))  # noqa: E731
            written(put, lambda: self._at(document["_id"], document[REVISION]))

    def _stored(self, document: Document) -> Document:
        kept = stored(document)
        return kept if self._takes_any_name else {name: plain(value) for name, value in kept.items()}

    def _shown(self, kept: Document) -> Document:
        return self._named_as_given(shown(kept))

    def _named_as_given(self, kept: Document) -> Document:
        return kept if self._takes_any_name else {name: as_given(value) for name, value in kept.items()}

    def _alone(self, id: Any) -> AbstractContextManager[None]:
        return nullcontext() if self._is_atomic else locked(self._documents.database, self._documents.name, id)

    def _at(self, id: Any, revision: Any) -> Document | None:
        """The document, where it has that revision."""
        found: Document | None = self._documents.find_one({"_id": id, REVISION: revision})
        return found

    def _mark(self, key: Key) -> tuple[Any, Any] | None:
        """The revision on which a write depends: what the attempt has read, else what is there now."""
        mark = current_attempt().seen.get(key)
        if mark is not None:
            return mark
        found = asked(lambda: self._documents.find_one({"_id": key[2]}, {REVISION: 1, ORDER: 1}))
        return None if found is None else (found.get(REVISION), found.get(ORDER))

    def _key(self, id: Any) -> Key:
        return self._documents.database.name, self._documents.name, id


class EngineCursor:
    """The documents that a query will find, in the order of insertion where no other is asked for.

    Args:
        documents: the server's collection.
        filter: which.
        read: notes that a document has been read, and gives it without what stands beside it.
        once: gives what a question finds, and may ask it for others as well.
    """

    def __init__(
        self,
        documents: Collection,
        filter: Filter,
        read: Callable[[Document], Document],
        once: Callable[[Document, Callable[[], bytes]], bytes],
    ) -> None:
        self._documents = documents
        self._filter = filter
        self._read = read
        self._once = once
        self._order: list[tuple[str, int]] = []
        self._skip = self._limit = 0

    def sort(self, pairs: Pairs) -> EngineCursor:
        """Order the documents; equals come in the order of insertion."""
        self._order = [(stored_name(name), direction) for name, direction in pairs]
        return self

    def skip(self, count: int) -> EngineCursor:
        """Leave out the first ones."""
        self._skip = count
        return self

    def limit(self, count: int) -> EngineCursor:
        """Leave out what follows so many; 0 leaves out nothing."""
        self._limit = count
        return self

    def to_list(self) -> list[Document]:
        """All of them."""
        wanted, order = stored(self._filter), [*self._order, (ORDER, 1)]
        question = {"find": wanted, "sort": order, "skip": self._skip, "limit": self._limit}

        def find() -> bytes:
            batches = self._documents.find_raw_batches(wanted, sort=order, skip=self._skip, limit=self._limit)
            return b"".join(batches)  # of which each who shares them makes documents of its own

        found = decode_all(self._once(question, find), self._documents.codec_options)
        return [self._read(one) for one in found]

    def __iter__(self) -> Iterator[Document]:
        return iter(self.to_list())
