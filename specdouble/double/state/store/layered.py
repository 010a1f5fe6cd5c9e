"""A mapping over another one that many share: what is written stands beside it, and nobody else sees it.

A world begins with the documents of its seed. A copy of a dictionary of ten thousand takes half a megabyte and as long
as a hundred requests; most worlds change ten of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
_MISSING = object()
_SMALL = 256  # entries up to which a copy is cheaper than to look in two places with each read


class Layered(MutableMapping[Key, Value], Generic[Key, Value]):
    """Behaves as a copy of a dictionary would, its order included.

    Args:
        base: what is shared; nobody changes it any more.
    """

    __slots__ = ("_base", "_gone", "_new", "own")

    def __init__(self, base: Mapping[Key, Value]) -> None:
        self._base = base
        self.own: dict[Key, Value] = {}
        self._gone: set[Key] = set()  # of the base; what is put there again stands last, as in a dictionary
        self._new = 0  # how many of its own stand in the place of none of the base

    def _is_below(self, key: Key) -> bool:
        return key in self._base and key not in self._gone

    def get(self, key: Key, default: Any = None) -> Any:
        """The value of the key, or the default."""
        value = self.own.get(key, _MISSING)
        if value is not _MISSING:
            return value
        return default if key in self._gone else self._base.get(key, default)

    def __getitem__(self, key: Key) -> Value:
        if key in self.own:
            return self.own[key]
        if key in self._gone:
            raise KeyError(key)
        return self._base[key]

    def __contains__(self, key: object) -> bool:
        return key in self.own or (key in self._base and key not in self._gone)

    def __setitem__(self, key: Key, value: Value) -> None:
        if key not in self.own and not self._is_below(key):
            self._new += 1
        self.own[key] = value

    def __delitem__(self, key: Key) -> None:
        is_below = self._is_below(key)
        if key in self.own:
            del self.own[key]
            self._new -= not is_below
        elif not is_below:
            raise KeyError(key)
        if is_below:
            self._gone.add(key)

    def __len__(self) -> int:
        return len(self._base) - len(self._gone) + self._new

    def __iter__(self) -> Iterator[Key]:
        for key in self._base:
            if key not in self._gone:
                yield key
        for key in self.own:
            if not self._is_below(key):
                yield key


def layered(base: Mapping[Key, Value]) -> MutableMapping[Key, Value]:
    """What begins as the base is, and changes by itself: over it where it is large, else a copy."""
    return dict(base) if len(base) <= _SMALL else Layered(base)
