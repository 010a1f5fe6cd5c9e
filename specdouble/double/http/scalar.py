"""What a text stands for under a schema: forms, parameters and XML have texts alone."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from specdouble.double.http.json_text import is_json, read_json

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,400})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INFINITIES = (float("inf"), float("-inf"))


def typed(text: Any, schema: Any, reserved: Container[str] = ()) -> Any:
    """The value that a text stands for under a schema; the text itself where it stands for none.

    Args:
        text: the text; what is none is given back.
        schema: the schema, resolved.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.

    Raises:
        Problem: 400, it is a JSON object that no store can keep.
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
            if number is not None and (kind == "number" or isinstance(number, int)):
                return number
        if kind == "object" and text[:1] == "{" and is_json(text):
            return read_json(text.encode("utf-8"), reserved)
    return text


def _kinds(schema: Mapping[str, Any]) -> list[Any]:
    """The types that the schema takes, its alternatives' too: of `anyOf: [{enum: [now]}, {type: integer}]` both."""
    told = schema.get("type")
    if told is not None:
        return told if isinstance(told, list) else [told]
    options = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return [option.get("type") for option in options if isinstance(option, Mapping)]


def _number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return None if number in _INFINITIES else number
    return None
