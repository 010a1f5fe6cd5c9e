"""A schema of draft 2020-12 as one mapping: what `$ref` leads to and what `allOf` lists, merged into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Definition = Callable[[str], Any]
_LEAST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_MOST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_BOTH = ("items", "additionalProperties", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties")


class Merged(dict[str, Any]):
    """A schema without `$ref`, `allOf`, `oneOf`, `anyOf` and `if`.

    `choices` holds what the last three leave open: for each a list of schemas of which one may be taken.
    """

    choices: list[list[Any]]
    references: frozenset[str]
    never: bool


def merged(schema: Any, definition: Definition) -> Merged:
    """The schema as one mapping.

    Args:
        schema: a schema; `true` is an empty one.
        definition: gives the schema that a `$ref` leads to.
    """
    whole = Merged()
    whole.choices, whole.references, whole.never = [], frozenset(), False
    _add(whole, schema, definition)
    return whole


def with_choice(whole: Merged, picks: list[Any], definition: Definition) -> Merged:
    """The schema with one of each of its choices merged in."""
    taken = Merged(whole)
    taken.choices, taken.references, taken.never = [], whole.references, whole.never
    for pick in picks:
        _add(taken, pick, definition)
    return taken


def kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types that the schema allows; those that its keywords speak of where it names none."""
    told = schema.get("type")
    if told is not None:
        return list(told) if isinstance(told, list) else [told]
    for kind, keywords in _SPEAKS_OF.items():
        if any(keyword in schema for keyword in keywords):
            return [kind]
    return []


_SPEAKS_OF = {
    "object": ("properties", "required", "patternProperties", "minProperties", "maxProperties", "dependentRequired"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def _add(whole: Merged, schema: Any, definition: Definition) -> None:
    if schema is False:
        whole.never = True
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in whole.references:
        whole.references |= {reference}
        _add(whole, definition(reference), definition)
    for keyword, value in schema.items():
        _add_keyword(whole, keyword, value)
    for part in schema.get("allOf", ()):
        _add(whole, part, definition)
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            whole.choices.append(list(schema[keyword]))
    if "if" in schema:
        kept = {"allOf": [schema["if"], schema.get("then", True)]}
        whole.choices.append([kept, schema.get("else", True)])


def _add_keyword(whole: Merged, keyword: str, value: Any) -> None:
    if keyword in ("$ref", "allOf", "oneOf", "anyOf", "if", "then", "else"):
        return
    old = whole.get(keyword)
    if old is None or old == value:
        whole[keyword] = value
    elif keyword in _JOIN:
        whole[keyword] = _JOIN[keyword](old, value)
    # Of two others the outer one is the closer one; whether both are met is seen when the value is validated.


def _joined(old: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    both = {name: {"allOf": [old[name], value[name]]} for name in old.keys() & value.keys()}
    return {**old, **value, **both}


def _bound(choose: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    numbers = int | float
    return lambda old, value: choose(old, value) if isinstance(old, numbers) and isinstance(value, numbers) else old


def _common(one: Any, other: Any) -> list[str]:
    one, other = (kind if isinstance(kind, list) else [kind] for kind in (one, other))
    found = [kind for kind in one if kind in other]
    if "integer" in one + other and "number" in one + other and "integer" not in found:
        found.append("integer")
    return found


_JOIN: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("properties", "patternProperties", "dependentRequired", "dependentSchemas"), _joined),
    **dict.fromkeys(_LEAST, _bound(min)),
    **dict.fromkeys(_MOST, _bound(max)),
    **dict.fromkeys(_BOTH, lambda old, value: {"allOf": [old, value]}),
    "required": lambda old, value: list(dict.fromkeys([*old, *value])),
    "enum": lambda old, value: [one for one in old if one in value],
    "not": lambda old, value: {"anyOf": [old, value]},
    "type": _common,
}
