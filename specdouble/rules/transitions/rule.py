"""`x-transitions`: a property moves from one value to the next along given ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from specdouble.contract.document import Document
from specdouble.contract.kind import (
    ON_A_PROPERTY,
    STATUS,
    WORDS,
    Belied,
    Kind,
    OnProperty,
    Reading,
    Shown,
    suggestion,
    words,
)
from specdouble.contract.pointer import pointer
from specdouble.contract.rule import WRITES, PropertyRule

_INITIAL = "initial"
_DEEPEST = 8


@dataclass(frozen=True, kw_only=True)
class Transitions(PropertyRule):
    """The moves that a document may make from one value to the next.

    Args:
        moves: for each value, those that may follow it.
        values: all that there are.
        initial: those with which a document may begin; empty where with any.
    """

    kind = "transitions"
    refused_with = (409, 422, 400)
    binds = True
    shown_by = (*WRITES, "act")
    moves: dict[str, tuple[str, ...]] = field(hash=False)
    values: tuple[str, ...] = ()
    initial: tuple[str, ...] = ()

    def allows(self, before: Any, after: Any) -> bool:
        """Whether a document may move from the one value to the other; staying is no move."""
        return before == after or after in self.moves.get(before, ())

    def looser_than(self, other: Self) -> bool | None:
        """Whether a document may make every move that it could, and more."""
        own, others = self._pairs(), other._pairs()
        return own > others if own >= others or own <= others else None

    def _pairs(self) -> set[tuple[str, str]]:
        return {(before, after) for before, targets in self.moves.items() for after in targets}

    def __str__(self) -> str:
        moves = ", ".join(f"{one} to {' or '.join(others) or 'nothing'}" for one, others in self.moves.items())
        begins = f"begins as {' or '.join(self.initial)} and " if self.initial else ""
        return f"{self.name} {begins}moves from {moves}"


def _read(reading: Reading) -> Iterator[Transitions]:
    for annotation in reading.on_properties("x-transitions"):
        values = _values(annotation.document, annotation.schema)
        if not values:
            annotation.find("`x-transitions` stands on a property without `enum`", "list the values in `enum`")
        elif not isinstance(annotation.raw, dict):
            annotation.find("`x-transitions` is no mapping", "write `{from: [to, ...]}`")
        else:
            yield _rule(annotation, values)


def _values(document: Document, schema: Any, depth: int = 0) -> list[Any]:
    """The values of an `enum`, wherever the schema has it: behind a `$ref`, in an `allOf`, beside a null."""
    try:
        schema = document.resolve(schema)
    except LookupError:
        return []
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return []
    if isinstance(schema.get("enum"), list):
        return [one for one in schema["enum"] if one is not None]
    parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key) or ()]
    return [value for part in parts for value in _values(document, part, depth + 1)]


def _rule(annotation: OnProperty, values: list[Any]) -> Transitions:
    raw = annotation.raw
    initial = words(raw.get(_INITIAL)) if _INITIAL not in values else []  # else it is a value to move from
    moves = {one: tuple(words(to)) for one, to in raw.items() if one != _INITIAL or not initial}
    # A number is a status; `status` may as well be a value to move from.
    moves = {one: to for one, to in moves.items() if not isinstance(raw[one], int)}
    _find_unknown(annotation, values, [*initial, *moves, *(to for targets in moves.values() for to in targets)])
    known = tuple(dict.fromkeys(map(str, values)))
    return Transitions(moves=moves, values=known, initial=tuple(initial), **annotation.place)


def _find_unknown(annotation: OnProperty, values: list[Any], named: list[str]) -> None:
    for value in dict.fromkeys(named):
        if value not in values:
            known = [str(one) for one in values]
            annotation.find(f"`{value}` is no value of the property's `enum`", suggestion(value, known))


def _belied(shown: Shown) -> Iterator[Belied]:
    """A new document that does not begin as documents begin."""
    for rule in shown.of(Transitions) if shown.does == "create" else ():
        for at, document in shown.documents:
            found = document.get(rule.name)
            if rule.initial and found is not None and found not in rule.initial:
                yield (
                    rule,
                    at + pointer(rule.name),
                    f"a document begins as {found!r}, not as {' or '.join(rule.initial)}",
                )


KIND = Kind(
    keyword="x-transitions",
    place=ON_A_PROPERTY.replace("a property", "an `enum` property", 1),
    written="`x-transitions: {from: [to, ...]}`; `initial: value` among them",
    means="the moves a document may make, by a change or by an operation whose `x-action` sets it; how it begins",
    refused="the first of 409, 422, 400",
    read=_read,
    belied=_belied,
    shape={"type": "object", "additionalProperties": {"anyOf": [WORDS, STATUS]}},
)
