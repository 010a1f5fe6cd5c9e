"""`x-transitions`: a property moves from one value to the next along given ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract.kind import ON_A_PROPERTY, STATUS, WORDS, Kind, OnProperty, Reading, suggestion, words
from specdouble.contract.rule import PropertyRule


@dataclass(frozen=True, kw_only=True)
class Transitions(PropertyRule):
    """The moves that a document may make from one value to the next.

    Args:
        moves: for each value, those that may follow it.
    """

    kind = "transitions"
    refused_with = (409, 422, 400)
    binds = True
    moves: dict[str, tuple[str, ...]] = field(hash=False)

    def allows(self, before: Any, after: Any) -> bool:
        """Whether a document may move from the one value to the other; staying is no move."""
        return before == after or after in self.moves.get(before, ())

    def __str__(self) -> str:
        moves = ", ".join(f"{one} to {' or '.join(others) or 'nothing'}" for one, others in self.moves.items())
        return f"{self.name} moves from {moves}"


def _read(reading: Reading) -> Iterator[Transitions]:
    for annotation in reading.on_properties("x-transitions"):
        if not isinstance(annotation.schema.get("enum"), list):
            annotation.find("`x-transitions` stands on a property without `enum`", "list the values in `enum`")
        elif not isinstance(annotation.raw, dict):
            annotation.find("`x-transitions` is no mapping", "write `{from: [to, ...]}`")
        else:
            yield Transitions(moves=_moves(annotation), **annotation.place)


def _moves(annotation: OnProperty) -> dict[str, tuple[str, ...]]:
    values = annotation.schema["enum"]
    # A number is a status; `status` may as well be a value to move from.
    moves = {one: tuple(words(to)) for one, to in annotation.raw.items() if not isinstance(to, int)}
    for value in dict.fromkeys([*moves, *(to for targets in moves.values() for to in targets)]):
        if value not in values:
            known = [str(one) for one in values]
            annotation.find(f"`{value}` is no value of the property's `enum`", suggestion(value, known))
    return moves


KIND = Kind(
    keyword="x-transitions",
    place=ON_A_PROPERTY.replace("a property", "an `enum` property", 1),
    written="`x-transitions: {from: [to, ...]}`",
    means="the moves a document may make",
    refused="the first of 409, 422, 400",
    read=_read,
    shape={"type": "object", "additionalProperties": {"anyOf": [WORDS, STATUS]}},
)
