"""Validators of schemas in draft 2020-12: the one door to the library that validates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs

from specdouble.contract.alternatives import SCHEMA_MAPS
from specdouble.contract.bounded import PLAIN, bounded
from specdouble.contract.keywords import CHECKS, refuse_to_fetch

_OF_ONE_VALUE = ("type", "enum", "const", "format", "pattern", "minimum", "maximum", "minLength", "maxLength")
_ATTEMPTS = 50  # to find what the validator refuses, one keyword at a time
# Patterns run in linear time; those that look around or refer back may try so often, and then match nothing.
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)


def validator_of(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        ignore_unknown_formats=True,
        pattern_options=_PATTERNS,
        retriever=refuse_to_fetch,
    )


def forgiving_validator_of(whole: dict[str, Any]) -> jsonschema_rs.Validator:
    """A validator without the keywords that it cannot take: one bad schema spoils itself alone.

    Keywords are looked at when a contract is read, and these are left out of it then. What is left to this are schemas
    that no contract's reading has seen, and what the validator alone refuses; it names the place of one at a time.
    """
    whole = _without_wrong_keywords(whole, named=False)
    for _ in range(_ATTEMPTS):
        try:
            return validator_of(whole)
        except jsonschema_rs.ValidationError as error:
            if not error.instance_path:
                break
            _remove(whole, error.instance_path)
        except ValueError:
            break
    # Nothing is asked of a value rather than nothing answered.
    return validator_of({})


def _remove(whole: dict[str, Any], path: list[str | int]) -> None:
    """Take the keyword out that a path leads to or into."""
    holders: list[Any] = [whole]
    for token in path[:-1]:
        holders.append(holders[-1][token])
    holder, last = holders[-1], path[-1]
    if isinstance(holder, dict):
        holder.pop(last, None)
    else:
        holder[last] = True


def _without_wrong_keywords(schema: Any, named: bool) -> Any:
    """A copy of the schema without the keywords whose values are none; `named` where its keys are names."""
    if isinstance(schema, list):
        return [_without_wrong_keywords(item, named=False) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if named or key not in CHECKS or CHECKS[key](value) is None:
            is_plain = not named and key in PLAIN
            kept[key] = value if is_plain else _without_wrong_keywords(value, named=not named and key in SCHEMA_MAPS)
    return kept


def taking(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Tells whether a schema takes a plain value; compiled at the first question, for most are never asked.

    Args:
        schema: a schema of the document, resolved.
    """
    made: list[jsonschema_rs.Validator] = []

    def takes(value: object) -> bool:
        if not made:
            told = {key: schema[key] for key in _OF_ONE_VALUE if key in schema}
            said = {key: value for key, value in told.items() if key not in CHECKS or CHECKS[key](value) is None}
            if schema.get("nullable") is True and isinstance(said.get("type"), str):
                said["type"] = [said["type"], "null"]
            made.append(validator_of(bounded(said)))
        return made[0].is_valid(value)

    return takes
