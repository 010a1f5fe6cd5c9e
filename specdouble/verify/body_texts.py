"""The texts within a body, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]


def texts_of(value: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Each text of a body, and where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts_of(item, (*place, name))


def with_text(body: Any, place: Place, value: Any) -> Any:
    """The body with another value in one place."""
    if not place:
        return value
    copy: Any = dict(body) if isinstance(body, dict) else list(body)
    copy[place[0]] = with_text(body[place[0]], place[1:], value)
    return copy
