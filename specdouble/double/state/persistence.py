"""The state of a double in a file (SQLite), so that a restart finds it as it was.

A collection is kept from its first write on: until then it is what its seed says, and need not be kept. What it began
with, which worlds share, stands in the file once; of each world there is what has changed since. From there on each
request is a transaction: before it is answered, what it has changed is in the file. The end of the process, however
sudden, takes nothing of it; a power failure may take the last transactions from SQLite's write-ahead log, and never
half of one.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import UserDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from specdouble.double.state.snapshot import Snapshot
from specdouble.double.state.store import Changes, Contents, Document, EncodingError, Place, Store, decoded, encoded

_APPLICATION = 0x73706463  # by which a file of ours is known: `spdc`
_VERSION = 3
_SCHEMA = """
CREATE TABLE beginnings (
    number INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    digest BLOB NOT NULL,
    documents BLOB NOT NULL,
    UNIQUE (collection, digest)
);
CREATE TABLE collections (
    world TEXT NOT NULL,
    collection TEXT NOT NULL,
    beginning INTEGER REFERENCES beginnings,
    PRIMARY KEY (world, collection)
);
CREATE TABLE documents (
    number INTEGER PRIMARY KEY,
    world TEXT NOT NULL,
    collection TEXT NOT NULL,
    key BLOB NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (world, collection, key)
);
CREATE TABLE gone (
    world TEXT NOT NULL,
    collection TEXT NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (world, collection, key)
);
CREATE TABLE snapshots (name TEXT PRIMARY KEY, taken TEXT NOT NULL, documents BLOB NOT NULL);
CREATE TABLE controls (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
_PUT = """
INSERT INTO documents (world, collection, key, document) VALUES (?, ?, ?, ?)
ON CONFLICT (world, collection, key) DO UPDATE SET document = excluded.document
"""
_DROP = (
    "DELETE FROM documents WHERE world = ? AND collection = ?",
    "DELETE FROM gone WHERE world = ? AND collection = ?",
    "DELETE FROM collections WHERE world = ? AND collection = ?",
)
_NEEDED = "SELECT beginning FROM collections WHERE beginning IS NOT NULL"
_log = logging.getLogger("specdouble")


class PersistenceError(Exception):
    """The file cannot keep the state; its words say why.

    Args:
        reason: the words.
        remedy: what can be done about it.
    """

    def __init__(self, reason: str, remedy: str = "name another file, or remove this one to begin anew") -> None:
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True)
class Kept:
    """What is kept of a collection, as it was stored.

    Args:
        beginning: the documents that it began with; None where those are what collections begin with now.
        changed: those that have been written since, the new ones in their order.
        gone: the keys of those that it began with and has no more.
    """

    beginning: list[Document] | None
    changed: list[Document]
    gone: list[Any]

    def documents(self) -> list[Document]:
        """All of them, in their order."""
        changed = {_key(one["_id"]): one for one in self.changed}
        gone = {_key(key) for key in self.gone}
        begun = [(_key(one["_id"]), one) for one in self.beginning or ()]
        first = [changed.pop(key, document) for key, document in begun if key not in gone]
        return [*first, *changed.values()]


class Persistence:
    """Keeps what the worlds of a store hold; `snapshots` by name, what is put there is kept too.

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
        self._beginnings: WeakKeyDictionary[Contents, int] = WeakKeyDictionary()  # those that are in the file
        with self._reading(), ExitStack() as unless_read:
            # The server may run in a thread of its own; it is the only one that asks.
            self._database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            unless_read.callback(self._database.close)
            _claim(self._database, path)
            rows = self._database.execute("SELECT world, collection, beginning FROM collections").fetchall()
            self._kept: dict[Place, int | None] = {(world, name): number for world, name, number in rows}
            self.snapshots = KeptSnapshots(self._database, self._fail)
            unless_read.pop_all()

    @property
    def worlds(self) -> set[str]:
        """The names of the worlds that something is kept of."""
        return {world for world, _ in self._kept}

    def begin(self, places: Iterable[Place]) -> None:
        """Have in the file what collections begin with, before the first request waits for it; forget what none needs.

        Args:
            places: collections that have begun, and in which nothing has changed.
        """
        try:
            with self._database:
                self._database.execute("BEGIN")
                for place in places:
                    self._beginning(place)
                needed = {*self._beginnings.values(), *(number for (number,) in self._database.execute(_NEEDED))}
                for (number,) in self._database.execute("SELECT number FROM beginnings").fetchall():
                    if number not in needed:
                        self._database.execute("DELETE FROM beginnings WHERE number = ?", [number])
        except (sqlite3.Error, EncodingError) as error:
            self._fail(error)

    def kept(self, world: str) -> dict[str, Kept]:
        """What is kept of a world, by collection.

        Raises:
            PersistenceError: it cannot be read.
        """
        with self._reading():
            return {name: self._kept_of((of, name), number) for (of, name), number in self._kept.items() if of == world}

    def _kept_of(self, place: Place, number: int | None) -> Kept:
        documents = self._database.execute(
            "SELECT document FROM documents WHERE world = ? AND collection = ? ORDER BY number", place
        )
        keys = self._database.execute("SELECT key FROM gone WHERE world = ? AND collection = ?", place)
        changed = [decoded(document) for (document,) in documents]
        gone = [decoded(key)["key"] for (key,) in keys]
        if number is None:
            return Kept([], changed, gone)
        if number in self._beginnings.values():
            return Kept(None, changed, gone)
        (begun,) = self._database.execute("SELECT documents FROM beginnings WHERE number = ?", [number]).fetchone()
        return Kept(decoded(begun)["documents"], changed, gone)

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
                for statement in _DROP:
                    self._database.execute(statement, place)
            begun = {place: self._write_beginning(place, changes.written[place]) for place in fresh}
            for place, keys in changes.written.items():
                if keys is not None:
                    self._write_some(place, keys, begun.get(place) or self._kept.get(place))
        for place in gone:
            del self._kept[place]
        self._kept.update(begun)

    def _write_beginning(self, place: Place, keys: set[object] | None) -> int | None:
        """Begin to keep a collection: over what it began with, or as a whole where that is not shared."""
        number = None if keys is None else self._beginning(place)
        self._database.execute("INSERT INTO collections VALUES (?, ?, ?)", (*place, number))
        if number is None:
            self._database.executemany(_PUT, self._whole(place))
        return number

    def _beginning(self, place: Place) -> int | None:
        """The number of what a collection began with, which is written where the file does not have it yet."""
        contents = self._store.beginning(place)
        if contents is None:
            return None
        number = self._beginnings.get(contents)
        if number is None:
            documents = encoded({"documents": list(contents.documents.values())})
            row = (place[1], sha256(documents).digest())
            self._database.execute(
                "INSERT INTO beginnings (collection, digest, documents) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (*row, documents),
            )
            found = self._database.execute("SELECT number FROM beginnings WHERE collection = ? AND digest = ?", row)
            (number,) = found.fetchone()
            self._beginnings[contents] = number
        return number

    def _whole(self, place: Place) -> Iterator[tuple[str, str, bytes, bytes]]:
        for key, document in self._store.stored(place).items():
            yield *place, _key(key), encoded(document)

    def _write_some(self, place: Place, keys: set[object], beginning: int | None) -> None:
        documents = self._store.stored(place)
        for key in keys:
            document, row = documents.get(key), (*place, _key(key))
            if document is not None:
                self._database.execute(_PUT, (*row, encoded(document)))
                continue
            self._database.execute("DELETE FROM documents WHERE world = ? AND collection = ? AND key = ?", row)
            if beginning is not None:
                self._database.execute("INSERT OR IGNORE INTO gone VALUES (?, ?, ?)", row)

    def _fail(self, error: Exception) -> None:
        if not self._is_failing:  # once is enough, until it goes well again
            _log.error(
                "%s does not keep the state any more: %s\n"
                "    remedy: make room; until then what changes is lost with the process",
                self._path,
                _told(error),
            )
        self._is_failing = True

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What a broken disk or another program has left of the file may be anything."""
        try:
            yield
        except (sqlite3.Error, EncodingError, KeyError, TypeError, ValueError) as error:
            reason = f"{self._path} cannot keep the state: {_told(error)}"
            if _is_locked(error):  # to remove it would take it from whoever has it
                raise PersistenceError(reason, "end that one, or name another file") from None
            raise PersistenceError(reason) from None

    # Beside the documents

    def controls(self) -> dict[str, bytes]:
        """How the clock and the faults were set last, as far as they were."""
        with self._reading():
            return dict(self._database.execute("SELECT name, value FROM controls").fetchall())

    def keep_controls(self, controls: Mapping[str, bytes]) -> None:
        """Keep how the clock and the faults are set."""
        try:
            self._database.executemany("INSERT OR REPLACE INTO controls VALUES (?, ?)", list(controls.items()))
        except sqlite3.Error as error:
            self._fail(error)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


class KeptSnapshots(UserDict[str, Snapshot]):
    """Snapshots by name, as a dictionary of them, and in a file.

    Args:
        database: the file.
        fail: is told what keeps it from being written.
    """

    def __init__(self, database: sqlite3.Connection, fail: Callable[[Exception], None]) -> None:
        super().__init__()
        self._database, self._fail = database, fail
        for name, taken, documents in database.execute("SELECT * FROM snapshots ORDER BY rowid"):
            if not isinstance(name, str):
                raise TypeError(f"{name!r} is the name of no snapshot")
            self.data[name] = Snapshot(name, taken, decoded(documents))

    def __setitem__(self, name: str, snapshot: Snapshot) -> None:
        super().__setitem__(name, snapshot)
        try:
            row = (name, snapshot.taken, encoded(snapshot.documents))
            self._database.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)", row)
        except (sqlite3.Error, EncodingError) as error:
            self._fail(error)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        try:
            self._database.execute("DELETE FROM snapshots WHERE name = ?", [name])
        except sqlite3.Error as error:
            self._fail(error)


def _key(key: object) -> bytes:
    """The key of a document, as a column has it."""
    return encoded({"key": key})


def _claim(database: sqlite3.Connection, path: Path) -> None:
    """Have the database for this process alone, in today's form; refuse what others have made."""
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
    elif application != _APPLICATION:
        raise PersistenceError(f"{path} is a database of something else", "name another file")
    elif version != _VERSION:
        age = "an earlier" if version < _VERSION else "a later"
        reason = f"{path} was written by {age} version of specdouble, in form {version}; this one reads form {_VERSION}"
        raise PersistenceError(reason)
    database.execute("COMMIT")


def _is_locked(error: Exception) -> bool:
    return "locked" in str(error)


def _told(error: Exception) -> str:
    text = str(error)
    if _is_locked(error):
        return "another process has it: is a double running already?"
    return "it is no SQLite database" if "not a database" in text else text
