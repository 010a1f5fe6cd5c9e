"""Which documents of a store have changed since somebody looked: what a file that keeps them has to be told."""

from __future__ import annotations

from typing import Any

Place = tuple[str, str]  # a database and a collection


class Changes:
    """The keys of what has changed, by collection; noted with each write, and forgotten once they are kept."""

    def __init__(self) -> None:
        self.is_noting = True
        self.dropped: set[Place] = set()
        self.written: dict[Place, set[Any] | None] = {}  # None: the collection as a whole

    def __bool__(self) -> bool:
        return bool(self.written or self.dropped)

    def note(self, place: Place, key: Any) -> None:
        """A document has been written or removed."""
        if self.is_noting:
            keys = self.written.setdefault(place, set())
            if keys is not None:
                keys.add(key)

    def note_all(self, place: Place) -> None:
        """What a collection holds is to be kept, whatever is known of it."""
        if self.is_noting:
            self.written[place] = None

    def note_beginning(self, place: Place) -> None:
        """What a collection has begun with is to be kept, though nothing has changed since."""
        if self.is_noting:
            self.written.setdefault(place, set())

    def note_drop(self, place: Place) -> None:
        """A collection is gone, with all that was noted of it."""
        if self.is_noting:
            self.written.pop(place, None)
            self.dropped.add(place)

    def clear(self) -> None:
        """All of it is kept."""
        self.dropped.clear()
        self.written.clear()
