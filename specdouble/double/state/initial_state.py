"""What the collections of a world begin with, shared by all worlds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specdouble.double.state.keeper import Document
from specdouble.double.state.seed import Seed
from specdouble.double.state.store import Contents

Held = tuple[Contents, int]


class InitialState:
    """The first documents of each collection.

    To make them ready (ids, keys, indexes) takes far longer than to share them, and stored documents are never changed
    in place: so the second world that needs a collection keeps what it made, and all others share that.

    Args:
        seed: the documents of `mock_data/`.
        made: gives the documents of a collection that the seed says nothing of; asked when it is first used.
    """

    def __init__(self, seed: Seed, made: Callable[[str], list[Document]] = lambda _collection: []) -> None:
        self.seed = seed
        self._made = made
        self._asked: set[str] = set()
        self._held: dict[str, Held] = {}

    def documents(self, collection: str) -> list[Document]:
        """The documents, as a file of `mock_data/` has them."""
        return self.seed[collection] if collection in self.seed else self._made(collection)

    def held(self, collection: str) -> Held | None:
        """What a collection that has begun with them holds, and the last number that was given as an id."""
        return self._held.get(collection)

    def hold(self, collection: str, documents: Any, last: int) -> None:
        """Keep what a collection holds that has just begun, if it is not the first that does."""
        if collection in self._asked:
            self._held[collection] = documents.contents(), last
        self._asked.add(collection)

    def but(self, seed: Seed) -> InitialState:
        """Another one, in which these collections begin otherwise."""
        return InitialState({**self.seed, **seed}, self._made)
