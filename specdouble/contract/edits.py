"""Edits of a document, one place at a time: to what its schema takes there, and only where it may be changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from specdouble.contract.document import Document as ContractDocument
from specdouble.contract.places import EACH, MISSING, Path, value_at, with_value
from specdouble.contract.plausible_value import PlausibleValues, Texts
from specdouble.contract.typing import Schema, fields_of, kind_of, whole

Document = dict[str, Any]

_TRIED = 8  # values for one place
_LONGEST = 200  # items that a list is filled with one by one


class Edits:
    """What can be changed in documents of one schema. No document is changed itself: each edit makes another one.

    Args:
        contract: the contract's document.
        schema: the documents'.
        free: the properties that may be changed; None for all.
        texts: gives texts that match a pattern.
    """

    def __init__(self, contract: ContractDocument, schema: Any, free: frozenset[str] | None, texts: Texts) -> None:
        self._contract, self._schema, self._free = contract, schema, free
        self._plausible = PlausibleValues(contract, texts)

    def schema_at(self, place: Path) -> Schema | None:
        """The schema of what stands at a place; None where the documents' schema says nothing of it."""
        schema: Any = self._schema
        for part in place:
            try:
                told = whole(self._contract, schema)
            except LookupError:
                return None
            if isinstance(part, int):
                schema = told.get("items")
            else:
                schema = fields_of(self._contract, told).get(part, told.get("additionalProperties"))
            if not isinstance(schema, dict):
                return None
        return whole(self._contract, schema)

    def fresh(self, place: Path, number: int = 1) -> Iterator[Any]:
        """Values that the schema takes at a place; another number gives others, as far as there are any."""
        schema = self.schema_at(place)
        return self._plausible.of(schema, number) if schema is not None else iter(())

    def set(self, document: Document, place: Path, value: object) -> Iterator[Document]:
        """The document with a value at a place, as JSON writes it; nothing where that may not be changed."""
        if not place or (self._free is not None and place[0] not in self._free):
            return
        written = _written(value, self.schema_at(place))
        if written is not MISSING:
            yield with_value(document, place, written)

    def fresh_at(self, document: Document, place: Path) -> Iterator[Document]:
        """The document with a value at a place that the schema takes there."""
        for value in islice(self.fresh(place), _TRIED):
            yield from self.set(document, place, value)

    def without(self, document: Document, place: Path) -> Iterator[Document]:
        """The document without what stands at a place; nothing where that may not be changed."""
        if self._free is None or place[0] in self._free:
            holder = value_at(document, place[:-1])
            if isinstance(holder, dict) and place[-1] in holder:
                kept = {name: value for name, value in holder.items() if name != place[-1]}
                yield kept if len(place) == 1 else with_value(document, place[:-1], kept)

    def with_place(self, document: Document, path: tuple[str, ...]) -> Document:
        """The document with something where the path leads."""
        concrete: Path = tuple(0 if name == EACH else name for name in path)
        for end in range(1, len(concrete) + 1):
            if value_at(document, concrete[:end]) in (MISSING, None):
                document = next(self.fresh_at(document, concrete[:end]), document)
        return document

    def longer(self, document: Document, place: Path) -> Iterator[Document]:
        """The document with one more item in a list, or one more value in a map."""
        items = value_at(document, place)
        if isinstance(items, dict):
            for value in islice(self.fresh((*place, "key")), 2):
                yield from self.set(document, (*place, f"key{len(items) + 1}"), value)
        elif isinstance(items, list):
            for value in islice(self.fresh((*place, 0), len(items) + 1), 4):
                yield from self.set(document, place, [*items, value])

    def sized(self, place: Path, size: int, document: Document) -> Iterator[Document]:
        """A list or a map is made longer bit by bit, since each item has to fit, and then cut."""
        if not isinstance(value_at(document, place), list | dict):
            document = next(self.set(document, place, []), document)
        while isinstance(held := value_at(document, place), list | dict) and len(held) < min(size, _LONGEST):
            longer = next(self.longer(document, place), None)
            if longer is None:
                return
            document = longer
        if isinstance(held, list):
            yield from self.set(document, place, held[:size])
        elif isinstance(held, dict):
            yield from self.set(document, place, dict(list(held.items())[:size]))


def _written(value: object, schema: Schema | None) -> Any:
    """A value as JSON has it; `MISSING` where it has none."""
    kind = kind_of(schema)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        if schema and schema.get("format") == "date":
            return moment.date().isoformat()
        return moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return f"PT{seconds:g}S" if seconds >= 0 else MISSING
    if kind == "integer" and isinstance(value, float):
        return int(value)
    if kind == "number" and isinstance(value, float):
        rounded = round(value, 6)
        return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded
    return value
