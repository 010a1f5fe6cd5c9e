"""What the collections of a world begin with, shared by all worlds."""

from __future__ import annotations

from collections.abc import Callable

from specdouble.double.state.keeper import Document
from specdouble.double.state.seed import Seed
from specdouble.double.state.store import Contents

Held = tuple[Contents, int]


class InitialState:
    """The first documents of each collection.

    To make them ready (ids, keys, indexes) takes far longer than to share them, and stored documents are never changed
    in place: so the first world that needs a collection leaves what it made to all others.

    Args:
        seed: the documents of `mock_data/`.
        made: gives the documents of a collection that the seed says nothing of; asked when it is first used.
    """

    def __init__(self, seed: Seed, made: Callable[[str], list[Document]] = lambda _collection: []) -> None:
        self.seed = seed
        self._made = made
        self._held: dict[str, Held] = {}

    def documents(self, collection: str) -> list[Document]:
        """The documents, as a file of `mock_data/` has them."""
        return self.seed[collection] if collection in self.seed else self._made(collection)

    def held(self, collection: str) -> Held | None:
        """What a collection that has begun with them holds, and the last number that was given as an id."""
        return self._held.get(collection)

    def hold(self, collection: str, contents: Contents, last: int) -> None:
        """Leave to others what a collection holds that has just begun."""
        self._held[collection] = contents, last

    def but(self, seed: Seed) -> InitialState:
        """Another one, in which these collections begin otherwise."""
        other = InitialState({**self.seed, **seed}, self._made)
        other._held = {name: held for name, held in self._held.items() if name not in seed}
        return other
