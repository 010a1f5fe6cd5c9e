"""What operands have to be, for an operator of an expression to give what is wanted."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from specdouble.contract.places import MISSING


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def beside(operator: str, value: object) -> list[Any]:
    """Values that stand to another one as the operator says, the nearest first."""
    if isinstance(value, bool) or value is None:
        return [value] if operator == "_==_" else [not value]
    if isinstance(value, str):
        longer, shorter = value + "x", value[:-1]
        return {"_==_": [value], "_!=_": [longer, shorter], "_<_": [shorter], "_<=_": [value, shorter],
                "_>_": [longer], "_>=_": [value, longer]}[operator]  # fmt: skip
    if isinstance(value, datetime | timedelta):
        units: list[Any] = [timedelta(seconds=1), timedelta(days=1), timedelta(days=40)]
    elif is_number(value):
        units = [1, 10, 0.5] if isinstance(value, float) else [1, 10]
    else:
        return [value] if operator in ("_==_", "_<=_", "_>=_") else []
    lower, higher = [value - unit for unit in units], [value + unit for unit in units]
    return {"_==_": [value], "_!=_": [*higher, *lower], "_<_": lower, "_<=_": [value, *lower],
            "_>_": higher, "_>=_": [value, *higher]}[operator]  # fmt: skip


def inverted(name: str, value: Any, known: Any, is_left: bool) -> list[Any]:
    """What one operand has to be, so that with the other known the operator gives the value, or nearly."""
    try:
        if name == "_+_":
            return [value - known]
        if name == "_-_":
            return [value + known if is_left else known - value]
        if name == "_*_":
            found = value / known
            if not isinstance(value, int):
                return [found]
            return [int(found)] if float(found).is_integer() else [found, ceil(found)]
        if name == "_/_":
            return [value * known if is_left else known / value]
        if name == "_%_" and is_left:
            return [value + known]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        pass
    return []


def difference(one: Any, other: Any) -> Any:
    """What is left of the one without the other; `MISSING` where they are nothing to subtract."""
    try:
        return one - other
    except TypeError:
        return MISSING
