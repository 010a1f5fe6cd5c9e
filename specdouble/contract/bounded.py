"""Schemas whose patterns are tried on no text that is too long for them."""

from __future__ import annotations

from typing import Any

from specdouble.contract.alternatives import SCHEMA_MAPS
from specdouble.contract.pattern_cost import most_characters

PLAIN = ("const", "enum", "default", "example", "examples")  # what stands there is no schema
_NAME = 200  # characters of a property's name


def bounded(schema: Any, *, named: bool = False) -> Any:
    """A copy of the schema that refuses long texts rather than try a pattern on them that may take long.

    Args:
        schema: a schema, or several; in draft 2020-12, and with patterns alone that are some.
        named: whether its keys are names.
    """
    if isinstance(schema, list):
        return [bounded(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    copied = {
        key: value if not named and key in PLAIN else bounded(value, named=not named and key in SCHEMA_MAPS)
        for key, value in schema.items()
    }
    if not named:
        _bound_texts(copied)
        _bound_names(copied)
    return copied


def _bound_texts(schema: dict[str, Any]) -> None:
    pattern = schema.get("pattern")
    most = most_characters(pattern) if isinstance(pattern, str) else None
    if most is not None:
        limit = {"maxLength": most}
        tried = {"if": limit, "then": {"pattern": schema.pop("pattern")}, "else": limit}
        schema["allOf"] = [*schema.get("allOf", ()), tried]


def _bound_names(schema: dict[str, Any]) -> None:
    named = schema.get("patternProperties")
    if isinstance(named, dict):
        schema["patternProperties"] = {_of_short_names(pattern): value for pattern, value in named.items()}


def _of_short_names(pattern: str) -> str:
    """The pattern, which matches no long name where it may take long."""
    return pattern if most_characters(pattern) is None else rf"^(?![\s\S]{{{_NAME + 1}}})[\s\S]*?(?:{pattern})"


def has_long_patterns(schema: dict[str, Any]) -> bool:
    """Whether the schema itself has a pattern that is not tried on texts of any length."""
    named = schema.get("patternProperties")
    patterns = [schema.get("pattern"), *(named if isinstance(named, dict) else ())]
    return any(isinstance(one, str) and most_characters(one) is not None for one in patterns)
