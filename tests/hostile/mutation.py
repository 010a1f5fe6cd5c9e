"""A valid contract with one thing broken at random, each the same again for the same number."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specdouble.contract.source import load

_ROOT = Path(__file__).parent.parent.parent
CONTRACTS = [_ROOT / "openapi.yaml", *sorted((_ROOT / "tests" / "contracts").glob("*.yaml"))]

_Place = tuple[Any, Any]  # a mapping or list, and a key or index of it


_NAMES = ["x-unique", "x-resource", "$ref", "type", "allOf", "swagger", "ü/~", ""]


def _nest(depth: int) -> Any:
    value: Any = {}
    for index in range(depth):
        value = {"properties": value} if index % 2 else [value]
    return value


def _values() -> list[Any]:
    return [
        None,
        -1,
        "..",
        [],
        {},
        True,
        False,
        0,
        1.5,
        "",
        _nest(8),
        _nest(150),
        [[]],
        {"a": 1},
        "strng",
        10**30,
        "$ref",
    ]


def mutants(numbers: range) -> Iterator[tuple[str, str]]:
    """What was broken, and the text of the contract, for each number."""
    contracts = [(file.stem, load(file, file.name).data) for file in CONTRACTS]
    for number in numbers:
        chance = random.Random(number)
        name, data = chance.choice(contracts)
        broken = copy.deepcopy(data)
        what = _break(broken, chance)
        yield f"{number}: {name}: {what}", _write(broken)


def _break(data: Any, chance: random.Random) -> str:
    path, (holder, key) = chance.choice(list(_places(data, "")))
    kind = chance.choice(["value", "value", "value", "value", "remove", "duplicate", "rename"])
    if kind == "duplicate" and isinstance(holder, dict):
        holder[f"\0{key}"] = chance.choice(_values())
    elif kind == "rename" and isinstance(holder, dict):
        holder[chance.choice(["x-unique", "x-resource", "$ref", "type", "allOf", "swagger", "ü/~", ""])] = holder.pop(
            key
        )
    elif kind == "remove":
        del holder[key]
    else:
        value = chance.choice(_values())
        holder[key] = value
        kind = repr(value)[:60]
    return f"{kind} at {path}"


def _places(value: Any, at: str) -> Iterator[tuple[str, _Place]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield f"{at}/{key}", (value, key)
        yield from _places(item, f"{at}/{key}")


def _write(data: Any) -> str:
    # A key that begins with NUL is the second of two equal ones.
    return json.dumps(data, indent=1).replace('"\\u0000', '"')
