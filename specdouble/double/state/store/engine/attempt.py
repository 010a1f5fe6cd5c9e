"""One try at an answer: the documents that it has read decide whether its writes still hold."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

from specdouble.double.state.problem import Problem
from specdouble.double.state.store.engine.fibre import pause
from specdouble.double.state.store.held import Write

Answer = TypeVar("Answer")
Key = tuple[str, str, Any]  # a database, a collection, an `_id`
Mark = tuple[Any, Any]  # the revision of a document, and its place in the order of insertion
_MOST = 60  # tries at one answer: of so many writers of one document, one wins each round
_PAUSE = 0.002  # seconds, longer with each try
_LONGEST_PAUSE = 0.05


class Superseded(Problem):
    """What the answer rests on has been changed by another writer."""

    def __init__(self) -> None:
        detail = "other writers have changed what this request depends on, again and again; nothing of it was done"
        super().__init__(503, "Too many writers", detail, headers={"Retry-After": "1"})


class Attempt:
    """What an answer has read and written so far.

    A document that it has read, and writes later, must not have changed in between: so a handler that looks before it
    writes may rely on what it saw, as on the embedded store.
    """

    def __init__(self) -> None:
        self.seen: dict[Key, Mark] = {}
        self.leaving: set[Key] = set()  # what was found to be about to go
        self.latest: Write = (None, None, 0)
        self.is_together = False  # what it asks of the server belongs to a transaction
        self._undo: list[Callable[[], object]] = []
        self._is_superseded = False

    @property
    def is_superseded(self) -> bool:
        """Whether another writer came first: the whole is to be done anew."""
        return self._is_superseded

    def see(self, key: Key, mark: Mark) -> None:
        """A document has been read; read again, it must be as it was, or what is made of both fits neither."""
        if self.seen.setdefault(key, mark) != mark:
            self._is_superseded = True

    def wrote(self, key: Key, mark: Mark | None, write: Write, undo: Callable[[], object]) -> None:
        """A document has been written; None where it is gone."""
        if mark is None:
            self.seen.pop(key, None)
        else:
            self.seen[key] = mark
        self.latest = write
        self._undo.append(undo)

    def superseded(self) -> Superseded:
        """Note that another writer came first; gives what is raised."""
        self._is_superseded = True
        return Superseded()

    @property
    def writes(self) -> int:
        """How many writes it has done."""
        return len(self._undo)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is asked of the server while the context lasts belongs to a transaction; none of it where that fails."""
        before = self.writes
        self.is_together = True
        try:
            yield
        except BaseException:
            del self._undo[before:]
            raise
        finally:
            self.is_together = False

    def take_back(self, but: int = 0) -> None:
        """Undo what was written, the last first; what others have changed since stays theirs.

        Args:
            but: so many writes, the first ones, stay.
        """
        while len(self._undo) > but:
            self._undo.pop()()


_current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def current_attempt() -> Attempt:
    """The attempt under way; one of its own for a single call outside of any."""
    return _current.get() or Attempt()


def attempted(answer: Callable[[], Answer]) -> Answer:
    """What the function answers once no other writer comes between what it reads and what it writes.

    Args:
        answer: may be called again, after all that it had written is taken back.

    Raises:
        Superseded: others come first again and again.
    """
    for tries in range(1, _MOST):
        attempt = Attempt()
        with contextlib.suppress(Superseded):
            given = _within(attempt, answer)
            if not attempt.is_superseded:
                return given
        attempt.take_back()
        pause(random.random() * min(_PAUSE * tries, _LONGEST_PAUSE))
    last = Attempt()
    try:
        return _within(last, answer)
    finally:
        if last.is_superseded:
            last.take_back()


def _within(attempt: Attempt, answer: Callable[[], Answer]) -> Answer:
    token = _current.set(attempt)
    try:
        return answer()
    finally:
        _current.reset(token)
