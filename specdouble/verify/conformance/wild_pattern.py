"""The pattern of a request that Schemathesis could not write, or would hold texts against for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.contract.pattern_cost import is_tame
from specdouble.contract.pointer import look_up


def wild_pattern(contract: Contract, operation: Operation) -> str | None:
    """The first pattern of what the operation takes with which an engine that tries every combination may not end."""
    places = (operation.pointer, operation.pointer.rpartition("/")[0])
    return next((one for place in places for one in _patterns(contract, place) if not is_tame(one)), None)


def _patterns(contract: Contract, place: str) -> Iterator[str]:
    """All patterns of the parameters and of the body that are declared at a place."""
    try:
        declared = look_up(contract.data, place)
    except LookupError:
        return
    waiting: list[Any] = (
        [declared.get(key) for key in ("parameters", "requestBody")] if isinstance(declared, dict) else []
    )
    seen: set[int] = set()
    while waiting:
        try:
            value = contract.resolve(waiting.pop())
        except LookupError:
            continue
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            pattern, named = value.get("pattern"), value.get("patternProperties")
            yield from [pattern] if isinstance(pattern, str) else []
            yield from named if isinstance(named, dict) else []
        waiting += value.values() if isinstance(value, dict) else value
