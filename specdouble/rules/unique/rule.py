"""`x-unique`: no two documents of a collection share the value of a property."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.kind import (
    ON_A_PROPERTY,
    WORDS,
    Example,
    Found,
    Kind,
    OnProperty,
    Reading,
    mapping,
    suggestion,
    words,
)
from specdouble.contract.pointer import pointer
from specdouble.contract.rule import PropertyRule

IGNORABLE = ("case", "space")
IGNORED = {"anyOf": [{"enum": [*IGNORABLE]}, {"type": "array", "items": {"enum": [*IGNORABLE]}}]}


@dataclass(frozen=True, kw_only=True)
class Unique(PropertyRule):
    """No two documents of the collection (within the same scope) share the value.

    Args:
        within: the properties that two documents must share for their values to be compared.
        ignore: what does not tell values apart: `case`, `space` (the surrounding).
    """

    kind = "unique"
    refused_with = (409, 422, 400)
    binds = True
    identifies = True
    within: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()

    def __str__(self) -> str:
        scope = f" within {' and '.join(self.within)}" if self.within else ""
        ignoring = f", ignoring {' and '.join(sorted(self.ignore))}" if self.ignore else ""
        return f"{self.name} is unique{scope}{ignoring}"


def _read(reading: Reading) -> Iterator[Unique]:
    for annotation in reading.on_properties("x-unique"):
        if annotation.raw is not True and not isinstance(annotation.raw, dict):
            remedy = "write `x-unique: true` or `{within: [owner]}`"
            annotation.find("`x-unique` is neither true nor a mapping", remedy)
            continue
        yield _unique(annotation)


def _unique(annotation: OnProperty) -> Unique:
    raw = {} if annotation.raw is True else annotation.raw
    annotation.find_unknown_keys(("within", "ignore", "status"))
    within, ignore = words(raw.get("within")), words(raw.get("ignore"))
    properties = annotation.resource.properties
    for name in within:
        if name not in properties:
            reason = f"`{name}` is the scope of a rule and no property of the schema"
            annotation.find(reason, suggestion(name, properties), "within")
    for word in ignore:
        if word not in IGNORABLE:
            annotation.find(f"`{word}` cannot be ignored", suggestion(word, IGNORABLE), "ignore")
    return Unique(within=tuple(within), ignore=frozenset(ignore), **annotation.place)


def _contradicted(example: Example) -> Iterator[Found]:
    """Two documents of one example that share a value."""
    if example.sent:
        return
    for rule in example.resource.of(Unique):
        seen: set[tuple[str, ...]] = set()
        for at, document in example.documents:
            if document.get(rule.name) is None:
                continue
            key = tuple(json.dumps(document.get(name), sort_keys=True) for name in (*rule.within, rule.name))
            if key in seen:
                reason = f"two documents of the example share a value, against {rule.id}"
                yield at + pointer(rule.name), reason, "give each its own value"
            seen.add(key)


KIND = Kind(
    keyword="x-unique",
    place=ON_A_PROPERTY,
    written="`x-unique: true` or `{within: [prop, ...], ignore: [case, space]}`",
    means=(
        "no two documents of the collection (within the scope) share the value; `case` is Unicode case folding of the "
        "NFC form, `space` the surrounding white space"
    ),
    refused="the first of 409, 422, 400 that the operation declares",
    read=_read,
    contradicted=_contradicted,
    shape={"anyOf": [{"type": "boolean"}, mapping({"within": WORDS, "ignore": IGNORED})]},
    of_ids=lambda resource: Unique(collection=resource.collection, name=resource.id, within=resource.parents),
)
