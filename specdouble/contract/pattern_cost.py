"""What a pattern takes of time, read off its tree before any text is tried.

The engine is linear in the text for what a finite automaton does; with many states it takes some steps for each of
them. What looks around or refers back may look through the whole text from each of its characters: that is the square.
So each pattern has a length up to which texts are tried, and longer ones do not match.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from specdouble.contract.dialect import in_python

_PARSER = import_module("re._parser")  # by its name: it is no part of what `re` says of itself
_MOST_STEPS = 50_000_000  # states times characters: about a second
_SQUARE = 1000  # characters that are tried where the square of their number counts
_LARGE = 1 << 20  # characters: nobody sends a longer text, unless the limit of bodies is raised
_NEAR = 100  # characters: what looks no further than that is done in time from each
_STATES, _CHOICES, _DEGREE = 20_000, 50, 3  # of a pattern that an engine may be given which tries every combination
_HARD = re.compile(r"\(\?(?!:)|\\[1-9k]|[+}?*]\+|\{")
_CHARACTERS = ("LITERAL", "NOT_LITERAL", "IN", "ANY")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_LOOKS = ("ASSERT", "ASSERT_NOT")
_REFERS = ("GROUPREF", "GROUPREF_EXISTS", "ATOMIC_GROUP", "POSSESSIVE_REPEAT")


class _Cost(NamedTuple):
    """What a part of a pattern takes.

    Args:
        states: those of its automaton.
        is_square: whether it may look through the whole text from each of its characters.
    """

    states: int
    is_square: bool


@lru_cache(maxsize=4096)
def most_characters(pattern: str) -> int | None:
    """The length of the longest text that is tried; None where that is any."""
    if _HARD.search(pattern) is None:
        states, is_square = len(pattern), False
    else:
        parsed = _parsed(pattern)
        if parsed is None:
            return _SQUARE  # written in a dialect that is not understood here
        states, is_square = (len(parsed), False) if _is_plain_run(parsed) else _sequence(parsed)
    most = _SQUARE if is_square else _MOST_STEPS // max(states, 1)
    return None if most >= _LARGE else max(most, _SQUARE)


def is_tame(pattern: str) -> bool:
    """Whether an engine that tries every combination soon finds that a text matches which was made of the pattern.

    Where nothing looks around, refers back or stands at an edge, the first combination is nearly always the right one.
    """
    parsed = _parsed(pattern)
    if parsed is None or _sequence(parsed).states > _STATES:
        return False
    choices = _choices(parsed, is_whole=True)
    if choices.number > _CHOICES:
        return False
    return not choices.may_fail or (choices.degree <= _DEGREE and not choices.is_nested)


def _parsed(pattern: str) -> Any:
    """The parts of the pattern behind one another; None where it is none to Python's parser."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what later versions of Python may read otherwise
            return _PARSER.parse(in_python(pattern)).data
    except (re.error, RecursionError, OverflowError):
        return None


def _is_plain_run(parsed: Any) -> bool:
    """Whether the text is one run between characters (`^x.{0,20000}$`): it is in one state, however many there are."""
    repeats = [value for code, value in parsed if code.name in _REPEATS]
    others = {code.name for code, _ in parsed if code.name not in _REPEATS}
    begins = bool(parsed) and parsed[0][0].name == "AT"
    if not begins or len(repeats) != 1 or not others <= {"AT", *_CHARACTERS}:
        return False
    return [code.name in _CHARACTERS for code, _ in repeats[0][2]] == [True]


def _sequence(parsed: Any, *, is_anchored: bool = False) -> _Cost:
    """The cost of parts behind one another; `is_anchored` where they are tried nowhere but at the beginning."""
    states, is_square = 0, False
    for code, value in parsed:
        cost = _part(code.name, value, looks_once=is_anchored)
        states += cost.states
        is_square = is_square or cost.is_square
        begins = code.name == "AT" and value.name in ("AT_BEGINNING", "AT_BEGINNING_STRING")
        is_anchored = begins or (is_anchored and code.name in _LOOKS)
    return _Cost(states, is_square)


def _part(code: str, value: Any, *, looks_once: bool = False) -> _Cost:
    if code in _LOOKS:
        inner = _sequence(value[1])
        is_far = value[1].getwidth()[1] > _NEAR and not looks_once
        return _Cost(inner.states, inner.is_square or is_far)
    if code in _REPEATS:
        least, most, repeated = value
        inner = _sequence(repeated)
        times = max(least, 1) if most is _PARSER.MAXREPEAT else max(most, 1)
        return _Cost(inner.states * times, inner.is_square or code in _REFERS)
    if code == "BRANCH":
        costs = [_sequence(one) for one in value[1]]
        return _Cost(sum(one.states for one in costs), any(one.is_square for one in costs))
    if code == "SUBPATTERN":
        return _sequence(value[-1], is_anchored=looks_once)
    return _Cost(1, code in _REFERS)


class _Choices(NamedTuple):
    """The repeats of which an engine may try more or fewer.

    Args:
        number: all of them.
        degree: how many stand behind one another: so often the length of the text is multiplied with itself.
        is_nested: whether one repeats another: then it is its power.
        may_fail: whether a text that was made of the parts may not match the whole.
    """

    number: int = 0
    degree: int = 0
    is_nested: bool = False
    may_fail: bool = False

    def __add__(self, other: _Choices) -> _Choices:  # type: ignore[override]
        return _Choices(
            self.number + other.number,
            self.degree + other.degree,
            self.is_nested or other.is_nested,
            self.may_fail or other.may_fail,
        )


def _choices(parsed: Any, *, is_whole: bool = False) -> _Choices:
    """Those of parts behind one another; `is_whole` where they are the pattern, whose edges are those of the text."""
    told, looked = _Choices(), 0
    last = len(parsed) - 1
    for at, (code, value) in enumerate(parsed):
        inner = sum(map(_choices, _inside(code.name, value)), _Choices())
        if code.name in _REPEATS and value[0] != value[1]:
            inner = _Choices(inner.number + 1, inner.degree + 1, inner.number > 0, inner.may_fail)
        if code.name in _LOOKS:  # what it finds stays found
            looked = max(looked, inner.degree)
            inner = inner._replace(degree=0)
        is_edge = code.name == "AT" and not (is_whole and at in (0, last))
        told += inner._replace(may_fail=inner.may_fail or is_edge or code.name in (*_LOOKS, *_REFERS))
    return told._replace(degree=max(told.degree, looked))


def _inside(code: str, value: Any) -> Sequence[Any]:
    """What the parts of a part are."""
    if code == "BRANCH":
        return list(value[1])
    if code in _LOOKS:
        return [value[1]]
    if code in (*_REPEATS, "SUBPATTERN"):
        return [value[-1]]
    return [value] if code == "ATOMIC_GROUP" else []
