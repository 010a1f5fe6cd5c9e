"""The documents of all worlds in a file (SQLite), so that a restart finds them as they were.

A collection is kept from its first write on, whole: until then it is what its seed says, and need not be kept. From
there on each request is a transaction: before it is answered, what it has changed is in the file. The end of the
process, however sudden, takes nothing of it; a power failure may take the last transactions from SQLite's write-ahead
log, and never half of one.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from specdouble.double.state.store import Changes, Document, EncodingError, Place, Store, decoded, encoded

_APPLICATION = 0x73706463  # by which a file of ours is known: `spdc`
_VERSION = 1
_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY,
    world TEXT NOT NULL,
    collection TEXT NOT NULL,
    key BLOB NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (world, collection, key)
);
CREATE TABLE collections (world TEXT NOT NULL, collection TEXT NOT NULL, PRIMARY KEY (world, collection));
"""
_PUT = """
INSERT INTO documents (world, collection, key, document) VALUES (?, ?, ?, ?)
ON CONFLICT (world, collection, key) DO UPDATE SET document = excluded.document
"""
_log = logging.getLogger("specdouble")


class PersistenceError(Exception):
    """The file cannot keep the state; its words say why."""


class Persistence:
    """Keeps what the worlds of a store hold.

    Args:
        path: the file; it is made where there is none.
        store: what holds the documents.

    Raises:
        PersistenceError: it is no such file, another process has it, or it cannot be written.
    """

    def __init__(self, path: Path, store: Store) -> None:
        self._path = path
        self._store = store
        self._changes = store.note_changes()
        self._is_failing = False
        try:
            self._database = _opened(path)
            self._kept: set[Place] = set(self._database.execute("SELECT world, collection FROM collections"))
        except sqlite3.Error as error:
            raise PersistenceError(f"{path} cannot keep the state: {_told(error)}") from None

    @property
    def worlds(self) -> set[str]:
        """The names of the worlds that something is kept of."""
        return {world for world, _ in self._kept}

    def documents(self, world: str) -> dict[str, list[Document]]:
        """What is kept of a world, by collection, as it was stored and in its order."""
        found: dict[str, list[Document]] = {name: [] for of_world, name in self._kept if of_world == world}
        rows = self._database.execute(
            "SELECT collection, document FROM documents WHERE world = ? ORDER BY number", [world]
        )
        for collection, document in rows:
            found[collection].append(decoded(document))
        return found

    def keep(self) -> None:
        """Write what has changed, in one transaction; what cannot be written now, is with the next one."""
        if not self._changes:
            return
        try:
            self._write(self._changes)
        except (sqlite3.Error, EncodingError) as error:
            self._fail(error)
        else:
            self._is_failing = False
            self._changes.clear()

    def _write(self, changes: Changes) -> None:
        gone = [place for place in changes.dropped if place in self._kept]
        fresh = [place for place, keys in changes.written.items() if keys is None or place not in self._kept]
        with self._database:
            self._database.execute("BEGIN")
            for place in {*gone, *fresh}:
                self._database.execute("DELETE FROM documents WHERE world = ? AND collection = ?", place)
                self._database.execute("DELETE FROM collections WHERE world = ? AND collection = ?", place)
            for place in fresh:
                self._database.execute("INSERT INTO collections VALUES (?, ?)", place)
                self._database.executemany(_PUT, self._whole(place))
            for place, keys in changes.written.items():
                if place not in fresh:
                    self._write_some(place, keys or set())
        self._kept.difference_update(gone)
        self._kept.update(fresh)

    def _whole(self, place: Place) -> Iterator[tuple[str, str, bytes, bytes]]:
        for key, document in self._store.stored(place).items():
            yield *place, encoded({"key": key}), encoded(document)

    def _write_some(self, place: Place, keys: set[object]) -> None:
        documents = self._store.stored(place)
        for key in keys:
            document = documents.get(key)
            if document is None:
                statement = "DELETE FROM documents WHERE world = ? AND collection = ? AND key = ?"
                self._database.execute(statement, (*place, encoded({"key": key})))
            else:
                self._database.execute(_PUT, (*place, encoded({"key": key}), encoded(document)))

    def _fail(self, error: Exception) -> None:
        if not self._is_failing:  # once is enough, until it goes well again
            _log.error(
                "%s does not keep the state any more: %s\n"
                "    remedy: make room; until then what changes is lost with the process",
                self._path,
                _told(error),
            )
        self._is_failing = True

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def _opened(path: Path) -> sqlite3.Connection:
    """The database in the file, for this process alone."""
    # The server may run in a thread of its own; it is the only one that asks.
    database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    # Alone from the first page on: two doubles would each keep half of the truth.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("BEGIN EXCLUSIVE")
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    is_empty = database.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    if is_empty and not application:
        for statement in _SCHEMA.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
    elif (application, version) != (_APPLICATION, _VERSION):
        database.close()
        raise PersistenceError(f"{path} is a database of something else, or of another version; name another file")
    database.execute("COMMIT")
    return database


def _told(error: Exception) -> str:
    text = str(error)
    if "locked" in text:
        return "another process has it: is a double running already?"
    return "it is no SQLite database" if "not a database" in text else text
