"""Hypothesis strategies for values that fit a schema and that any store can carry."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from specdouble.verify.values import Resolve, catalogue, is_sent_within, kind, merged, plausible

LARGEST = 2**53 - 1
_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"])


def fitting(schema: Any, resolve: Resolve, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of the schema; simple ones first, so that failures shrink to them."""
    schema = merged(schema, resolve)
    if schema.get("enum"):
        return st.sampled_from(schema["enum"])
    what = kind(schema)
    if what == "boolean":
        return st.booleans()
    if what == "integer":
        return st.integers(*_bounds(schema, -LARGEST, LARGEST))
    if what == "number":
        low, high = _bounds(schema, -1e15, 1e15)
        return st.floats(low, high, allow_nan=False, allow_infinity=False).map(lambda one: one + 0.0)
    if what == "array":
        items = fitting(schema.get("items"), resolve, depth + 1)
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(schema.get("maxItems", 4), 4))
    if what == "object":
        return _object(schema, resolve, depth)
    return _text(schema, resolve)


def _bounds(schema: dict[str, Any], low: float, high: float) -> tuple[Any, Any]:
    integral = kind(schema) == "integer"
    low, high = max(schema.get("minimum", low), low), min(schema.get("maximum", high), high)
    return (math.ceil(low), math.floor(high)) if integral else (float(low), float(high))


def _object(schema: dict[str, Any], resolve: Resolve, depth: int) -> st.SearchStrategy[Any]:
    properties = {} if depth > 2 else (schema.get("properties") or {})
    parts = {
        name: fitting(part, resolve, depth + 1)
        for name, part in properties.items()
        if is_sent_within(schema, name, resolve(part) or {})
    }
    needed = {name: parts.pop(name) for name in schema.get("required", ()) if name in parts}
    return st.fixed_dictionaries(needed, optional=parts)


def _text(schema: dict[str, Any], resolve: Resolve) -> st.SearchStrategy[Any]:
    if schema.get("format") or "pattern" in schema:
        known = [plausible(schema, resolve, word) for word in ("a", "b")]
        return st.sampled_from([*known, *(one for one in catalogue(schema, resolve) if isinstance(one, str))])
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    free = st.text(_CHARACTERS, min_size=low, max_size=min(high, 300) if high is not None else 300)
    known = [one for one in catalogue(schema, resolve) if isinstance(one, str) and low <= len(one)]
    known = [one for one in known if high is None or len(one) <= high]
    return st.one_of(free, st.sampled_from(known)) if known else free
