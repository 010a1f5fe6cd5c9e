"""Locks for a server whose updates are not atomic, made of what is: an insert under a unique `_id`, and a deletion.

FerretDB 1 reads a document, changes it and writes it back, in three steps: of two writers who name the same revision
both may win. There a writer holds the document's lock meanwhile. One whose process has ended is taken after a while.

Nor is a deletion one step there: it finds a document, and deletes what has its `_id` by then. So a lock is deleted by
one process alone: its holder, as long as it holds; then whoever was the first to tell, by an insert, that it is over.

The threads of a process take turns among themselves first, and so do its fibres. A lock that all of them asked the
server for, again and again, would keep it from answering the one that has the lock.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError, PyMongoError

from specdouble.double.state.store.engine.clients import Database
from specdouble.double.state.store.engine.fibre import is_in_fibre, outcome, pause
from specdouble.double.state.store.engine.names import LOCKS
from specdouble.double.state.store.engine.outage import PATIENCE, away, is_outage

_HELD = 10.0  # seconds after which the holder must have ended
_LONGEST = 30.0  # seconds to wait for one: where many want it, each has it for some milliseconds
_MARGIN = 2.0  # seconds before that in which the holder deletes it no more: it may arrive too late
_OVER = " over "  # in the name under which somebody has told that a lock is over
_PAUSE = 0.004
_LONGEST_PAUSE = 0.1


class _Turns:
    """Whose turn it is, in this process, at a lock of a server."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: dict[Hashable, deque[Future[None]]] = {}  # by locks that somebody has, who has them next

    @contextmanager
    def of(self, name: Hashable, end: float) -> Iterator[None]:
        """Have the turn while the context lasts.

        Args:
            name: of the lock.
            end: until when it is waited for.

        Raises:
            Problem: 503, the others take too long.
        """
        own: Future[None] = Future()
        with self._guard:
            waiting = self._waiting.get(name)
            if waiting is None:
                self._waiting[name] = deque()
                own.set_result(None)
            else:
                waiting.append(own)
        try:
            _wait_for(own, end)
            yield
        finally:
            self._leave(name, own)

    def _leave(self, name: Hashable, own: Future[None]) -> None:
        """Give the turn to the next one, by who had it, or had no time to wait for it."""
        with self._guard:
            waiting = self._waiting[name]
            if not own.done():
                waiting.remove(own)
            elif waiting:
                waiting.popleft().set_result(None)
            else:
                del self._waiting[name]


def _wait_for(turn: Future[None], end: float) -> None:
    try:
        outcome(turn, max(0.0, end - time.monotonic()))
    except TimeoutError:
        raise away() from None


_turns = _Turns()


@contextmanager
def locked(database: Database, *name: Any) -> Iterator[None]:
    """Nobody else holds the lock of that name while the context lasts.

    Raises:
        Problem: 503, it stays taken, or the server is away.
    """
    end = time.monotonic() + _LONGEST
    with (
        _turns.of((database.clients, database.name, name, is_in_fibre()), end),
        _held(database[LOCKS], repr(name), end),
    ):
        yield


@contextmanager
def _held(locks: Any, key: str, end: float) -> Iterator[None]:
    """Hold the lock at the server, where the other processes see it."""
    holder = str(ObjectId())
    longest = _PAUSE
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
        pause(longest * random.random())
        longest = min(2 * longest, _LONGEST_PAUSE)
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
