"""Places in a document: where a path leads, what stands there, and the document with something else there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

EACH = "*"
MISSING = object()


def places_of(value: object, path: tuple[str, ...], at: Path) -> Iterator[Path]:
    """Where a path leads in a document."""
    if not path:
        if value is not None:
            yield at
        return
    name, rest = path[0], path[1:]
    if name == EACH and isinstance(value, list):
        for index, one in enumerate(value):
            yield from places_of(one, rest, (*at, index))
    elif isinstance(value, dict):
        for key in value if name == EACH else [name] if name in value else []:
            yield from places_of(value[key], rest, (*at, key))


def value_at(value: Any, place: Path) -> Any:
    """What stands at a place; `MISSING` where nothing does."""
    for part in place:
        if isinstance(part, int):
            is_there = isinstance(value, list) and part < len(value)
        else:
            is_there = isinstance(value, dict) and part in value
        if not is_there:
            return MISSING
        value = value[part]
    return value


def with_value(value: object, place: Path, new: object) -> Any:
    """The value with something else at a place; what it was made of stays as it is."""
    if not place:
        return new
    part, rest = place[0], place[1:]
    if isinstance(part, int):
        items = list(value) if isinstance(value, list) else []
        inner = items[part] if part < len(items) else None
        return [*items[:part], with_value(inner, rest, new), *items[part + 1 :]]
    holder = value if isinstance(value, dict) else {}
    return {**holder, part: with_value(holder.get(part), rest, new)}
