"""Questions that wait at the same moment, asked of the server as one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, TypeVar

from specdouble.double.state.store.engine.fibre import is_in_fibre, outcome
from specdouble.double.state.store.values import Document, handed_out

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")


class _Batch(Generic[Wanted, Found]):
    """What is asked for together, and what came of it."""

    def __init__(self) -> None:
        self.wanted: list[Wanted] = []
        self.found: Future[Found] = Future()


class _Turns(Generic[Wanted, Found]):
    """Takes what is wanted at the same moment together.

    One question is under way at a time. Who comes meanwhile waits, and all who wait are asked for by the next one.
    Each read is part of a question that is sent after it was wanted, never of one that was sent before: it finds all
    that had been written by then, as a question of its own would.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._next: _Batch[Wanted, Found] | None = None
        self._latest: Future[Found] | None = None  # what came of the last question that was sent

    def take(self, wanted: Wanted, find: Callable[[Sequence[Wanted]], Found]) -> tuple[Found, Sequence[Wanted]]:
        """What was found for all that are asked for together, once it was, and what they all want."""
        with self._guard:
            batch = self._next
            is_first = batch is None
            if batch is None:
                batch = self._next = _Batch()
            batch.wanted.append(wanted)
        if is_first:
            self._ask(batch, find)
        return outcome(batch.found), batch.wanted

    def _ask(self, batch: _Batch[Wanted, Found], find: Callable[[Sequence[Wanted]], Found]) -> None:
        """Find all of it, and let those go on who wait."""
        try:
            self._begin(batch)
            found = find(batch.wanted)
        except BaseException as error:  # whoever waits has to hear of it, whatever it is
            batch.found.set_exception(error)
        else:
            batch.found.set_result(found)

    def _begin(self, batch: _Batch[Wanted, Found]) -> None:
        """Wait for the question that is under way; what is wanted from now on is for the one after this."""
        try:
            if self._latest is not None:
                with suppress(Exception):  # whoever asked it hears of that
                    outcome(self._latest)
        finally:
            with self._guard:
                self._next, self._latest = None, batch.found

    @property
    def waiting(self) -> Sequence[Wanted]:
        """What the next question will be of."""
        batch = self._next
        return [] if batch is None else batch.wanted


class Gathering:
    """Reads documents by their ids, for many who read at once: fibres together, and threads together.

    A thread waits for no fibre: it may be the one that fibres run in.

    Args:
        find: gives the documents that have these ids.
    """

    def __init__(self, find: Callable[[Sequence[str]], Iterable[Document]]) -> None:
        self._find = find
        self._turns = _Turns[str, dict[Any, Document]]()
        self._of_fibres = _Turns[str, dict[Any, Document]]()

    def read(self, id: str) -> Document | None:
        """The document of that id; each who asks has one of its own."""
        turns = self._of_fibres if is_in_fibre() else self._turns
        by_id, wanted = turns.take(id, self._find_all)
        found = by_id.get(id)
        return found if found is None or len(by_id) == len(wanted) else handed_out(found)

    def _find_all(self, ids: Sequence[str]) -> dict[Any, Document]:
        return {one["_id"]: one for one in self._find([*dict.fromkeys(ids)])}


class Sharing:
    """Asks once for all who have the same question at the same moment: for fibres, and for threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        # Each question, who has it (whether fibres, for which no thread waits), and how many are at it.
        self._asked: dict[tuple[bytes, bool], tuple[_Turns[None, Any], int]] = {}

    def ask(self, question: bytes, find: Callable[[], Found]) -> Found:
        """What was found, which is one and the same for all who share it.

        Args:
            question: tells one from another.
            find: asks it.
        """
        key = question, is_in_fibre()
        turns = self._enter(key)
        try:
            found: Found = turns.take(None, lambda _all: find())[0]
            return found
        finally:
            self._leave(key)

    def _enter(self, key: tuple[bytes, bool]) -> _Turns[None, Any]:
        with self._guard:
            turns, number = self._asked.get(key) or (_Turns[None, Any](), 0)
            self._asked[key] = turns, number + 1
        return turns

    def _leave(self, key: tuple[bytes, bool]) -> None:
        with self._guard:
            turns, number = self._asked.pop(key)
            if number > 1:
                self._asked[key] = turns, number - 1
