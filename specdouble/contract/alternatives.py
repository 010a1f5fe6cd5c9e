"""Alternatives in a schema of draft 2020-12, rewritten so that what is wrong with a value is told in linear time.

Of each alternative that a value does not fit, a validator tells what is wrong in all that is inside. Where alternatives
stand in each other, as in the schema of an expression, that doubles with each level: fourteen levels took a minute.
Where a property decides which alternative is meant, only that one is looked at (`decided`); the others are told of as
a whole from a few levels on (`as_wholes`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SCHEMA_MAPS = {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}

_ALTERNATIVES = ("oneOf", "anyOf")
_VALUES = ("enum", "const", "examples", "default")  # no schemas stand in these
_Rewrite = Callable[[dict[str, Any]], dict[str, Any]]


def decided(schema: Any) -> Any:
    """A copy in which the property that a discriminator names chooses among alternatives, before one is looked at.

    Args:
        schema: a schema whose alternatives name the values that mean them (`Schemas` writes them so).
    """
    return _rewritten(schema, _with_decisions)


def as_wholes(schema: Any) -> Any:
    """A copy in which alternatives stand in two `not`: of what is in these, nothing is told."""
    return _rewritten(schema, _with_wholes)


def is_whole(schema: Any) -> bool:
    """Whether what a `not` refuses is an alternative that is told of as a whole."""
    return isinstance(schema, dict) and "not" in schema


def _rewritten(schema: Any, rewrite: _Rewrite) -> Any:
    if isinstance(schema, list):
        return [_rewritten(item, rewrite) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy: dict[str, Any] = {}
    for key, value in schema.items():
        if key in SCHEMA_MAPS and isinstance(value, dict):  # its keys are names
            copy[key] = {name: _rewritten(part, rewrite) for name, part in value.items()}
        else:
            copy[key] = value if key in _VALUES else _rewritten(value, rewrite)
    return rewrite(copy)


def _with_wholes(schema: dict[str, Any]) -> dict[str, Any]:
    wholes = [{"not": {"not": {key: schema.pop(key)}}} for key in _ALTERNATIVES if key in schema]
    return _with_parts(schema, wholes)


def _with_decisions(schema: dict[str, Any]) -> dict[str, Any]:
    raw = schema.get("discriminator")
    name = raw.get("propertyName") if isinstance(raw, dict) else raw
    for keyword in _ALTERNATIVES:
        options = schema.get(keyword)
        if isinstance(name, str) and isinstance(options, list):
            values = [_meaning(option, name) for option in options]
            if _is_distinct(values):
                del schema[keyword]
                schema = _with_parts(schema, [_decision(name, values, keyword, options)])
    return schema


def _with_parts(schema: dict[str, Any], parts: list[Any]) -> dict[str, Any]:
    return {**schema, "allOf": [*schema.get("allOf", ()), *parts]} if parts else schema


def _decision(name: str, values: list[list[str] | None], keyword: str, options: list[Any]) -> dict[str, Any]:
    """The one alternative that a value names; a value that names none has all of them."""
    named = [(own, option) for own, option in zip(values, options, strict=True) if own]
    chosen = [{"if": _naming(name, own), "then": option} for own, option in named]
    known = [value for own, _ in named for value in own]
    return {"if": _naming(name, known), "then": {"allOf": chosen}, "else": {keyword: options}}


def _naming(name: str, values: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: {"enum": values}}}


def _meaning(option: object, name: str) -> list[str] | None:
    """The values of the property that mean an alternative, empty where it must be absent; None where it may be any."""
    properties = option.get("properties") if isinstance(option, dict) else None
    tag = properties.get(name) if isinstance(properties, dict) else None
    if tag is False:
        return []
    values = tag.get("enum") if isinstance(tag, dict) else None
    return values if isinstance(values, list) else None


def _is_distinct(values: list[list[str] | None]) -> bool:
    """Whether every alternative says its values, and each value means one."""
    flat: list[Any] = []
    for own in values:
        if own is None:
            return False
        flat += own
    return all(isinstance(value, str) for value in flat) and len({*flat}) == len(flat) > 0
