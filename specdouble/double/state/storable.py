"""What a store can keep: the gate that whatever enters from outside passes, in whichever form it came."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import islice

from specdouble.contract import Violation
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import pointer
from specdouble.contract.reserved import is_reserved
from specdouble.double.state.problem import Problem

DEEPEST = 100
SMALLEST, LARGEST = -(2**63), 2**63 - 1
_TOLD = 100  # of a megabyte of nonsense, an answer tells so many places
_INFINITIES = (float("inf"), float("-inf"))

Place = tuple[str | int, ...]


def storable(value: JSON, reserved: Container[str] = ()) -> JSON:
    """The value of a body, where a store can keep it.

    Args:
        value: made of objects, arrays, texts, numbers, booleans and null.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.

    Raises:
        Problem: 400, with what in it no store can keep.
    """
    violations = unstorable(value, "body", reserved)
    if violations:
        raise Problem(400, "Invalid request body", violations=violations)
    return value


def unstorable(value: JSON, location: str, reserved: Container[str] = ()) -> list[Violation]:
    """What in the value no store can keep: NUL, half characters, numbers that are none or have more than 64 bits,
    more than 100 levels, names that a store would take for operators or paths.

    Args:
        value: the value.
        location: where in the request it stood: `body`, `query`, `path`, `header`, `cookie`.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.
    """
    if isinstance(value, str) and value.isascii() and "\0" not in value:
        return []  # most parameters
    # Whether is asked before where: nearly always there is nothing to be found.
    if is_storable(value, reserved):
        return []
    return [Violation(location, pointer(*at), message) for at, message in islice(_faults(value, reserved, ()), _TOLD)]


def is_storable(value: JSON, reserved: Container[str] = ()) -> bool:
    """Whether a store can keep the value; level by level, so that no depth is too deep to be looked at."""
    level = [value]
    for _ in range(DEEPEST):
        below: list[JSON] = []
        for one in level:
            if _fault(one, reserved):
                return False
            below += _inside(one)
        if not below:
            return True
        level = below
    return not any(isinstance(one, dict | list) or _fault(one, reserved) for one in level)


def _inside(value: JSON) -> Iterable[JSON]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _fault(value: JSON, reserved: Container[str]) -> str | None:
    """What is wrong with the value itself; of an object, with its names."""
    if isinstance(value, str):
        return _text_fault(value)
    if isinstance(value, dict):
        faults = (_name_fault(name, reserved) for name in value)
        return next(filter(None, faults), None)
    return None if isinstance(value, list) else _number_fault(value)


def _faults(value: JSON, reserved: Container[str], at: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, dict | list) and len(at) >= DEEPEST:
        yield at, f"is nested more than {DEEPEST} levels deep"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, reserved, (*at, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            fault, inside = _name_fault(name, reserved), (*at, _printable(name))
            if fault:
                yield inside, fault
            yield from _faults(item, reserved, inside)
    elif fault := _fault(value, reserved):
        yield at, fault


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "contains the character NUL"
    if not text.isascii() and _printable(text) != text:
        return "contains half of a character (a lone surrogate)"
    return None


def _name_fault(name: str, reserved: Container[str]) -> str | None:
    if _text_fault(name) or (is_reserved(name) and name not in reserved):
        return "has a name that begins with $, or contains a dot or NUL"
    return None


def _number_fault(value: JSON) -> str | None:
    if isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        return "is an integer beyond 64 bits"
    if isinstance(value, float) and (value != value or value in _INFINITIES):
        return "is no number"
    return None


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
