"""Attempts: the creates that a run has sent, until it is known what came of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.verify.exchange import Call
from specdouble.verify.wrapper import unwrapped


@dataclass
class Written:
    """A list that this run wrote to.

    Args:
        create: the last request that created there, or tried.
        properties: the names of what was sent there.
    """

    create: Call
    properties: set[str] = field(default_factory=set)


class Attempts:
    """The creates of a run.

    Args:
        contract: what the server promises.
        has_word: whether a text has a word of this run in it: no document held it before.
    """

    def __init__(self, contract: Contract, has_word: Callable[[str], bool]) -> None:
        self._contract, self._has_word = contract, has_word
        self._lock = Lock()
        self._written: dict[tuple[Any, ...], Written] = {}  # by path and what it leads through
        self._unanswered: dict[int, Call] = {}  # creates of which no answer came, and whose lists were not searched
        self._late: list[Call] = []  # likewise, and an answer may come yet

    def send(self, number: int, create: Call) -> None:
        """Note a create that is sent, by its number."""
        document = self._document(create)
        place = (create.operation.path, *sorted((name, str(value)) for name, value in create.path.items()))
        with self._lock:
            written = self._written.setdefault(place, Written(create))
            written.create = create
            written.properties.update(document)
            self._unanswered[number] = create

    def answer(self, number: int) -> None:
        """Note that a request was answered."""
        self._unanswered.pop(number, None)

    def late(self, number: int) -> None:
        """Note that nobody waits for the answer any more: what it makes may be there after all lists were searched."""
        call = self._unanswered.pop(number, None)
        if call is not None:
            self._late.append(call)

    def search(self, create: Call) -> None:
        """Note that the list that a create writes to was searched: what is not known of it by now is not there.

        Of what bears no word, nobody could tell.
        """
        for number, call in list(self._unanswered.items()):
            if (call.operation, call.path) == (create.operation, create.path) and self._bears_word(call):
                del self._unanswered[number]

    def count(self, listing: Operation) -> None:
        """Note that the documents of a list were counted: whatever was created there is told by that."""
        for number, call in list(self._unanswered.items()):
            if call.operation.path == listing.path:
                del self._unanswered[number]

    def written_to(self) -> list[Written]:
        """The lists that this run wrote to, the first one first."""
        with self._lock:
            return list(self._written.values())

    def unanswered(self) -> list[Call]:
        """The creates of which nobody knows whether they made anything."""
        return [*self._unanswered.values(), *self._late]

    def _document(self, create: Call) -> dict[str, Any]:
        """What a create was to make; nothing where it holds none."""
        document = unwrapped(self._contract, create.operation, create.body)
        return document if isinstance(document, dict) else {}

    def _bears_word(self, create: Call) -> bool:
        return any(isinstance(one, str) and self._has_word(one) for one in self._document(create).values())
