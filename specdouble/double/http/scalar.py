"""What a text stands for under a schema: forms, parameters and XML have texts alone."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from specdouble.contract.json_type import JSON, Schema
from specdouble.double.http.json_text import is_json, read_json

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,400})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_OPENING = {"object": "{", "array": "["}
_TYPES = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
_INFINITIES = (float("inf"), float("-inf"))


def typed(text: JSON, schema: JSON, reserved: Container[str] = ()) -> JSON:
    """The value that a text stands for under a schema; the text itself where it stands for none.

    Args:
        text: the text; what is none is given back.
        schema: the schema, resolved.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.

    Raises:
        Problem: 400, it is JSON that no store can keep.
    """
    if not isinstance(text, str) or not isinstance(schema, Mapping):
        return text
    for kind in _kinds(schema):
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        if kind == "null" and text in ("", "null"):
            return None
        if kind in ("integer", "number"):
            number = _number(text)
            # `1.5` is no integer; that it stands where one is wanted, the schema says better than a cut number.
            if number is not None and (kind == "number" or isinstance(number, int)):
                return number
        if text[:1] == _OPENING.get(kind) and is_json(text):
            return read_json(text.encode("utf-8"), reserved)
    return text


def _kinds(schema: Schema) -> list[JSON]:
    """The types that the schema takes, its alternatives' too: of `anyOf: [{enum: [now]}, {type: integer}]` both.

    One without a type takes those of the values that it names: of `enum: [true, false, 1, 0]` boolean and integer.
    """
    named = schema.get("type")
    if named is not None:
        return named if isinstance(named, list) else [named]
    options = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    kinds = [option.get("type") for option in options if isinstance(option, Mapping)]
    return kinds or [_TYPES.get(type(value)) for value in schema.get("enum") or ()]


def _number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return None if number in _INFINITIES else number
    return None
