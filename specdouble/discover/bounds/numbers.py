"""The bounds of numbers: least and greatest, and the steps between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from specdouble.discover.bounds.bound import Bound
from specdouble.discover.bounds.property import Property, last_taken
from specdouble.verify.problem import NotExercised

FAR = 2_000_000_000  # fits into 32 bits
_LITTLE = 1e-6
_STEPS = (0.5, 0.001, 0.005)  # what no multiple of 1 takes; nor one of 0.01
_ENDS = {-1: ("minimum", "exclusiveMinimum"), 1: ("maximum", "exclusiveMaximum")}


def seen(one: Property) -> Iterator[Bound]:
    """The bounds of a number that no keyword says."""
    usual = _taken(one)
    if usual is None:
        return
    for sign, keywords in _ENDS.items():
        if not {*keywords} & one.schema.keys():
            with suppress(NotExercised):
                yield from _end(one, int(usual), sign)
    if one.kind == "number" and "multipleOf" not in one.schema:
        with suppress(NotExercised):
            yield from _step(one, int(usual))


def _taken(one: Property) -> float | None:
    """A number that the server takes."""
    usual = one.usual()
    if isinstance(usual, bool) or not isinstance(usual, int | float):
        return None
    return next((number for number in (usual, int(usual), 1, 0) if one.takes(partial(_plain, number))), None)


def _end(one: Property, usual: int, sign: int) -> Iterator[Bound]:
    """The last number that is taken on one side."""
    if not one.takes(lambda: usual) or one.takes(lambda: sign * FAR):
        return
    last = last_taken(lambda number: one.takes(lambda: number), usual, sign * FAR)
    keyword, value = _ENDS[sign][0], float(last)
    if one.kind == "number" and one.takes(lambda: last + sign * 0.5):
        keyword, value = _ENDS[sign][1], float(last + sign)
        inside, outside = value - sign * _LITTLE, value
    elif one.kind == "number":
        inside, outside = value, value + sign * _LITTLE
    else:
        inside, outside = last, last + sign
    if one.parts(lambda: _plain(inside), lambda: _plain(outside)):
        yield one.bound(keyword, _plain(value))


def _step(one: Property, usual: int) -> Iterator[Bound]:
    """Whether numbers are whole, or have two places at the most."""
    half, tenth_of_a_cent, half_a_cent = (usual + step for step in _STEPS)
    if not one.takes(lambda: usual + 1):
        return
    if not one.takes(lambda: half):
        if one.parts(lambda: usual + 1, lambda: usual + 0.25):
            yield one.bound("multipleOf", 1)
    elif not one.takes(lambda: tenth_of_a_cent) and one.parts(lambda: usual + 0.25, lambda: half_a_cent):
        yield one.bound("multipleOf", 0.01)


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number
