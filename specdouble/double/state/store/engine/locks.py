"""Locks for a server whose updates are not atomic, made of what is: an insert under a unique `_id`, and a deletion.

FerretDB 1 reads a document, changes it and writes it back, in three steps: of two writers who name the same revision
both may win. There a writer holds the document's lock meanwhile. One whose process has ended is taken after a while.

Nor is a deletion one step there: it finds a document, and deletes what has its `_id` by then. So a lock is deleted by
one process alone: its holder, as long as it holds; then whoever was the first to tell, by an insert, that it is over.

The threads of a process take turns among themselves first. A lock that all of them asked the server for, again and
again, would keep it from answering the one that has the lock.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from bson import ObjectId
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from specdouble.double.state.store.engine.names import LOCKS
from specdouble.double.state.store.engine.outage import PATIENCE, away, is_outage
from specdouble.double.state.store.values import Document

_HELD = 10.0  # seconds after which the holder must have ended
_LONGEST = 30.0  # seconds to wait for one: where many want it, each has it for some milliseconds
_MARGIN = 2.0  # seconds before that in which the holder deletes it no more: it may arrive too late
_OVER = " over "  # in the name under which somebody has told that a lock is over
_PAUSE = 0.004
_LONGEST_PAUSE = 0.1


class _Turn:
    """The turn of one thread, for which others wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # whoever lets it go may be another thread than took it
        self.wanted = 0


class _Turns:
    """Which thread of this process has its turn at a lock of a server."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._turns: dict[Hashable, _Turn] = {}

    @contextmanager
    def of(self, name: Hashable, end: float) -> Iterator[None]:
        """Have the turn while the context lasts.

        Args:
            name: of the lock.
            end: until when it is waited for.

        Raises:
            Problem: 503, the others take too long.
        """
        with self._guard:
            turn = self._turns.setdefault(name, _Turn())
            turn.wanted += 1
        try:
            if not turn.lock.acquire(timeout=max(0.0, end - time.monotonic())):
                raise away()
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            with self._guard:
                turn.wanted -= 1
                if not turn.wanted:
                    del self._turns[name]


_turns = _Turns()


@contextmanager
def locked(database: Database[Document], *name: Any) -> Iterator[None]:
    """Nobody else holds the lock of that name while the context lasts.

    Raises:
        Problem: 503, it stays taken, or the server is away.
    """
    end = time.monotonic() + _LONGEST
    with _turns.of((database.client, database.name, name), end), _held(database[LOCKS], repr(name), end):
        yield


@contextmanager
def _held(locks: Any, key: str, end: float) -> Iterator[None]:
    """Hold the lock at the server, where the other processes see it."""
    holder = str(ObjectId())
    pause = _PAUSE
    away_since: float | None = None
    while True:
        try:
            if _taken(locks, key, holder):
                break
            away_since = None
        except PyMongoError as error:
            if not is_outage(error):
                raise
            away_since = away_since or time.monotonic()
            if time.monotonic() > away_since + PATIENCE:
                raise away() from None
        if time.monotonic() > end:
            raise away()
        time.sleep(pause * random.random())
        pause = min(2 * pause, _LONGEST_PAUSE)
    taken = time.monotonic()
    try:
        yield
    finally:
        if time.monotonic() < taken + _HELD - _MARGIN:
            _release(locks, key, holder)


def _taken(locks: Any, key: str, holder: str) -> bool:
    if _inserted(locks, key, holder):
        return True
    other = locks.find_one({"_id": key})
    if other is None:
        return False
    if other["holder"] == holder:  # an earlier try had arrived
        return True
    if other["until"] < time.time() and _inserted(locks, f"{key}{_OVER}{other['holder']}", holder):
        locks.delete_one({"_id": key, "holder": other["holder"]})
    return False


def _inserted(locks: Any, key: str, holder: str) -> bool:
    try:
        locks.insert_one({"_id": key, "holder": holder, "until": time.time() + _HELD})
    except DuplicateKeyError:
        return False
    return True


def _release(locks: Any, key: str, holder: str) -> None:
    try:
        locks.delete_one({"_id": key, "holder": holder})
    except PyMongoError as error:  # it is over by itself after a while
        if not is_outage(error):
            raise
