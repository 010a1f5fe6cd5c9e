"""Mongomock's collection, narrowed by indexes before its own filter decides."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bson import ObjectId
from mongomock import collection as upstream
from mongomock.filtering import filter_applies
from mongomock.helpers import patch_datetime_awareness_in_document
from pymongo.errors import DuplicateKeyError
from pymongo.results import InsertOneResult, UpdateResult

from specdouble.double.state.store.conditions import conditions, predicate
from specdouble.double.state.store.indexed import Contents
from specdouble.double.state.store.indexes import SortedIndex
from specdouble.double.state.store.values import (
    ODD,
    Document,
    Slot,
    by_dot,
    draft,
    flat_size,
    handed_out,
    is_bson,
    is_id,
    owned,
)


class _Cursor(upstream.Cursor):  # type: ignore[misc]
    """A cursor that copies the page that is asked for, instead of all that matches."""

    _page: list[Document] | None = None
    _page_of: Any = None
    _emitted: int

    def _compute_results(self, with_limit_and_skip: bool = False) -> Any:
        if not with_limit_and_skip or self._projection or self.collection.codec_options.tz_aware:
            return super()._compute_results(with_limit_and_skip)
        asked = (self._factory, self._skip, self._limit)
        if not self._page or self._page_of != asked:
            self._page = self.collection._page(self._spec, self._sort, self._skip, self._limit)
            self._page_of = asked
        return self._page

    def to_list(self, length: int | None = None) -> list[Document]:
        """What is left to be read, or so many of it; PyMongo has it, upstream has not."""
        if length is not None or self._emitted:
            return list(itertools.islice(self, length))
        found: list[Document] = self._compute_results(with_limit_and_skip=True)
        self._emitted = len(found)
        return list(found)


class IndexedCollection(upstream.Collection):  # type: ignore[misc]
    """Mongomock's collection over an indexed store."""

    @property
    def _store(self) -> Any:
        # As upstream, without its two calls: it is asked for several times in each operation.
        known = self._db_store._collections.get(self._name)
        return self._db_store[self._name] if known is None else known

    def share(self) -> Contents:
        """Its documents and indexes as they are now, for others to begin with."""
        contents: Contents = self._store.share()
        return contents

    def begin_with(self, contents: Contents) -> None:
        """Hold what another collection with the same indexes held; the documents are shared."""
        self._store.begin_with(contents)

    def _iter_documents(self, filter: Any) -> Iterator[Document]:
        asked, _ = conditions(filter)
        if asked:
            store = self._store
            with store.lock:
                candidates = store.candidates(asked)
            if candidates is not None and store._documents:
                matches = predicate(filter)
                return (document for document in candidates if matches(document))
        found: Iterator[Document] = super()._iter_documents(filter)
        return found

    # Reads

    def find(self, *args: Any, **kwargs: Any) -> Any:
        cursor = super().find(*args, **kwargs)
        # A subclass cannot be asked for: the name of the class is written out in `find`.
        cursor.__class__ = _Cursor
        return cursor

    def find_one(self, filter: Any = None, *args: Any, **kwargs: Any) -> Any:
        has_options = bool(args) or (bool(kwargs) and any(kwargs.values()))
        if has_options or self._codec_options.tz_aware:
            return super().find_one(filter, *args, **kwargs)
        # Most ask for one document by strings: nothing else can equal them, so no filter has to be tried.
        exact: Any = self._store.exact(filter) if type(filter) is dict else ODD
        if exact is not ODD:
            return None if exact is None else handed_out(exact)
        found = self._found(_spec_of(filter))
        return None if found is None else handed_out(found)

    def _found(self, spec: Any) -> Document | None:
        store = self._store
        if store.only_by_id(spec):
            by_id: Document | None = store._documents.get(spec["_id"])
            return by_id
        return self._first(patch_datetime_awareness_in_document(spec))

    def peek(self, field: str, wanted: object) -> Document | None:
        """What `find_one` finds for one value, the stored document itself: to be read, never to be changed."""
        exact: Any = self._store.only_one(field, wanted) if type(wanted) is str else ODD
        found: Document | None = self.find_one({field: wanted}) if exact is ODD else exact
        return found

    def _first(self, spec: Any) -> Document | None:
        """The first match; where the filter might raise on a later document, all are looked at, as upstream does."""
        found = self._iter_documents(spec)
        _, is_harmless = conditions(spec)
        if not is_harmless:
            found = iter(list(found))
        return next(found, None)

    def _page(self, spec: Any, sort: Any, skip: Any, limit: Any) -> list[Document]:
        with self._store.lock:
            page = self._sorted_page(spec, sort, skip, limit)
        if page is None:
            found = _Uncopied.of(self)._get_dataset(spec, sort, None, dict) if sort else self._iter_documents(spec)
            page = list(found)[skip:]
            if limit:  # a negative one is one batch, as in MongoDB: for us the same
                page = page[: abs(limit)]
        return list(map(handed_out, page))

    def _sorted_page(self, spec: Any, sort: Any, skip: Any, limit: Any) -> list[Document] | None:
        """The page from an index on (equality, sort), if there is one that is sure of the order."""
        found = self._sorted_by(spec, sort)
        if found is None or type(skip) is not int or skip < 0:
            return None
        index, slot, alone = found
        documents = self._store._documents
        order = index.order(slot, self._store._documents, self._store.positions)
        keys = index.keys(order, sort[0][1], skip if alone else 0)
        ordered = (documents[key] for key in keys)
        if not alone:
            # The index has told one of several conditions: what is skipped has to match them all.
            matching = filter(predicate(spec), ordered)
            ordered = itertools.islice(matching, skip, None)  # type: ignore[assignment]
        return list(itertools.islice(ordered, abs(limit) if limit else None))

    def _sorted_by(self, spec: Any, sort: Any) -> tuple[SortedIndex, Slot, bool] | None:
        """The index that has the order, the value that it is asked for, and whether that is all of the filter."""
        if type(sort) is not list or len(sort) != 1 or self._store._ttl_indexes or not self._store.orders:
            return None
        asked, harmless = conditions(spec)
        if not harmless:
            return None
        for (field, ordered_by), index in self._store.orders.items():
            is_sure = not index.odd and not index.by_value.odd
            if is_sure and ordered_by == sort[0][0] and len(asked.get(field, ())) == 1:
                return index, asked[field][0], len(spec) == 1
        return None

    def count_documents(self, filter: Any, **kwargs: Any) -> int:
        asked, harmless = conditions(filter)
        if harmless and not kwargs and len(asked) == len(filter):
            with self._store.lock:
                exact: int | None = self._store.exact_count(patch_datetime_awareness_in_document(asked))
            if exact is not None:
                return exact
        count: int = super().count_documents(filter, **kwargs)
        return count

    # Writes

    def insert_one(self, document: Any, *args: Any, **kwargs: Any) -> Any:
        if type(document) is not dict or args or kwargs:
            return super().insert_one(document, *args, **kwargs)
        return InsertOneResult(self._insert(document), acknowledged=True)

    def _insert(self, data: Any, session: Any = None, ordered: bool = True) -> Any:
        if type(data) is not dict:
            return super()._insert(data, session, ordered)
        store = self._store
        # What it complains of, mongomock says in its own words.
        size = flat_size(data)
        is_plain = not session and not store._ttl_indexes and is_id(data.get("_id"))
        if not is_plain or (size is None and not is_bson(data)):
            with store.lock:
                return super()._insert(data, session, ordered)
        if "_id" not in data:
            data["_id"], size = ObjectId(), None
        key, own = data["_id"], owned(data)
        with store.lock:
            if key in store._documents:
                raise self._taken("_id_", [("_id", 1)], own)
            if store.uniques:
                self._refuse_taken(own, None)
            store.add(key, own, size)
        return key

    def _ensure_uniques(self, new_data: Document) -> None:
        self._refuse_taken(new_data, None)

    def _refuse_taken(self, new: Document, current: Document | None) -> None:
        """Refuse what a unique index has already; `current` is the document that the new one takes the place of."""
        store = self._store
        for name, index, hashed in store.uniques:
            slot = ODD if hashed is None else hashed.slot(new)
            is_told = hashed is not None and slot is not ODD and not hashed.odd
            if not is_told or "partialFilterExpression" in index or store._ttl_indexes:
                taken = self._is_taken_by_scan(index, new, current)
            elif slot not in hashed.buckets or (index.get("sparse") and _is_null(slot)):
                continue
            else:
                taken = self._has_others(hashed.at(slot), new, current)
            if taken:
                raise self._taken(name, index["key"], new)

    def _has_others(self, keys: Iterable[Any], new: Document, current: Document | None) -> bool:
        """Whether one of the keys is of another document than these two."""
        documents = self._store._documents
        for key in keys:
            found = documents[key]
            if found is not new and found is not current:
                return True
        return False

    def _is_taken_by_scan(self, index: dict[str, Any], new: Document, current: Document | None) -> bool:
        """As mongomock counts, by its filter: the document itself and another are two."""
        spec: Any = {field: by_dot(new, field) for field, _ in index["key"]}
        if index.get("sparse") and all(value is None for value in spec.values()):
            return False
        if index.get("partialFilterExpression") is not None:
            spec = {"$and": [index["partialFilterExpression"], spec]}
        others = [found for found in self._matches(spec) if found is not new and found is not current]
        return len(others) + bool(filter_applies(spec, new)) > 1

    def _matches(self, spec: Any) -> Iterator[Document]:
        return IndexedCollection._iter_documents(self, spec)

    def _taken(self, name: str, key: Any, new: Document) -> DuplicateKeyError:
        values = {field: by_dot(new, field) for field, _ in key}
        shown = ", ".join(f"{field}: {value!r}" for field, value in values.items())
        message = f"E11000 duplicate key error collection: {self.full_name} index: {name} dup key: {{ {shown} }}"
        details = {"index": 0, "code": 11000, "errmsg": message, "keyPattern": dict(key), "keyValue": values}
        return DuplicateKeyError(message, 11000, details)

    def _update(self, spec: Any, document: Any, upsert: bool = False, *args: Any, **kwargs: Any) -> Any:
        with self._store.lock:
            is_plain = not args and not any(kwargs.values())
            replaced = self._replaced(spec, document, upsert) if is_plain else None
            return replaced or _Updating.of(self).run(spec, document, upsert, *args, **kwargs)

    def replace_one(self, filter: Any, replacement: Any, *args: Any, **kwargs: Any) -> Any:
        with self._store.lock:
            replaced = None if args or kwargs else self._replaced(filter, replacement, False)
            if replaced is None:
                return super().replace_one(filter, replacement, *args, **kwargs)
            return UpdateResult(replaced, acknowledged=True)

    def _replaced(self, spec: Any, document: Any, upsert: bool) -> dict[str, Any] | None:
        """What comes of putting a whole document in the place of that of one `_id`; None where it is not so plain."""
        store = self._store
        if type(document) is not dict or not document or not store.only_by_id(spec):
            return None
        key = spec["_id"]
        before = store._documents.get(key)
        if before is None:
            has_operators = next(iter(document))[:1] == "$"
            return None if upsert or has_operators else self._written(0, 0)
        if key is None or document.get("_id", key) != key or type(before) is not dict:
            return None
        size = flat_size(document)
        if size is None and not is_bson(document):
            return None
        after = {"_id": key, **owned(document)}
        changed = before != after
        if changed:
            self._refuse_taken(after, before)
        store.replace(key, before, after, size if "_id" in document else None)
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
        return handed_out(doc)

    def create_index(self, *args: Any, **kwargs: Any) -> Any:
        with self._store.lock:
            return super().create_index(*args, **kwargs)

    def drop_indexes(self, *args: Any, **kwargs: Any) -> None:
        with self._store.lock:
            super().drop_indexes(*args, **kwargs)
            self._store.reindex()

    def with_options(self, *args: Any, **kwargs: Any) -> Any:
        changed = super().with_options(*args, **kwargs)
        if changed is not self:
            changed.__class__ = IndexedCollection
        return changed

    @classmethod
    def of(cls, collection: IndexedCollection) -> Any:
        """The same collection, seen as this class."""
        view = cls.__new__(cls)
        view.__dict__.update(collection.__dict__)
        return view


def _spec_of(filter: Any) -> Any:
    """The filter as upstream reads it: none finds all, and a plain value is an id."""
    if filter is None:
        return {}
    return filter if isinstance(filter, Mapping) else {"_id": filter}


def _is_null(slot: Slot) -> bool:
    return slot is None or (type(slot) is tuple and all(value is None for value in slot))


class _Uncopied(IndexedCollection):
    """The collection for a query that copies its results later, once it knows which are asked for."""

    def _copy_only_fields(self, doc: Document, fields: Any, container: Any) -> Document:  # noqa: ARG002
        return doc


class _Updating(IndexedCollection):
    """The collection for one update: mongomock changes drafts, and a draft is stored when nothing went wrong."""

    _current: Document | None = None
    _changed: Document | None = None

    def run(self, *args: Any, **kwargs: Any) -> Any:
        result = upstream.Collection._update(self, *args, **kwargs)
        self._keep()
        return result

    def _iter_documents(self, filter: Any) -> Iterator[Document]:
        for current in super()._iter_documents(filter):
            self._current, self._changed = current, draft(current)
            yield self._changed
            self._keep()

    def _keep(self) -> None:
        if self._current is not None and self._changed is not None:
            key = self._store.key_of(self._current)
            if key is not ODD:
                self._store[key] = self._changed
        self._current = self._changed = None

    def _ensure_uniques(self, new_data: Document) -> None:
        self._refuse_taken(new_data, self._current)
