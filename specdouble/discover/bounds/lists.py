"""The bounds of lists: how many entries, and whether one may stand in them twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.discover.bounds.bound import Bound
from specdouble.discover.bounds.property import Property, last_taken
from specdouble.verify.problem import NotExercised
from specdouble.verify.values import merged, plausible

_MANY = 101


def seen(one: Property) -> Iterator[Bound]:
    """The bounds of a list that no keyword says."""
    usual = one.usual()
    if not isinstance(usual, list) or not usual or not one.takes(lambda: usual):
        return
    for sought in (_fewest, _most, _distinct):
        with suppress(NotExercised):
            yield from sought(one, len(usual))


def entries(one: Property, count: int) -> list[Any]:
    """So many entries, no two alike."""
    items = merged(one.schema.get("items"), one.session.contract.resolve)
    if items.get("enum"):
        if count > len(items["enum"]):
            raise NotExercised(f"{one.name} has but {len(items['enum'])} values")
        return list(items["enum"][:count])
    return [
        plausible(items, one.session.contract.resolve, f"{one.session.fresh.word()}{number}") for number in range(count)
    ]


def _fewest(one: Property, usual: int) -> Iterator[Bound]:
    if "minItems" in one.schema or one.takes(list):
        return
    fewest = last_taken(lambda count: one.takes(lambda: entries(one, count)), usual, 0)
    if one.parts(lambda: entries(one, fewest), lambda: entries(one, fewest - 1)):
        yield one.bound("minItems", fewest)


def _most(one: Property, usual: int) -> Iterator[Bound]:
    if "maxItems" in one.schema or one.takes(lambda: entries(one, _MANY)):
        return
    most = last_taken(lambda count: one.takes(lambda: entries(one, count)), usual, _MANY)
    if one.parts(lambda: entries(one, most), lambda: entries(one, most + 1)):
        yield one.bound("maxItems", most)


def _distinct(one: Property, _usual: int) -> Iterator[Bound]:
    if "uniqueItems" in one.schema or not one.takes(lambda: entries(one, 2)):
        return
    if one.parts(lambda: entries(one, 2), lambda: entries(one, 1) * 2):
        yield one.bound("uniqueItems", True)
