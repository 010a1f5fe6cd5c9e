"""Which property of a document a path parameter names, read from their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from specdouble.contract.operation import Operation
from specdouble.contract.properties import is_scalar, plain

_EITHER = re.compile(r"(?P<one>\w+?)(?:Or(?=[A-Z])|_or_)(?P<other>\w+)")

Properties = Mapping[str, dict[str, Any]]

_IDS = ("id", "_id", "uuid", "guid", "gid", "sid")
_NAMES = ("name", "slug", "key", "code", "username", "login")
# What else tells things apart, where the parameter's last word is it: `{floating_ip}` of a document with an `ip`.
_NUMBERS = ("number", "email", "ip", "sha", "hash", "arn", "handle", "alias", "symbol", "token", "version")


def identity_of(properties: Properties, parameter: str, segment: str, numbered: bool = False) -> str | None:
    """The property that a path parameter names; None where none is sure to be it.

    Args:
        properties: those of the document.
        parameter: the parameter's name.
        segment: the part of the path before it.
        numbered: whether the parameter is a number, which no name is.
    """
    scalars = {plain(name): name for name, schema in properties.items() if is_scalar(schema) and _tells_apart(schema)}
    either = _EITHER.fullmatch(parameter)
    if either and plain(parameter) not in scalars:  # `{projectIdOrKey}`
        names = (either["one"], either["other"])
        return next((found for name in names if (found := identity_of(properties, name, segment, numbered))), None)
    wanted, one = plain(parameter), plain(singular(segment))
    for candidate in (wanted, wanted.removeprefix(one)):
        if candidate and candidate in scalars:
            return scalars[candidate]
    is_id = wanted.endswith(("id", "uuid", "guid", "identifier")) or wanted in (one, "")
    if is_id or one in wanted or _ends(one, wanted):
        for candidate in (*_IDS, one + "id"):
            if plain(candidate) in scalars:
                return scalars[plain(candidate)]
    if numbered or not wanted:
        return None
    if wanted == one and any(name in scalars for name in _NAMES):
        return next(scalars[name] for name in _NAMES if name in scalars)
    return next((scalars[name] for name in (*_NAMES, *_NUMBERS) if name in scalars and wanted.endswith(name)), None)


def _tells_apart(schema: Mapping[str, Any]) -> bool:
    """Whether a property can have more than one value: the `code` of an envelope is always 2000."""
    values = schema.get("enum")
    return "const" not in schema and not (isinstance(values, list) and len(values) < 2)


def _ends(segment: str, parameter: str) -> bool:
    """Whether `{link}` stands for one of `file_links`."""
    return len(parameter) > 2 and segment.endswith(parameter)


def singular(word: str) -> str:
    """`posts` is `post`, `categories` is `category`."""
    lower = word.lower()
    if lower.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if lower.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if lower.endswith("s") and not lower.endswith(("ss", "us", "is")) else word


def holder(parameter: str, parent: str, properties: Properties, identity: str) -> str | None:
    scalars = {plain(name): name for name, schema in properties.items() if is_scalar(schema) and name != identity}
    one = plain(singular(parent))
    wanted = plain(parameter)
    names = [one + "id", one] if wanted in ("id", "uuid", "_id", "slug") else [wanted, wanted.removesuffix("id")]
    if wanted == one:
        names.append(one + "id")
    return next((scalars[name] for name in names if name and name in scalars), None)


def is_number(operation: Operation | None, parameter: str | None) -> bool:
    schemas = [one.schema for one in operation.parameters if one.name == parameter] if operation else []
    return any(isinstance(schema, dict) and schema.get("type") in ("integer", "number") for schema in schemas)
