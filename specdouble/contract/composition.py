"""How much is asked of one value: what `allOf`, `anyOf`, `oneOf`, `not`, `if` and `$ref` put together.

Whoever validates a value goes every way that leads to a schema, also where two ways lead to the same one: forty schemas
that name the next one twice take longer than anybody lives. What goes beyond these bounds is left out and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from specdouble.contract.document import Document
from specdouble.contract.pointer import pointer

MOST_WAYS = 100_000
DEEPEST = 100  # schemas behind one another, all of the same value

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")
COMPOSING = (*_LISTS, *_SINGLE, "dependentSchemas")

Schema = dict[str, Any]


class _Extent(NamedTuple):
    """How many ways lead from a schema to others that speak of the same value, and how far the longest goes."""

    ways: int
    depth: int


def bound_compositions(document: Document, schemas: Iterable[tuple[Schema, str]]) -> list[str]:
    """Leave out what would be followed too often or too deep, each with a finding; the pointers of what was left out.

    Args:
        document: the contract.
        schemas: its schemas that compose others, with their pointers.
    """
    bounding = _Bounding(document)
    for schema, at in schemas:
        bounding.measure(schema, at)
    return bounding.left_out


class _Bounding:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.left_out: list[str] = []
        self.extents: dict[int, _Extent] = {}
        self.begun: set[int] = set()

    def measure(self, schema: Schema, at: str) -> None:
        """Find the extent of a schema, after those of all that it is composed of."""
        waiting = [(schema, at)]
        while waiting:
            schema, at = waiting[-1]
            if id(schema) in self.extents:
                waiting.pop()
            elif id(schema) in self.begun:
                waiting.pop()
                self.extents[id(schema)] = self.bounded(schema, at)
            else:
                self.begun.add(id(schema))
                waiting += [part for part in self.parts(schema, at) if id(part[0]) not in self.begun]

    def bounded(self, schema: Schema, at: str) -> _Extent:
        """The extent of a schema; what it is composed of is left out where that is too much."""
        # A part without an extent is one that leads back here: validators see such a circle.
        inside = [self.extents[id(part)] for part, _ in self.parts(schema, at) if id(part) in self.extents]
        ways = 1 + sum(extent.ways for extent in inside)
        depth = 1 + max((extent.depth for extent in inside), default=0)
        if ways <= MOST_WAYS and depth <= DEEPEST:
            return _Extent(ways, depth)
        for keyword in COMPOSING:
            if schema.pop(keyword, None) is not None:
                self.left_out.append(at + pointer(keyword))
        if ways > MOST_WAYS:
            reason = f"one value would be held to schemas in more than {MOST_WAYS} ways"
        else:
            reason = f"more than {DEEPEST} schemas stand behind one another for one value"
        remedy = "list each schema once, and say what is common in one place"
        self.document.find(at, f"{reason}: what this one is composed of is left out", remedy, id="composition")
        return _Extent(1, 1)

    def parts(self, schema: Schema, at: str) -> Iterator[tuple[Schema, str]]:
        """What speaks of the same value as the schema, with the pointer of each."""
        for part, place in _composed(schema, at):
            try:
                part, place = self.document.follow(part, place)
            except LookupError:
                continue
            if isinstance(part, dict):
                yield part, place


def _composed(schema: Schema, at: str) -> Iterator[tuple[Any, str]]:
    if "$ref" in schema:
        yield {"$ref": schema["$ref"]}, at
    for keyword in _LISTS:
        listed = schema.get(keyword)
        for index, part in enumerate(listed if isinstance(listed, list) else ()):
            yield part, at + pointer(keyword, index)
    for keyword in _SINGLE:
        if keyword in schema:
            yield schema[keyword], at + pointer(keyword)
    named = schema.get("dependentSchemas")
    for name, part in named.items() if isinstance(named, dict) else ():
        yield part, at + pointer("dependentSchemas", name)
