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

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError, WriteError
from pymongo.results import DeleteResult, InsertManyResult, InsertOneResult, UpdateResult

from specdouble.double.state.store.address import without_password
from specdouble.double.state.store.changes import Changes, Place
from specdouble.double.state.store.client import EmbeddedClient
from specdouble.double.state.store.collection import IndexedCollection
from specdouble.double.state.store.encoding import EncodingError, decoded, encoded
from specdouble.double.state.store.escaped import EscapedCollection, unescaped
from specdouble.double.state.store.held import Write, size_of
from specdouble.double.state.store.indexed import Contents
from specdouble.double.state.store.selection import selected
from specdouble.double.state.store.store import Store
from specdouble.double.state.store.update import updated
from specdouble.double.state.store.values import Document

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
