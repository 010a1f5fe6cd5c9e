"""Snapshots that all processes of a store have."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from specdouble.double.state.seed import Seed
from specdouble.double.state.snapshot import Snapshot
from specdouble.double.state.store import decoded, encoded
from specdouble.double.state.store.engine import Engine, asked, upserted, written


class SharedSnapshots(MutableMapping[str, Snapshot]):
    """Snapshots by name, in the store: a document of its own for each of their documents, for one may be large.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._taken, self._documents = engine.shared["snapshots"], engine.shared["snapshot_documents"]

    def __getitem__(self, name: str) -> Snapshot:
        found = asked(lambda: self._taken.find_one({"_id": name}))
        if found is None:
            raise KeyError(name)
        documents: Seed = {collection: [] for collection in found["collections"]}
        rows = asked(lambda: list(self._documents.find({"taken": found["key"]}, sort=[("position", 1)])))
        for row in rows:
            documents[row["collection"]].append(decoded(row["document"]))
        return Snapshot(name, found["at"], documents)

    def __setitem__(self, name: str, snapshot: Snapshot) -> None:
        self.pop(name, None)
        key = f"{name} {snapshot.taken}"
        rows: list[dict[str, Any]] = []
        for collection, documents in snapshot.documents.items():
            rows += [{"taken": key, "collection": collection, "document": encoded(one)} for one in documents]
        for position, row in enumerate(rows):
            row["position"] = position
        if rows:
            # What an earlier try has put in goes before all are put in again.
            written(lambda: self._documents.insert_many(rows), lambda: self._forget(key))
        found = {"_id": name, "key": key, "at": snapshot.taken, "collections": list(snapshot.documents)}
        # Last of all: nobody finds one whose documents are not there.
        upserted(lambda: self._taken.replace_one({"_id": name}, found, upsert=True))

    def __delitem__(self, name: str) -> None:
        found = asked(lambda: self._taken.find_one({"_id": name}))
        if found is None:
            raise KeyError(name)
        asked(lambda: self._taken.delete_one({"_id": name}))
        asked(lambda: self._forget(found["key"]))

    def _forget(self, key: str) -> None:
        self._documents.delete_many({"taken": key})

    def __iter__(self) -> Iterator[str]:
        return iter([found["_id"] for found in asked(lambda: list(self._taken.find({}, {"at": 1}, sort=[("at", 1)])))])

    def __len__(self) -> int:
        return int(asked(lambda: self._taken.count_documents({})))
