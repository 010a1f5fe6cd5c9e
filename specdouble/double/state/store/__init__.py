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
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import bson
from bson import ObjectId
from bson.errors import BSONError
from mongomock import collection as upstream
from mongomock.helpers import patch_datetime_awareness_in_document
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError, WriteError
from pymongo.results import DeleteResult, InsertManyResult, InsertOneResult, UpdateResult

from specdouble.double.state.store.changes import Changes, Place
from specdouble.double.state.store.client import EmbeddedClient
from specdouble.double.state.store.collection import IndexedCollection
from specdouble.double.state.store.escaped import EscapedCollection, unescaped
from specdouble.double.state.store.held import Held, Write, size_of
from specdouble.double.state.store.indexed import Contents
from specdouble.double.state.store.selection import selected
from specdouble.double.state.store.values import Document, owned, rebuilt, storable

__all__ = [
    "MONGOMOCK",
    "BulkWriteError",
    "Changes",
    "Contents",
    "DeleteResult",
    "Document",
    "DuplicateKeyError",
    "EncodingError",
    "EscapedCollection",
    "IndexedCollection",
    "InsertManyResult",
    "InsertOneResult",
    "ObjectId",
    "OperationFailure",
    "Place",
    "PyMongoError",
    "ReturnDocument",
    "Store",
    "UpdateResult",
    "Write",
    "WriteError",
    "decoded",
    "encoded",
    "open_store",
    "selected",
    "size_of",
    "unescaped",
    "updated",
]

MONGOMOCK = "4.3.0"
"""The version of mongomock whose insides the embedded store was written against."""

_SCRATCH = EmbeddedClient()["scratch"]["scratch"]


class Store:
    """Where the documents are kept: databases by name, one for each world.

    Args:
        client: a PyMongo client, or the embedded one.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._held = client.held if isinstance(client, EmbeddedClient) else Held()

    @property
    def embedded(self) -> bool:
        """Whether documents live in this process, so that no call ever waits for a server."""
        return isinstance(self._client, EmbeddedClient)

    def database(self, name: str) -> Any:
        """The database of that name; it comes into being with its first document."""
        return self._client[name]

    def drop(self, name: str) -> None:
        """Forget all documents and indexes of a database; handles to it stay good."""
        self._client.drop_database(name)

    def discard(self, name: str) -> None:
        """Forget a database as if it had never been; handles to it are good no longer."""
        self.drop(name)
        if isinstance(self._client, EmbeddedClient):
            self._client.discard(name)

    def writes(self, name: str) -> int:
        """How many documents of a database have been written and removed; 1 where only a server could tell."""
        return self._client.writes(name) if isinstance(self._client, EmbeddedClient) else 1

    def note_changes(self) -> Changes:
        """Have each change noted from now on, for who keeps them."""
        self._held.changes = changes = Changes()
        return changes

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """What changes within need not be kept: it comes from what is kept, or from a seed."""
        changes = self._held.changes
        if changes is None or not changes.is_noting:
            yield
            return
        changes.is_noting = False
        try:
            yield
        finally:
            changes.is_noting = True

    def note_all(self, name: str, collection: str) -> None:
        """What a collection of a database holds is to be kept as a whole."""
        if self._held.changes is not None:
            self._held.changes.note_all((name, collection))

    def stored(self, place: Place) -> Mapping[Any, Document]:
        """The documents of a database's collection by their keys; to be read only, and of the embedded store alone."""
        database, collection = place
        documents: Mapping[Any, Document] = self._client._store[database][collection]._documents
        return documents

    def note_beginning(self, name: str, collection: str) -> None:
        """What a collection of a database has begun with is to be kept, though nothing has changed."""
        if self._held.changes is not None:
            self._held.changes.note_beginning((name, collection))

    def beginning(self, place: Place) -> Contents | None:
        """What a collection of the embedded store has begun with; None where it began with nothing that is shared."""
        database, collection = place
        beginning: Contents | None = self._client._store[database][collection].beginning
        return beginning

    @property
    def latest(self) -> Write:
        """The last write to any document; where a server holds them, nothing is known of it."""
        return self._held.latest

    @property
    def held(self) -> int:
        """How many bytes its documents have as JSON; 0 where a server holds them."""
        return self._held.bytes

    def is_there(self) -> bool:
        """Whether it answers."""
        return True

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        self._client.close()


def open_store(url: str | None) -> Store:
    """Open the embedded store, or the server at the URL.

    Args:
        url: `mongodb://...` for a server; None for the embedded store.

    Raises:
        ValueError: it is no MongoDB URL.
        ConnectionError: the server does not answer.
    """
    if url is None:
        return Store(EmbeddedClient())
    if not url.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError(f"a store is mongodb://... or mongodb+srv://..., not {without_password(url)}")
    from specdouble.double.state.store.engine import connect

    return connect(url)


_SERVER = r"(?:[\w.%-]+|\[[\w.:%]+\])(?::\d+)?"
# A scheme; whatever stands before the last `@`; servers and the name of a database; options.
_PLACE = re.compile(rf"(\w[\w+]*://)(?:.*@)?({_SERVER}(?:,{_SERVER})*(?:/[^@?/]*)?)(?:\?.*)?", re.DOTALL)


def without_password(url: str) -> str:
    """The URL as it may be told: who signs in, by what, and its options are left out.

    What is not plainly the place of servers is not told at all: it may be a part of a password.
    """
    place = _PLACE.fullmatch(url)
    return "what was given" if place is None else place[1] + place[2]


class EncodingError(Exception):
    """A document has what no file can keep."""


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document as BSON, in which a store's own values (dates, bytes, ids) stay what they are.

    Raises:
        EncodingError: it has a value that no MongoDB could hold.
    """
    try:
        return bson.encode(document)
    except (BSONError, OverflowError) as error:
        raise EncodingError(str(error)) from None


def decoded(content: bytes) -> Document:
    """The document that was encoded.

    Raises:
        EncodingError: it is none.
    """
    try:
        document: Document = bson.decode(content)
    except (BSONError, TypeError, ValueError, RecursionError) as error:
        raise EncodingError(str(error)) from None
    return document


def updated(document: Mapping[str, Any], update: Mapping[str, Any]) -> Document:
    """The document as update operators would leave it; the given one stays as it is.

    Raises:
        ValueError: the update has no operators.
        PyMongoError: an operator cannot be applied.
    """
    draft = rebuilt(dict(document), copy.deepcopy)
    plain = _plainly_set(update)
    if plain is not None:
        draft.update(owned(plain))
        return draft
    upstream.validate_ok_for_update(update)
    change = patch_datetime_awareness_in_document(dict(update))
    _SCRATCH._apply_update_document(draft, {}, change, False)
    return draft


def _plainly_set(update: Mapping[str, Any]) -> Document | None:
    """The properties that an update sets, where that is all it does and each stands at the top."""
    values = update.get("$set") if len(update) == 1 else None
    if type(values) is not dict or not values or not storable(values) or "." in "".join(values) or "_id" in values:
        return None
    return values
