"""A departure: a document that is to be deleted, and all that goes or changes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from specdouble.contract.json_type import JSON
from specdouble.double.state.problem import Broken

Document = dict[str, Any]
Key = tuple[str, object]  # a collection, and the id under which the store has a document of it


class Rules(Protocol):
    """The rules of a collection, as far as documents leave it."""

    @property
    def leave(self) -> Sequence[Callable[[Document, Departure], None]]:
        """What each rule says of a document that leaves."""

    @property
    def there(self) -> Mapping[str, Any]:
        """The filter that leaves what was not deleted."""

    @property
    def id(self) -> str:
        """The property that the store has as `_id`."""

    def key(self, document: Document) -> None:
        """Write beside the document what the store keeps unique."""

    def remove(self, documents: Any, document: Document) -> None:
        """Remove a document from the store, or leave it there for nobody to find."""


class Marks(Protocol):
    """Marks on documents that are about to go: nobody else writes what speaks of them."""

    def set(self, collection: str, document: Document) -> None:
        """Mark a document, before anybody asks what speaks of it."""

    def lift(self) -> None:
        """Take the marks away: the documents stay."""


class Departure:
    """What is found out before anything is written: a deletion that is refused has changed nothing.

    Args:
        kept: the store's documents of a collection, and its rules.
        marks: tells other writers what is about to go; None where there are none.
        together: what is written in this context is done as a whole or not at all, where the store can.
    """

    def __init__(
        self,
        kept: Callable[[str], tuple[Any, Rules]],
        marks: Marks | None = None,
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._kept = kept
        self._marks = marks
        self._together = together
        self._waiting: list[tuple[str, Document]] = []
        self._going: dict[Key, Document] = {}
        self._changed: dict[Key, Document] = {}
        self._forbidden: list[tuple[Broken, Key]] = []

    def take(self, collection: str, document: Document) -> None:
        """Have a document go, and ask the rules what goes with it."""
        self._waiting.append((collection, document))
        while self._waiting:  # not one within the other: a chain of documents may be long
            name, one = self._waiting.pop()
            if (name, one["_id"]) not in self._going:
                self._going[name, one["_id"]] = one
                rules = self._kept(name)[1]
                if self._marks is not None and rules.leave:
                    self._marks.set(name, one)
                for leave in rules.leave:
                    leave(one, self)

    # What a rule answers

    def referring(self, collection: str, name: str, value: JSON) -> list[Document]:
        """The documents that have the value in the property, whosever they are, but for those that go."""
        documents, rules = self._kept(collection)
        field = "_id" if name == rules.id else name
        found: list[Document] = documents.find({field: value, **rules.there}).to_list()
        return [one for one in found if (collection, one["_id"]) not in self._going]

    def follow(self, collection: str, document: Document) -> None:
        """Have another document go too."""
        self._waiting.append((collection, document))

    def change(self, collection: str, document: Document, changes: Callable[[Document], None]) -> None:
        """Have a document changed that stays."""
        changes(self._changed.setdefault((collection, document["_id"]), dict(document)))

    def forbid(self, broken: Broken, collection: str, document: Document) -> None:
        """Have nothing go, as long as this document stays."""
        self._forbidden.append((broken, (collection, document["_id"])))

    # What comes of it

    @property
    def broken(self) -> list[Broken]:
        """The rules that forbid it."""
        return [broken for broken, key in self._forbidden if key not in self._going]

    def let_stay(self) -> None:
        """Nothing goes."""
        if self._marks is not None:
            self._marks.lift()

    def carry_out(self) -> Iterator[str]:
        """Write it; the name of each collection right after a write to it."""
        is_one = len(self._going) + len(self._changed) == 1
        with nullcontext() if is_one else self._together():
            yield from self._written()

    def _written(self) -> Iterator[str]:
        for (name, key), after in self._changed.items():
            if (name, key) not in self._going:
                documents, rules = self._kept(name)
                rules.key(after)
                documents.replace_one({"_id": key}, after)
                yield name
        # What was found last goes first: nobody sees a document whose parent is gone.
        for (name, _), document in reversed([*self._going.items()]):
            documents, rules = self._kept(name)
            rules.remove(documents, document)
            yield name
