"""The one door to mongomock and PyMongo: an embedded store with indexes, or a real server.

Plain mongomock scans every document for each query, even by `_id`, and each unique insert scans all others. The
embedded store extends its collection: **an index only narrows the candidates, mongomock's own filter decides**.
Where the answer is provably the same (an exact `_id`, a full replacement, a JSON-like document) mongomock's slow
way is left out; whatever is not plain takes it. Two things are better than upstream, and meant: an update that
fails leaves the document as it was, and exactly one of many concurrent inserts of a unique value wins.

Stored documents are never changed in place: a write puts a new one. So readers in other threads see whole
documents, and a copy is made only of what is handed out.

It rests on these insides of mongomock, hence the pinned version (`MONGOMOCK`, held by a test):

- `Collection._iter_documents(filter)` is the one source of documents for find, count, update and delete;
- `Collection._update` takes each document from it, changes it in place, and calls `_ensure_uniques(document)`;
- `Collection._insert`, `_delete`, `_find_and_modify`, `_get_dataset`, `_copy_only_fields`,
  `_apply_update_document`, `_store`, and `Cursor._compute_results` with its `_factory`, `_skip` and `_limit`;
- `CollectionStore` is reached through `[key]`, `documents`, `indexes`, `create_index`, `drop_index`, `drop`,
  `_ttl_indexes` and `_rwlock` only, and keeps `_documents` in the order of insertion;
- `Database._collection_accesses`, `MongoClient._database_accesses`, `DatabaseStore._collections` and
  `ServerStore._databases` are plain dictionaries, filled when missing.
"""

from __future__ import annotations

import copy
import itertools
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from sys import intern
from typing import TYPE_CHECKING, Any

from bson import ObjectId, encode
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError, WriteError
from pymongo.results import DeleteResult, InsertManyResult, InsertOneResult, UpdateResult
from sortedcontainers import SortedList  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from pymongo.database import Database

    # Mongomock says that it is typed, and has no annotations.
    mongomock: Any
    upstream: Any
    upstream_store: Any
    filter_applies: Any
    patch_datetime_awareness_in_document: Any
else:
    import mongomock
    from mongomock import collection as upstream
    from mongomock import store as upstream_store
    from mongomock.filtering import filter_applies
    from mongomock.helpers import patch_datetime_awareness_in_document

__all__ = [
    "MONGOMOCK",
    "BulkWriteError",
    "DeleteResult",
    "Document",
    "DuplicateKeyError",
    "InsertManyResult",
    "InsertOneResult",
    "ObjectId",
    "OperationFailure",
    "PyMongoError",
    "ReturnDocument",
    "Store",
    "UpdateResult",
    "WriteError",
    "open_store",
    "updated",
]

Document = dict[str, Any]
Slot = Any

MONGOMOCK = "4.3.0"
"""The version of mongomock whose insides the embedded store was written against."""

_IMMUTABLE = frozenset({str, int, float, bool, type(None), ObjectId, bytes})
_NAMES = frozenset({str})
_PLAIN = _IMMUTABLE | {datetime}
_HARMLESS = frozenset({"$eq", "$ne", "$in", "$nin", "$exists"})
_BSON_RANKS = {type(None): 5, int: 10, float: 10, str: 15, bool: 40}
_ODD = object()
_KEPT_FROM = 64


class Store:
    """Where the documents are kept: databases by name, one for each world.

    Args:
        client: a PyMongo client, or the embedded one.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def embedded(self) -> bool:
        """Whether documents live in this process, so that no call ever waits for a server."""
        return isinstance(self._client, _Client)

    def database(self, name: str) -> Database[Document]:
        """The database of that name; it comes into being with its first document."""
        database: Database[Document] = self._client[name]
        return database

    def drop(self, name: str) -> None:
        """Forget all documents and indexes of a database; handles to it stay good."""
        self._client.drop_database(name)

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        self._client.close()


def open_store(url: str | None) -> Store:
    """Open the embedded store, or the server at the URL.

    Args:
        url: `mongodb://...` for a server; None for the embedded store.

    Raises:
        ValueError: it is no MongoDB URL.
    """
    if url is None:
        return Store(_Client())
    if not url.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError(f"a store is mongodb://... or mongodb+srv://..., not {url!r}")
    from pymongo import MongoClient

    return Store(MongoClient(url))


def updated(document: Mapping[str, Any], update: Mapping[str, Any]) -> Document:
    """The document as update operators would leave it; the given one stays as it is.

    Raises:
        ValueError: the update has no operators.
        PyMongoError: an operator cannot be applied.
    """
    upstream.validate_ok_for_update(update)
    draft = _rebuilt(dict(document), copy.deepcopy)
    change = patch_datetime_awareness_in_document(dict(update))
    _SCRATCH._apply_update_document(draft, {}, change, False)
    return draft


def _rebuilt(document: Document, odd: Callable[[Any], Any]) -> Document:
    """A copy that shares nothing that can change; `odd` copies what is neither JSON-like nor an id."""
    if _IMMUTABLE.issuperset(map(type, document.values())):
        return document.copy()
    return {
        name: value if type(value) in _IMMUTABLE else _rebuilt_value(value, odd) for name, value in document.items()
    }


def _rebuilt_value(value: Any, odd: Callable[[Any], Any]) -> Any:
    if type(value) is dict:
        return _rebuilt(value, odd)
    if type(value) is list:
        return [one if type(one) in _IMMUTABLE else _rebuilt_value(one, odd) for one in value]
    return odd(value)


def _owned(document: Document) -> Document:
    """The copy that is stored; names are shared, as parsers make them anew for each document."""
    own = _rebuilt(document, patch_datetime_awareness_in_document)
    return {intern(name): value for name, value in own.items()}


def _handed_out(document: Document) -> Document:
    return _rebuilt(document, _mongomock_copy) if type(document) is dict else _mongomock_copy(document)


def _mongomock_copy(value: Any) -> Any:
    return upstream._copy_field(value, dict)


def _draft(document: Document) -> Document:
    return _rebuilt(document, copy.deepcopy) if type(document) is dict else copy.deepcopy(document)


def _storable(document: Document) -> bool:
    """Whether mongomock would take it without complaint: how it complains is left to mongomock."""
    try:
        names = "".join(document)
        if "$" in names or "\0" in names or not _NAMES.issuperset(map(type, document)):
            return False
        encode(document)
    except Exception:
        return False
    return True


def _is_id(value: Any) -> bool:
    """Whether the value is its own key: mongomock files dates, arrays and objects under another one."""
    return type(value) in _IMMUTABLE and value == value


def _is_plain(value: Any) -> bool:
    """Whether a hash finds all that equals the value; NaN is not even equal to itself."""
    return type(value) in _PLAIN and value == value


def _conditions(spec: Any) -> tuple[dict[str, list[Any]], bool]:
    """The values that a filter asks of fields, and whether the filter can raise on no document.

    Only what stands before the first condition that might raise is told: a document that an index leaves out
    would not have got beyond it, so errors stay the same.
    """
    asked: dict[str, list[Any]] = {}
    if not isinstance(spec, dict):
        return asked, False
    for field, wanted in spec.items():
        if not isinstance(field, str) or field[:1] == "$" or "." in field:
            return asked, False
        if _is_plain(wanted):
            asked[field] = [wanted]
        elif not _is_harmless(wanted):
            return asked, False
        elif len(wanted) == 1 and "$in" in wanted:
            asked[field] = wanted["$in"]
        elif len(wanted) == 1 and "$eq" in wanted:
            asked[field] = [wanted["$eq"]]
    return asked, True


def _is_harmless(wanted: Any) -> bool:
    if type(wanted) is not dict or not wanted or not wanted.keys() <= _HARMLESS:
        return False
    return all(
        type(value) is list and all(map(_is_plain, value)) if name in ("$in", "$nin") else _is_plain(value)
        for name, value in wanted.items()
    )


class _HashIndex:
    """The keys of documents by the values of some of their fields; a missing field counts as null.

    A bucket with one key is that key itself: most are, and a dictionary for each would take most of the memory.
    Documents with an array, an object or a rarer type there are `odd`: candidates of every query.
    """

    __slots__ = ("buckets", "fields", "odd", "slot")

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self.slot = self._slot_of_one if len(fields) == 1 else self._slot_of_many
        self.buckets: dict[Slot, Any] = {}
        self.odd: dict[Any, None] = {}

    def _slot_of_one(self, document: Document) -> Slot:
        value = document.get(self.fields[0])
        return value if type(value) in _PLAIN and value == value else _ODD

    def _slot_of_many(self, document: Document) -> Slot:
        values = tuple([document.get(field) for field in self.fields])
        return values if all(map(_is_plain, values)) else _ODD

    def add(self, key: Any, slot: Slot) -> None:
        if slot is _ODD:
            self.odd[key] = None
            return
        bucket = self.buckets.setdefault(slot, key)
        if type(bucket) is dict:
            bucket[key] = None
        elif bucket is not key and bucket != key:
            self.buckets[slot] = {bucket: None, key: None}

    def remove(self, key: Any, slot: Slot) -> None:
        if slot is _ODD:
            del self.odd[key]
            return
        bucket = self.buckets[slot]
        if type(bucket) is dict and len(bucket) > 1:
            del bucket[key]
        else:
            del self.buckets[slot]

    def at(self, slot: Slot) -> Iterable[Any]:
        """The keys of one slot; a key is never a plain dictionary, which has no hash."""
        bucket = self.buckets.get(slot, _ODD)
        if bucket is _ODD:
            return ()
        return bucket if type(bucket) is dict else (bucket,)

    def size(self, slot: Slot) -> int:
        bucket = self.buckets.get(slot, _ODD)
        return len(bucket) if type(bucket) is dict else int(bucket is not _ODD)

    def can_tell(self, asked: dict[str, list[Any]]) -> bool:
        """Whether the index knows the values that are asked for, without too many combinations of them."""
        if len(self.fields) == 1:
            return self.fields[0] in asked
        return all(field in asked for field in self.fields) and math.prod(map(len, asked.values())) < 1000

    def slots(self, asked: dict[str, list[Any]]) -> list[Slot]:
        if len(self.fields) == 1:
            return asked[self.fields[0]]
        return list(itertools.product(*[asked[field] for field in self.fields]))


class _SortedIndex:
    """The documents that share one field's value, in the order of another field.

    An order is kept for a value once it was asked for and is worth it. Sorting is stable in both directions, as
    in mongomock: equals come in the order of insertion.
    """

    __slots__ = ("by_value", "field", "odd", "orders")

    def __init__(self, by_value: _HashIndex, field: str) -> None:
        self.by_value = by_value
        self.field = field
        self.orders: dict[Slot, Any] = {}
        self.odd: set[Any] = set()

    def entry(self, key: Any, document: Document, position: int) -> tuple[Any, ...]:
        value = document.get(self.field)
        rank = _BSON_RANKS.get(type(value)) if value == value else None
        return (_ODD, key) if rank is None else (rank, value if rank != 5 else 0, position, key)

    def add(self, slot: Slot, entry: tuple[Any, ...]) -> None:
        if entry[0] is _ODD:
            self.odd.add(entry[1])
        elif slot is not _ODD and slot in self.orders:
            self.orders[slot].add(entry)

    def remove(self, slot: Slot, entry: tuple[Any, ...]) -> None:
        if entry[0] is _ODD:
            self.odd.discard(entry[1])
        elif slot is not _ODD and slot in self.orders:
            self.orders[slot].remove(entry)

    def refile(self, key: Any, before: Document, after: Document, position: int) -> None:
        old = self.by_value.slot(before), self.entry(key, before, position)
        new = self.by_value.slot(after), self.entry(key, after, position)
        if old != new:
            self.remove(*old)
            self.add(*new)

    def keys(self, slot: Slot, direction: int, start: int, store: _IndexedStore) -> Iterator[Any]:
        """The keys in order, from the rank `start` on."""
        order = self._order(slot, store)
        entries = order.islice(start) if direction >= 0 else self._descending(order, start)
        return (entry[3] for entry in entries)

    def _order(self, slot: Slot, store: _IndexedStore) -> Any:
        order = self.orders.get(slot)
        if order is None:
            keys = self.by_value.at(slot)
            order = SortedList([self.entry(key, store._documents[key], store.positions[key]) for key in keys])
            if len(order) >= _KEPT_FROM:
                self.orders[slot] = order
        return order

    @staticmethod
    def _descending(order: Any, start: int) -> Iterator[tuple[Any, ...]]:
        total = len(order)
        while start < total:
            rank, value, *_ = order[total - 1 - start]
            first, end = order.bisect_left((rank, value)), order.bisect_left((rank, value, math.inf))
            yield from order.islice(first + start - (total - end), end)
            start = total - first


class _OneLock:
    """Mongomock's readers-writer lock, as one that the same thread may take again: writes are a check and a put."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def reader(self) -> Any:
        return self.lock

    def writer(self) -> Any:
        return self.lock


class _IndexedStore(upstream_store.CollectionStore):  # type: ignore[misc]
    """The documents of one collection, with the indexes over them."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._rwlock = _OneLock()
        self.lock = self._rwlock.lock
        self._clear()

    def _clear(self) -> None:
        self._documents: dict[Any, Document] = {}
        self.positions: dict[Any, int] = {}
        self.odd_ids: set[Any] = set()
        self._count = itertools.count()
        self.reindex()

    def drop(self) -> None:
        with self.lock:
            super().drop()
            self._clear()

    def create_index(self, index_name: str, index_dict: dict[str, Any]) -> None:
        super().create_index(index_name, index_dict)
        self.reindex()

    def drop_index(self, index_name: str) -> None:
        super().drop_index(index_name)
        self.reindex()

    def reindex(self) -> None:
        """Build the indexes anew from their definitions."""
        self.hashes: dict[tuple[str, ...], _HashIndex] = {}
        self.orders: dict[tuple[str, str], _SortedIndex] = {}
        for index in self.indexes.values():
            self._define(tuple(field for field, _ in index["key"]))
        for key, document in self._documents.items():
            self._file(key, document)

    def _define(self, fields: tuple[str, ...]) -> None:
        if any("." in field for field in fields):
            return
        self.hashes.setdefault(fields, _HashIndex(fields))
        if len(fields) == 2:
            by_value = self.hashes.setdefault(fields[:1], _HashIndex(fields[:1]))
            self.orders.setdefault(fields, _SortedIndex(by_value, fields[1]))

    def _file(self, key: Any, document: Document) -> None:
        for index in self.hashes.values():
            index.add(key, index.slot(document))
        for order in self.orders.values():
            order.add(order.by_value.slot(document), order.entry(key, document, self.positions[key]))

    def _unfile(self, key: Any, document: Document) -> None:
        for index in self.hashes.values():
            index.remove(key, index.slot(document))
        for order in self.orders.values():
            order.remove(order.by_value.slot(document), order.entry(key, document, self.positions[key]))

    def _refile(self, key: Any, before: Document, after: Document) -> None:
        for index in self.hashes.values():
            old, new = index.slot(before), index.slot(after)
            if old != new:
                index.remove(key, old)
                index.add(key, new)
        for order in self.orders.values():
            order.refile(key, before, after, self.positions[key])

    def __setitem__(self, key: Any, document: Document) -> None:
        with self.lock:
            before = self._documents.get(key)
            self._documents[key] = document
            if before is not None:
                self._refile(key, before, document)
                return
            self.positions[key] = next(self._count)
            if not _is_id(document.get("_id", _ODD)):
                self.odd_ids.add(key)
            self._file(key, document)

    def __delitem__(self, key: Any) -> None:
        with self.lock:
            self._unfile(key, self._documents.pop(key))
            del self.positions[key]
            self.odd_ids.discard(key)

    def key_of(self, document: Document) -> Any:
        """The key that a document stands under, which is not always its `_id`; `_ODD` when it has expired."""
        key = document.get("_id")
        if _is_id(key) and self._documents.get(key) is document:
            return key
        return next((key for key, stored in self._documents.items() if stored is document), _ODD)

    def only_by_id(self, spec: Any) -> bool:
        """Whether the filter asks for one `_id` and nothing else, and the key alone decides."""
        if type(spec) is not dict or len(spec) != 1 or self._ttl_indexes or self.odd_ids:
            return False
        return _is_id(spec.get("_id", _ODD))

    def candidates(self, asked: dict[str, list[Any]]) -> list[Document] | None:
        """The documents that may have the values, in the order of insertion; None when no index knows."""
        if self._ttl_indexes:
            return None
        if "_id" in asked:
            keys = dict.fromkeys(key for key in asked["_id"] if key in self._documents)
            return self._in_order({**keys, **dict.fromkeys(self.odd_ids)})
        index = self._narrowest(asked)
        if index is None:
            return None
        return self._in_order({**dict.fromkeys(self._keys(index, asked)), **index.odd})

    def _narrowest(self, asked: dict[str, list[Any]]) -> _HashIndex | None:
        usable = [index for index in self.hashes.values() if index.can_tell(asked)]
        if len(usable) < 2:
            return usable[0] if usable else None
        return min(usable, key=lambda index: len(index.odd) + sum(map(index.size, index.slots(asked))))

    @staticmethod
    def _keys(index: _HashIndex, asked: dict[str, list[Any]]) -> Iterator[Any]:
        return itertools.chain.from_iterable(map(index.at, index.slots(asked)))

    def _in_order(self, keys: dict[Any, None]) -> list[Document]:
        documents = self._documents
        if len(keys) < 2:
            return [documents[key] for key in keys]
        return [documents[key] for key in sorted(keys, key=self.positions.__getitem__)]

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


class _Cursor(upstream.Cursor):  # type: ignore[misc]
    """A cursor that copies the page that is asked for, instead of all that matches."""

    _page: list[Document] | None = None
    _page_of: Any = None

    def _compute_results(self, with_limit_and_skip: bool = False) -> Any:
        if not with_limit_and_skip or self._projection or self.collection.codec_options.tz_aware:
            return super()._compute_results(with_limit_and_skip)
        asked = (self._factory, self._skip, self._limit)
        if not self._page or self._page_of != asked:
            self._page = self.collection._page(self._spec, self._sort, self._skip, self._limit)
            self._page_of = asked
        return self._page


class _Collection(upstream.Collection):  # type: ignore[misc]
    """Mongomock's collection over an indexed store."""

    def _iter_documents(self, filter: Any) -> Iterator[Document]:
        asked, _ = _conditions(filter)
        if asked:
            store = self._store
            with store.lock:
                candidates = store.candidates(asked)
            if candidates is not None and store._documents:
                return (document for document in candidates if filter_applies(filter, document))
        found: Iterator[Document] = super()._iter_documents(filter)
        return found

    def find(self, *args: Any, **kwargs: Any) -> Any:
        cursor = super().find(*args, **kwargs)
        # A subclass cannot be asked for: the name of the class is written out in `find`.
        cursor.__class__ = _Cursor
        return cursor

    def find_one(self, filter: Any = None, *args: Any, **kwargs: Any) -> Any:
        if args or any(kwargs.values()) or self._codec_options.tz_aware:
            return super().find_one(filter, *args, **kwargs)
        spec = {} if filter is None else filter if isinstance(filter, Mapping) else {"_id": filter}
        store = self._store
        if store.only_by_id(spec):
            found = store._documents.get(spec["_id"])
        else:
            found = self._first(patch_datetime_awareness_in_document(spec))
        return None if found is None else _handed_out(found)

    def _first(self, spec: Any) -> Document | None:
        """The first match; where the filter might raise on a later document, all are looked at, as upstream does."""
        found = self._iter_documents(spec)
        return next(found if _conditions(spec)[1] else iter(list(found)), None)

    def _page(self, spec: Any, sort: Any, skip: Any, limit: Any) -> list[Document]:
        with self._store.lock:
            page = self._sorted_page(spec, sort, skip, limit)
        if page is None:
            page = list(_Uncopied.of(self)._get_dataset(spec, sort, None, dict))[skip:]
            page = page[: abs(limit)] if limit else page
        return [_handed_out(document) for document in page]

    def _sorted_page(self, spec: Any, sort: Any, skip: Any, limit: Any) -> list[Document] | None:
        """The page from an index on (equality, sort), if there is one that is sure of the order."""
        found = self._sorted_by(spec, sort)
        if found is None or type(skip) is not int or skip < 0:
            return None
        index, slot, alone = found
        documents = self._store._documents
        keys = index.keys(slot, sort[0][1], skip if alone else 0, self._store)
        ordered = (documents[key] for key in keys)
        if not alone:
            matching = (document for document in ordered if filter_applies(spec, document))
            ordered = itertools.islice(matching, skip, None)  # type: ignore[assignment]
        return list(itertools.islice(ordered, abs(limit) if limit else None))

    def _sorted_by(self, spec: Any, sort: Any) -> tuple[_SortedIndex, Slot, bool] | None:
        if type(sort) is not list or len(sort) != 1 or self._store._ttl_indexes or not self._store.orders:
            return None
        asked, harmless = _conditions(spec)
        if not harmless:
            return None
        for (field, ordered_by), index in self._store.orders.items():
            if ordered_by == sort[0][0] and len(asked.get(field, ())) == 1 and not index.odd and not index.by_value.odd:
                return index, asked[field][0], len(spec) == 1
        return None

    def count_documents(self, filter: Any, **kwargs: Any) -> int:
        asked, harmless = _conditions(filter)
        if harmless and not kwargs and len(asked) == len(filter):
            with self._store.lock:
                exact: int | None = self._store.exact_count(patch_datetime_awareness_in_document(asked))
            if exact is not None:
                return exact
        count: int = super().count_documents(filter, **kwargs)
        return count

    def _insert(self, data: Any, session: Any = None, ordered: bool = True) -> Any:
        if type(data) is not dict:
            return super()._insert(data, session, ordered)
        with self._store.lock:
            plain = not session and not self._store._ttl_indexes and _is_id(data.get("_id")) and _storable(data)
            return self._insert_plain(data) if plain else super()._insert(data, session, ordered)

    def _insert_plain(self, data: Document) -> Any:
        store = self._store
        if "_id" not in data:
            data["_id"] = ObjectId()
        key = data["_id"]
        if key in store._documents:
            raise self._taken("_id_", [("_id", 1)], data)
        own = _owned(data)
        self._ensure_uniques(own)
        store[key] = own
        return key

    def _ensure_uniques(self, new_data: Document) -> None:
        self._refuse_taken(new_data, None)

    def _refuse_taken(self, new: Document, current: Document | None) -> None:
        """Refuse what a unique index has already; `current` is the document that the new one takes the place of."""
        store = self._store
        for name, index in store.indexes.items():
            if index.get("unique") and self._is_taken(store, index, new, current):
                raise self._taken(name, index["key"], new)

    def _is_taken(self, store: _IndexedStore, index: dict[str, Any], new: Document, current: Document | None) -> bool:
        hashed = store.hashes.get(tuple(field for field, _ in index["key"]))
        slot = _ODD if hashed is None else hashed.slot(new)
        if hashed is None or slot is _ODD or hashed.odd or "partialFilterExpression" in index or store._ttl_indexes:
            return self._is_taken_by_scan(index, new, current)
        if index.get("sparse") and (slot is None or slot == (None,) * len(hashed.fields)):
            return False
        documents = store._documents
        return any(documents[key] is not new and documents[key] is not current for key in hashed.at(slot))

    def _is_taken_by_scan(self, index: dict[str, Any], new: Document, current: Document | None) -> bool:
        """As mongomock counts, by its filter: the document itself and another are two."""
        spec: Any = {field: _by_dot(new, field) for field, _ in index["key"]}
        if index.get("sparse") and all(value is None for value in spec.values()):
            return False
        if index.get("partialFilterExpression") is not None:
            spec = {"$and": [index["partialFilterExpression"], spec]}
        others = [found for found in self._matches(spec) if found is not new and found is not current]
        return len(others) + bool(filter_applies(spec, new)) > 1

    def _matches(self, spec: Any) -> Iterator[Document]:
        return _Collection._iter_documents(self, spec)

    def _taken(self, name: str, key: Any, new: Document) -> DuplicateKeyError:
        values = {field: _by_dot(new, field) for field, _ in key}
        shown = ", ".join(f"{field}: {value!r}" for field, value in values.items())
        message = f"E11000 duplicate key error collection: {self.full_name} index: {name} dup key: {{ {shown} }}"
        details = {"index": 0, "code": 11000, "errmsg": message, "keyPattern": dict(key), "keyValue": values}
        return DuplicateKeyError(message, 11000, details)

    def _update(self, spec: Any, document: Any, upsert: bool = False, *args: Any, **kwargs: Any) -> Any:
        with self._store.lock:
            if not args and not any(kwargs.values()) and self._is_plain_replacement(spec, document, upsert):
                return self._replace(spec["_id"], document)
            return _Updating.of(self).run(spec, document, upsert, *args, **kwargs)

    def _is_plain_replacement(self, spec: Any, document: Any, upsert: bool) -> bool:
        if type(document) is not dict or not document or not self._store.only_by_id(spec):
            return False
        key, found = spec["_id"], self._store._documents.get(spec["_id"])
        if found is None:
            return not upsert and next(iter(document))[:1] != "$"
        return key is not None and type(found) is dict and document.get("_id", key) == key and _storable(document)

    def _replace(self, key: Any, document: Document) -> dict[str, Any]:
        store = self._store
        before = store._documents.get(key)
        if before is None:
            return self._written(0, 0)
        after = {"_id": key, **_owned(document)}
        changed = before != after
        if changed:
            self._refuse_taken(after, before)
        store[key] = after
        return self._written(1, int(changed))

    def _written(self, matched: int, modified: int) -> dict[str, Any]:
        return {
            "connectionId": self.database.client._id,
            "err": None,
            "n": matched,
            "nModified": modified,
            "ok": 1,
            "upserted": None,
            "updatedExisting": bool(matched),
        }

    def _delete(self, filter: Any, *args: Any, **kwargs: Any) -> Any:
        with self._store.lock:
            if args or any(kwargs.values()) or not self._store.only_by_id(filter):
                return super()._delete(filter, *args, **kwargs)
            count = int(filter["_id"] in self._store._documents)
            if count:
                del self._store[filter["_id"]]
            return {"connectionId": self.database.client._id, "n": count, "ok": 1.0, "err": None}

    def _find_and_modify(self, *args: Any, **kwargs: Any) -> Any:
        with self._store.lock:
            return super()._find_and_modify(*args, **kwargs)

    def _copy_only_fields(self, doc: Document, fields: Any, container: Any) -> Document:
        if fields or container is not dict:
            copied: Document = super()._copy_only_fields(doc, fields, container)
            return copied
        return _handed_out(doc)

    def create_index(self, *args: Any, **kwargs: Any) -> Any:
        with self._store.lock:
            return super().create_index(*args, **kwargs)

    def with_options(self, *args: Any, **kwargs: Any) -> Any:
        changed = super().with_options(*args, **kwargs)
        if changed is not self:
            changed.__class__ = _Collection
        return changed

    @classmethod
    def of(cls, collection: _Collection) -> Any:
        """The same collection, seen as this class."""
        view = cls.__new__(cls)
        view.__dict__.update(collection.__dict__)
        return view


class _Uncopied(_Collection):
    """The collection for a query that copies its results later, once it knows which are asked for."""

    def _copy_only_fields(self, doc: Document, fields: Any, container: Any) -> Document:  # noqa: ARG002
        return doc


class _Updating(_Collection):
    """The collection for one update: mongomock changes drafts, and a draft is stored when nothing went wrong."""

    _current: Document | None = None
    _changed: Document | None = None

    def run(self, *args: Any, **kwargs: Any) -> Any:
        result = upstream.Collection._update(self, *args, **kwargs)
        self._keep()
        return result

    def _iter_documents(self, filter: Any) -> Iterator[Document]:
        for current in super()._iter_documents(filter):
            self._current, self._changed = current, _draft(current)
            yield self._changed
            self._keep()

    def _keep(self) -> None:
        if self._current is not None and self._changed is not None:
            key = self._store.key_of(self._current)
            if key is not _ODD:
                self._store[key] = self._changed
        self._current = self._changed = None

    def _ensure_uniques(self, new_data: Document) -> None:
        self._refuse_taken(new_data, self._current)


def _by_dot(document: Document, field: str) -> Any:
    try:
        return upstream.helpers.get_value_by_dot(document, field)
    except KeyError:
        return None


class _DatabaseStore(upstream_store.DatabaseStore):  # type: ignore[misc]
    """The collections of one database."""

    def __getitem__(self, name: str) -> Any:
        known = self._collections.get(name)
        return self._collections.setdefault(name, _IndexedStore(name)) if known is None else known


class _ServerStore(upstream_store.ServerStore):  # type: ignore[misc]
    """The databases of the embedded store."""

    def __getitem__(self, name: str) -> Any:
        known = self._databases.get(name)
        return self._databases.setdefault(name, _DatabaseStore()) if known is None else known


class _Database(mongomock.Database):  # type: ignore[misc]
    """Mongomock's database with indexed collections."""

    def get_collection(self, name: str, *args: Any, **kwargs: Any) -> Any:
        known = self._collection_accesses.get(name)
        if known is None:
            self._ensure_valid_collection_name(name)
            fresh = _Collection(
                self, name, self._store, read_preference=self._read_preference, codec_options=self._codec_options
            )
            known = self._collection_accesses.setdefault(name, fresh)
        return super().get_collection(name, *args, **kwargs) if args or kwargs else known

    def with_options(self, *args: Any, **kwargs: Any) -> Any:
        changed = super().with_options(*args, **kwargs)
        if changed is not self:
            changed.__class__ = _Database
        return changed


class _Client(mongomock.MongoClient):  # type: ignore[misc]
    """Mongomock's client with indexed collections, and no connection."""

    def __init__(self) -> None:
        super().__init__(_store=_ServerStore())

    def get_database(self, name: Any = None, *args: Any, **kwargs: Any) -> Any:
        if name is not None and name not in self._database_accesses:
            fresh = _Database(self, name, self._store[name], codec_options=self._codec_options)
            self._database_accesses.setdefault(name, fresh)
        return super().get_database(name, *args, **kwargs)

    def drop_database(self, name_or_db: Any) -> None:
        super().drop_database(name_or_db)
        # A store of many short-lived worlds must not keep a husk of each collection that there ever was.
        if isinstance(name_or_db, str):
            self._store[name_or_db]._collections.clear()


_SCRATCH = _Client()["scratch"]["scratch"]
