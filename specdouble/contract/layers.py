"""What is laid over a document: it is changed, and each part of it still knows where it was written.

Nothing that a file said is changed. A container in which something changes is copied first, with all around it, and
remembers of each of its parts where that part comes from; what does not change is shared with the file's own data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from specdouble.contract.pointer import is_index, pointer
from specdouble.contract.source import Source

Origin = tuple[Source, str]  # a file, and the pointer in it
Path = tuple[str | int, ...]  # the names and indices that lead to a value


@dataclass(slots=True)
class _Copy:
    """A container of our own.

    Args:
        container: the container; kept here, that its identity is not given to another.
        origin: where the one that it is a copy of was written.
        members: of a mapping, where that was written which was put in.
        items: of a sequence, where each item was written.
    """

    container: dict[str, Any] | list[Any]
    origin: Origin
    members: dict[str, Origin]
    items: list[Origin]

    def of(self, token: str) -> Origin:
        """Where the part of that name or index was written."""
        if isinstance(self.container, list) and is_index(token) and int(token) < len(self.items):
            return self.items[int(token)]
        return self.members.get(token) or _below(self.origin, token)


class _Laid(Protocol):
    data: Any

    def origin(self, at: str) -> Origin: ...


class Layers:
    """What was laid over a document.

    Args:
        document: the document; its data are replaced where something changes in them.
    """

    def __init__(self, document: _Laid) -> None:
        self._document = document
        self._copies: dict[int, _Copy] = {}
        self._open: set[int] = set()

    def origin(self, value: object, origin: Origin, tokens: Iterable[str]) -> Origin:
        """Where a part was written.

        Args:
            value: the value that the part is in.
            origin: where that was written.
            tokens: the names and indices that lead from the value to the part.
        """
        for token in tokens:
            copy = self._copies.get(id(value))
            origin = copy.of(token) if copy else _below(origin, token)
            value = _part(value, token)
        return origin

    def put(self, path: Path, value: object, origin: Origin) -> None:
        """Let the member or item at the path have the value.

        Args:
            path: where it stands; what it stands in is there.
            value: what it has from now on.
            origin: where the value was written.
        """
        copy = self._own(path[:-1])
        key = path[-1]
        if isinstance(copy.container, dict):
            copy.container[str(key)] = value
            copy.members[str(key)] = origin
        else:
            copy.container[int(key)] = value
            copy.items[int(key)] = origin

    def append(self, path: Path, values: Iterable[tuple[Any, Origin]]) -> None:
        """Append items to the sequence at the path, each with the place where it was written."""
        copy = self._own(path)
        assert isinstance(copy.container, list)
        for value, origin in values:
            copy.container.append(value)
            copy.items.append(origin)

    def remove(self, paths: Collection[Path]) -> None:
        """Take out what stands at the paths; what stands in another one of them goes with that."""
        gone = set(paths)
        outermost = [path for path in gone if not any(path[:length] in gone for length in range(1, len(path)))]
        # From the end of each sequence: what goes before an item changes its index.
        for path in sorted(outermost, key=lambda one: (len(one), str(one[:-1]), _index(one[-1])), reverse=True):
            copy = self._own(path[:-1])
            if isinstance(copy.container, dict):
                del copy.container[str(path[-1])]
                copy.members.pop(str(path[-1]), None)
            else:
                del copy.container[int(path[-1])]
                del copy.items[int(path[-1])]

    def close(self) -> None:
        """Leave the copies as they are from now on: what changes is copied anew.

        So a part of the document may be put into another one, or into itself.
        """
        self._open.clear()

    def _own(self, path: Path) -> _Copy:
        """The copy of the container at the path, made with all around it where there is none."""
        copy = self._copied(self._document.data, self._document.origin(""))
        self._document.data = copy.container
        for length, key in enumerate(path, 1):
            origin = self._document.origin(pointer(*path[:length]))
            inner = self._copied(_part(copy.container, str(key)), origin)
            if isinstance(copy.container, dict):
                copy.container[str(key)] = inner.container
            else:
                copy.container[int(key)] = inner.container
            copy = inner
        return copy

    def _copied(self, container: Any, origin: Origin) -> _Copy:
        known = self._copies.get(id(container))
        if known is not None and id(container) in self._open:
            return known
        if isinstance(container, dict):
            copy = _Copy(dict(container), origin, dict(known.members) if known else {}, [])
        else:
            items = list(known.items) if known else [_below(origin, str(index)) for index in range(len(container))]
            copy = _Copy(list(container), origin, {}, items)
        self._copies[id(copy.container)] = copy
        self._open.add(id(copy.container))
        return copy


def _below(origin: Origin, token: str) -> Origin:
    source, at = origin
    return source, at + pointer(token)


def _part(value: object, token: str) -> Any:
    if isinstance(value, dict):
        return value.get(token)
    if isinstance(value, list) and is_index(token) and int(token) < len(value):
        return value[int(token)]
    return None


def _index(key: str | int) -> int:
    return key if isinstance(key, int) else 0
