"""The documents of one collection under their indexes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from mongomock import store as upstream_store

from specdouble.double.state.store.conditions import are_strings
from specdouble.double.state.store.held import Held, size_of
from specdouble.double.state.store.indexes import SEVERAL, HashIndex, SortedIndex
from specdouble.double.state.store.layered import layered
from specdouble.double.state.store.values import ODD, Document, is_id


class _OneLock:
    """Mongomock's readers-writer lock, as one that the same thread may take again: writes are a check and a put."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def reader(self) -> Any:
        return self.lock

    def writer(self) -> Any:
        return self.lock


def _fields(index: dict[str, Any]) -> tuple[str, ...]:
    return tuple(field for field, _ in index["key"])


@dataclass(frozen=True, eq=False)
class Contents:
    """What a collection holds at a moment, to be shared: nobody changes it.

    Args:
        documents: by their keys.
        positions: where each was inserted.
        odd_ids: the keys that are no plain ids.
        hashes: the indexes by hash.
        unordered: by index in order, the keys of the documents that it cannot place.
        next_position: where the next one is inserted.
    """

    documents: dict[Any, Document]
    positions: dict[Any, int]
    odd_ids: set[Any]
    hashes: dict[tuple[str, ...], HashIndex]
    unordered: dict[tuple[str, str], set[Any]]
    next_position: int


class IndexedStore(upstream_store.CollectionStore):  # type: ignore[misc]
    """The documents of one collection, with the indexes over them.

    Args:
        name: the collection's name.
        held: counts what the whole store holds.
        database: the name of the database that it is in.
    """

    def __init__(self, name: str, held: Held, database: str = "") -> None:
        super().__init__(name)
        self._place = (database, name)
        self.writes = 0  # by which a world sees whether anything has happened in it
        self._held, self._bytes = held, 0
        self._rwlock = _OneLock()
        self.lock = self._rwlock.lock
        self._clear()

    def _clear(self) -> None:
        self._weigh(-self._bytes)
        self.beginning: Contents | None = None  # what it has begun with, and others hold too
        self._shared: Mapping[Any, Document] = {}
        self._documents: MutableMapping[Any, Document] = {}
        self.positions: MutableMapping[Any, int] = {}
        self.odd_ids: set[Any] = set()
        self._count = itertools.count()
        self.reindex()

    def drop(self) -> None:
        with self.lock:
            super().drop()
            self._clear()
            if self._held.changes is not None:
                self._held.changes.note_drop(self._place)

    def contents(self) -> Contents:
        """Copies of what it holds; the documents are shared."""
        with self.lock:
            hashes = {fields: index.copy() for fields, index in self.hashes.items()}
            unordered = {fields: set(order.odd) for fields, order in self.orders.items()}
            position = max(self.positions.values(), default=-1) + 1
            documents, positions = dict(self._documents), dict(self.positions)
            return Contents(documents, positions, set(self.odd_ids), hashes, unordered, position)

    def share(self) -> Contents:
        """What it holds, for others to begin with; it counts as this one's, and only once."""
        with self.lock:
            contents, weight = self.contents(), self._bytes
            self.begin_with(contents)
            self._shared = {}
            self._weigh(weight)
            return contents

    def begin_with(self, contents: Contents) -> None:
        """Hold what another one with the same indexes held, in place of what this one holds."""
        with self.lock:
            self._clear()
            self.beginning, self._shared = contents, contents.documents
            self._documents = layered(contents.documents)
            self.positions = layered(contents.positions)
            self.odd_ids = set(contents.odd_ids)
            self._count = itertools.count(contents.next_position)
            for fields, index in self.hashes.items():
                index.take(contents.hashes[fields])
            for fields, order in self.orders.items():
                order.odd = set(contents.unordered[fields])

    def create_index(self, index_name: str, index_dict: dict[str, Any]) -> None:
        is_known = index_name in self.indexes
        super().create_index(index_name, index_dict)
        if is_known:
            self.reindex()
        else:  # alone: a collection may have an index for each of ten thousand properties
            self._build(index_name, index_dict)

    def drop_index(self, index_name: str) -> None:
        super().drop_index(index_name)
        self.reindex()

    def reindex(self) -> None:
        """Build the indexes anew from their definitions."""
        self.hashes: dict[tuple[str, ...], HashIndex] = {}
        self.orders: dict[tuple[str, str], SortedIndex] = {}
        self.uniques: list[tuple[str, dict[str, Any], HashIndex | None]] = []
        for name, index in self.indexes.items():
            self._build(name, index)

    def _build(self, name: str, index: dict[str, Any]) -> None:
        """Build what finds documents by the fields of an index, unless another index has it already."""
        fields, unique = _fields(index), bool(index.get("unique"))
        if not any("." in field for field in fields):
            # Two fields are there for their order; the first one's hash finds them well enough.
            if unique or len(fields) != 2:
                self._hash(fields)
            if len(fields) == 2 and fields not in self.orders:
                order = self.orders[fields] = SortedIndex(self._hash(fields[:1]), fields[1])
                for key, document in self._documents.items():
                    order.file(key, document, self.positions[key])
        if unique:
            self.uniques.append((name, index, self.hashes.get(fields)))

    def _hash(self, fields: tuple[str, ...]) -> HashIndex:
        known = self.hashes.get(fields)
        if known is None:
            known = self.hashes[fields] = HashIndex(fields)
            for key, document in self._documents.items():
                known.add(key, known.slot(document))
        return known

    def _unfile(self, key: Any, document: Document) -> None:
        for index in self.hashes.values():
            index.remove(key, index.slot(document))
        for order in self.orders.values():
            order.remove(order.by_value.slot(document), order.entry(key, document, self.positions[key]))

    def _refile(self, key: Any, before: Document, after: Document) -> None:
        for index in self.hashes.values():
            alone = index.alone
            if alone is not None and before.get(alone) is after.get(alone):
                continue  # most changes leave the indexed fields alone
            old, new = index.slot(before), index.slot(after)
            if old != new:
                index.remove(key, old)
                index.add(key, new)
        for order in self.orders.values():
            order.refile(key, before, after, self.positions[key])

    def __setitem__(self, key: Any, document: Document) -> None:
        with self.lock:
            before = self._documents.get(key)
            if before is not None:
                self.replace(key, before, document)
                return
            if not is_id(document.get("_id", ODD)):
                self.odd_ids.add(key)
            self.add(key, document)

    def add(self, key: Any, document: Document, json_size: int | None = None) -> None:
        """Put a new document under its own `_id`; whoever calls holds the lock, and may know its bytes as JSON."""
        self.writes += 1
        size = size_of(document, json_size)
        self._weigh(size)
        self._documents[key] = document
        self._held.latest = (None, document, size)
        if self._held.changes is not None:
            self._held.changes.note(self._place, document["_id"])
        position = self.positions[key] = next(self._count)
        for index in self.hashes.values():
            index.add(key, index.slot(document))
        for order in self.orders.values():
            order.file(key, document, position)

    def replace(self, key: Any, before: Document, after: Document, json_size: int | None = None) -> None:
        """Put a document in another's place; whoever calls holds the lock, and may know its bytes as JSON."""
        self.writes += 1
        old, new = size_of(before), size_of(after, json_size)
        self._weigh(new - self._own(key, before, old))
        self._documents[key] = after
        self._held.latest = (before, after, old + new)
        if self._held.changes is not None:
            self._held.changes.note(self._place, key)
        self._refile(key, before, after)

    def __delitem__(self, key: Any) -> None:
        with self.lock:
            self.writes += 1
            document = self._documents.pop(key)
            size = size_of(document)
            self._weigh(-self._own(key, document, size))
            self._held.latest = (document, None, size)
            if self._held.changes is not None:
                self._held.changes.note(self._place, key)
            self._unfile(key, document)
            del self.positions[key]
            self.odd_ids.discard(key)

    def _own(self, key: Any, document: Document, size: int) -> int:
        """How much goes with a document: nothing, where others hold it too."""
        return 0 if self._shared.get(key) is document else size

    def _weigh(self, more: int) -> None:
        self._bytes += more
        self._held.bytes += more

    def key_of(self, document: Document) -> Any:
        """The key that a document stands under, which is not always its `_id`; `ODD` when it has expired."""
        key = document.get("_id")
        if is_id(key) and self._documents.get(key) is document:
            return key
        return next((key for key, stored in self._documents.items() if stored is document), ODD)

    def only_by_id(self, spec: Any) -> bool:
        """Whether the filter asks for one `_id` and nothing else, and the key alone decides."""
        if type(spec) is not dict or len(spec) != 1 or self._ttl_indexes or self.odd_ids:
            return False
        return is_id(spec.get("_id", ODD))

    def exact(self, spec: dict[str, Any]) -> Any:
        """The document that equals a filter of strings, by `_id` or a unique key; `ODD` where only a search tells.

        A string equals nothing but the same string, so mongomock's filter could say nothing else.
        """
        if len(spec) == 1:
            ((field, wanted),) = spec.items()
            return self.only_one(field, wanted) if type(wanted) is str else ODD
        if self._ttl_indexes or self.odd_ids or "_id" not in spec or not are_strings(spec):
            return ODD
        document = self._documents.get(spec["_id"])
        if document is None:
            return None
        for field, wanted in spec.items():
            value = document.get(field)
            if value != wanted:
                return None if type(value) is str else ODD
        return document

    def only_one(self, field: str, wanted: str) -> Any:
        """The document that has the value of an indexed field; `ODD` where several may have."""
        if self._ttl_indexes or self.odd_ids:
            return ODD
        if field == "_id":
            return self._documents.get(wanted)
        hashed = self.hashes.get((field,))
        if hashed is None or hashed.odd:
            return ODD
        bucket = hashed.buckets.get(wanted, ODD)
        if bucket is ODD:
            return None
        return ODD if type(bucket) in SEVERAL else self._documents.get(bucket)

    def candidates(self, asked: dict[str, list[Any]]) -> list[Document] | None:
        """The documents that may have the values, in the order of insertion; None when no index knows."""
        if self._ttl_indexes:
            return None
        if "_id" in asked:
            known = filter(self._documents.__contains__, asked["_id"])
            return self._in_order(dict.fromkeys([*known, *self.odd_ids]))
        index = self._narrowest(asked)
        if index is None:
            return None
        # What the index cannot file may match all the same.
        return self._in_order(dict.fromkeys([*self._keys(index, asked), *index.odd]))

    def _narrowest(self, asked: dict[str, list[Any]]) -> HashIndex | None:
        usable = [index for index in self.hashes.values() if index.can_tell(asked)]
        if len(usable) < 2:
            return usable[0] if usable else None

        def count(index: HashIndex) -> int:
            return len(index.odd) + sum(map(index.size, index.slots(asked)))

        return min(usable, key=count)

    @staticmethod
    def _keys(index: HashIndex, asked: dict[str, list[Any]]) -> Iterator[Any]:
        return itertools.chain.from_iterable(map(index.at, index.slots(asked)))

    def _in_order(self, keys: dict[Any, None]) -> list[Document]:
        ordered = keys if len(keys) < 2 else sorted(keys, key=self.positions.__getitem__)
        return list(map(self._documents.__getitem__, ordered))

    def exact_count(self, asked: dict[str, list[Any]]) -> int | None:
        """How many documents have one value for each field; None when no index has just these."""
        if self._ttl_indexes or any(len(values) != 1 for values in asked.values()):
            return None
        if not asked:
            return len(self._documents)
        for index in self.hashes.values():
            if asked.keys() == set(index.fields) and not index.odd:
                return index.size(index.slots(asked)[0])
        return None
