"""Reads by id that wait at the same moment, asked of the server as one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from specdouble.double.state.store.values import Document, handed_out


class _Batch:
    """Ids that are asked for together, and what came of it."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.found: dict[Any, Document] = {}
        self.failure: BaseException | None = None
        self._answered = threading.Lock()
        self._answered.acquire()

    def ask(self, find: Callable[[Sequence[str]], Iterable[Document]]) -> None:
        """Find all of them, and let those go on who wait."""
        try:
            self.found = {one["_id"]: one for one in find([*dict.fromkeys(self.ids)])}
        except BaseException as error:  # whoever waits has to hear of it, whatever it is
            self.failure = error
        finally:
            self._answered.release()

    def answer(self, id: str) -> Document | None:
        """What was found, once it was; each who asks has a document of its own."""
        with self._answered:
            pass
        if self.failure is not None:
            raise self.failure
        found = self.found.get(id)
        return found if found is None or len(self.found) == len(self.ids) else handed_out(found)


class Gathering:
    """Reads documents by their ids, for many threads at once.

    One question is under way at a time. Who comes meanwhile waits, and all who wait are asked for by the next one.
    Each read is part of a question that is sent after it was wanted, never of one that was sent before: it finds all
    that had been written by then, as a question of its own would.

    Args:
        find: gives the documents that have these ids.
    """

    def __init__(self, find: Callable[[Sequence[str]], Iterable[Document]]) -> None:
        self._find = find
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._next: _Batch | None = None

    def read(self, id: str) -> Document | None:
        """The document of that id."""
        with self._guard:
            batch = self._next
            is_first = batch is None
            if batch is None:
                batch = self._next = _Batch()
            batch.ids.append(id)
        if is_first:
            with self._turn:
                with self._guard:
                    self._next = None
                batch.ask(self._find)
        return batch.answer(id)
