"""A valid contract with one thing broken at random, each the same again for the same number."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from specdouble.contract.source import load

_ROOT = Path(__file__).parent.parent
CONTRACTS = [
    _ROOT.parent / "openapi.yaml",
    _ROOT / "tracker" / "openapi.yaml",
    _ROOT / "guard" / "openapi.yaml",
    _ROOT / "hostile" / "guarded.yaml",
    *sorted((_ROOT / "contracts").glob("*.yaml")),
    *sorted((_ROOT / "kinds").glob("**/*.yaml")),
    *sorted((_ROOT / "abroad" / "contracts").glob("**/*.yaml")),
]

_Place = tuple[Any, Any]  # a mapping or list, and a key or index of it

_KEYS = (
    "x-unique", "x-references", "x-transitions", "x-immutable", "x-timestamp", "x-validations", "x-roles", "x-computed",
    "x-limit", "x-action", "x-identity", "x-resource", "x-soft-delete", "readOnly", "default", "discriminator", "allOf",
    "oneOf", "$ref", "$anchor", "$dynamicRef", "type", "const", "enum", "format", "pattern", "examples", "security",
    "servers", "links", "callbacks", "swagger", "ü/~", "",
)  # fmt: skip
_EXPRESSIONS = (
    "self.", "self.a >", "1/0", "self.all(x, self.all(y, self.all(z, x == y)))", "self.matches('(a+)+$')",
    "count(self)", "{}", "[[[[", "{{", "*", "${a}", "P1D", "-P1Y", "/things", "#/components/schemas/None", "²",
    "9" * 5000, "x" * 5000, "\x00",
)  # fmt: skip


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
        1e300,
        [None],
        [{}],
        {"": ""},
        {"from": 1},
        {"collection": []},
        {"within": ["id", "id"]},
        *_EXPRESSIONS,
    ]


@cache
def _read(file: Path) -> Any:
    return load(file, file.name).data


def mutants(numbers: range) -> Iterator[tuple[str, str]]:
    """What was broken, and the text of the contract, for each number."""
    for number in numbers:
        chance = random.Random(number)
        file = chance.choice(CONTRACTS)
        contract = copy.deepcopy(_read(file))
        what = broken(contract, chance)
        yield f"{number}: {file.parent.name}/{file.name}: {what}", written(contract)


def broken(data: Any, chance: random.Random) -> str:
    """Break one thing in it, and tell what."""
    places = list(_places(data, ""))
    of_annotations = [place for place in places if "/x-" in place[0]]
    path, (holder, key) = chance.choice(of_annotations if of_annotations and chance.random() < 0.6 else places)
    kind = chance.choice(["value"] * 5 + ["remove", "duplicate", "rename", "add", "another"])
    if kind == "duplicate" and isinstance(holder, dict):
        holder[f"\0{key}"] = chance.choice(_values())
    elif kind == "rename" and isinstance(holder, dict):
        holder[chance.choice(_KEYS)] = holder.pop(key)
    elif kind == "add" and isinstance(holder, dict):
        holder[chance.choice(_KEYS)] = chance.choice(_values())
    elif kind == "remove":
        del holder[key]
    elif kind == "another":
        _, (other, name) = chance.choice(places)
        holder[key] = copy.deepcopy(other[name])
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


def written(data: Any) -> str:
    """The data as JSON, two equal keys with it."""
    # A key that begins with NUL is the second of two equal ones.
    return json.dumps(data, indent=1).replace('"\\u0000', '"')
