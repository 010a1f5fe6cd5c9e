"""What was answered to requests with an idempotency key: of all worlds of a process, the last ones."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Protocol

from specdouble.double.state.conforming import body_within
from specdouble.double.state.store.held import size_of

MOST = 100_000  # answers
MOST_BYTES = 32 * 1024 * 1024  # as JSON: whoever repeats a request does it soon
Place = tuple[str, str, str]  # the operation, the caller, the key
Answered = tuple[str, Any]  # what had been asked, as its digest, and the answer


class Answers(Protocol):
    """The answers of a world."""

    def get(self, place: Place) -> Answered | None:
        """What was answered; None where nothing was, or where it has left."""

    def keep(self, place: Place, answered: Answered) -> None:
        """Keep an answer."""

    def clear(self) -> None:
        """Forget them."""


class AnsweredRequests:
    """Keeps answers; the oldest leave where there are too many, or where they take too much.

    Args:
        most: how many there may be.
        most_bytes: what they may take.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[tuple[str, Place], tuple[Answered, int]] = OrderedDict()
        self._places: dict[str, set[Place]] = {}  # of each world
        self._bytes = 0

    def get(self, world: str, place: Place) -> Answered | None:
        """What was answered in that world; None where nothing was, or where it has left."""
        kept = self._kept.get((world, place))
        return None if kept is None else kept[0]

    def keep(self, world: str, place: Place, answered: Answered) -> None:
        """Keep an answer, and at least that one."""
        size = size_of({"": body_within(answered[1])}) + sum(map(len, place))
        self._forget((world, place))
        self._kept[world, place] = answered, size
        self._places.setdefault(world, set()).add(place)
        self._bytes += size
        while len(self._kept) > self._most or (self._bytes > self._most_bytes and len(self._kept) > 1):
            self._forget(next(iter(self._kept)))

    def clear(self, world: str) -> None:
        """Forget the answers of a world."""
        for place in list(self._places.get(world, ())):
            self._forget((world, place))

    def _forget(self, key: tuple[str, Place]) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        world, place = key
        self._bytes -= kept[1]
        self._places[world].remove(place)
        if not self._places[world]:
            del self._places[world]


class AnsweredInWorld(Answers):
    """The answers of one world, in this process.

    Args:
        world: its name.
        answers: those of all worlds.
    """

    def __init__(self, world: str, answers: AnsweredRequests) -> None:
        self._world, self._answers = world, answers

    def get(self, place: Place) -> Answered | None:
        """What was answered; None where nothing was, or where it has left."""
        return self._answers.get(self._world, place)

    def keep(self, place: Place, answered: Answered) -> None:
        """Keep an answer."""
        self._answers.keep(self._world, place, answered)

    def clear(self) -> None:
        """Forget them."""
        self._answers.clear(self._world)
