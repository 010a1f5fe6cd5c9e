"""Mongomock's client and databases over indexed collections."""

from __future__ import annotations

from typing import Any

from mongomock import store as upstream_store
from mongomock.database import Database
from mongomock.mongo_client import MongoClient

from specdouble.double.state.store.collection import IndexedCollection
from specdouble.double.state.store.held import Held
from specdouble.double.state.store.indexed import IndexedStore


class _DatabaseStore(upstream_store.DatabaseStore):  # type: ignore[misc]
    """The collections of one database."""

    def __init__(self, held: Held, name: str) -> None:
        super().__init__()
        self._held = held
        self._name = name

    def __getitem__(self, name: str) -> Any:
        known = self._collections.get(name)
        return (
            self._collections.setdefault(name, IndexedStore(name, self._held, self._name)) if known is None else known
        )


class _ServerStore(upstream_store.ServerStore):  # type: ignore[misc]
    """The databases of the embedded store."""

    def __init__(self) -> None:
        super().__init__()
        self.held = Held()

    def __getitem__(self, name: str) -> Any:
        known = self._databases.get(name)
        return self._databases.setdefault(name, _DatabaseStore(self.held, name)) if known is None else known


class _Database(Database):  # type: ignore[misc]
    """Mongomock's database with indexed collections."""

    def get_collection(self, name: str, *args: Any, **kwargs: Any) -> Any:
        # Upstream names its own class here: where ours is there already, it is handed out.
        known = self._collection_accesses.get(name)
        if known is None:
            self._ensure_valid_collection_name(name)
            fresh = IndexedCollection(
                self, name, self._store, read_preference=self._read_preference, codec_options=self._codec_options
            )
            known = self._collection_accesses.setdefault(name, fresh)
        return super().get_collection(name, *args, **kwargs) if args or kwargs else known

    def with_options(self, *args: Any, **kwargs: Any) -> Any:
        changed = super().with_options(*args, **kwargs)
        if changed is not self:  # upstream has made one of its own class
            changed.__class__ = _Database
        return changed


class EmbeddedClient(MongoClient):  # type: ignore[misc]
    """Mongomock's client with indexed collections, and no connection."""

    def __init__(self) -> None:
        super().__init__(_store=_ServerStore())
        self.held: Held = self._store.held

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

    def discard(self, name: str) -> None:
        """Keep nothing of a database: not even the empty one that handles to it would need."""
        database = self._database_accesses.pop(name, None)
        if database is not None:
            database._collection_accesses.clear()  # it would live on in them, until garbage is looked for
        self._store._databases.pop(name, None)

    def writes(self, name: str) -> int:
        """How many documents of a database have been written and removed."""
        return sum(collection.writes for collection in self._store[name]._collections.values())
