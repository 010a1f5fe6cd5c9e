"""What a keyword of a schema may hold: for each the reason why a value is none, and what to write instead.

A validator that holds all schemas of a contract cannot be made when one keyword in one of them is wrong; so what is
wrong is found here first, named, and left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

TYPES = ("string", "number", "integer", "boolean", "array", "object")
MAX_SIZE = 1_000_000  # characters, items or properties that a value may be asked to have at least
_MEANT = {
    "int": "integer", "long": "integer", "int32": "integer", "int64": "integer", "float": "number", "double": "number",
    "decimal": "number", "str": "string", "text": "string", "date": "string", "datetime": "string", "uuid": "string",
    "bool": "boolean", "list": "array", "dict": "object", "map": "object", "file": "string",
}  # fmt: skip


class Wrong(NamedTuple):
    """Why a value may not stand at its place, and the remedy."""

    reason: str
    remedy: str


Check = Callable[[Any], Wrong | None]


def refuse_to_fetch(uri: str) -> Any:
    """What a validator asks for a schema that lies elsewhere: it gets none, from no network and no file.

    Raises:
        ValueError: always.
    """
    message = f"`{uri}` is not part of the contract"
    raise ValueError(message)


@cache
def is_pattern(text: str) -> bool:
    """Whether the text is a regular expression that the validator takes."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": text})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def shown(value: object) -> str:
    """The value, short enough for a message."""
    if isinstance(value, dict | list):
        return f"{article(value)}"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def article(value: object) -> str:
    """What kind of value it is: `a string`, `a list`."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a mapping"}
    return names[type(value)]


def is_number(value: object) -> bool:
    """Whether the value is a number; to JSON a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _type(value: object) -> Wrong | None:
    names = value if isinstance(value, list) else [value]
    remedy = f"use one of {', '.join(TYPES)}"
    if not names:
        return Wrong("`type` is an empty list: nothing conforms", remedy)
    for name in names:
        if not isinstance(name, str):
            return Wrong(f"`type` is {article(name)}, not the name of a type", remedy)
        if name not in (*TYPES, "null", "file"):
            near = _MEANT.get(name.lower()) or next(iter(get_close_matches(name.lower(), TYPES, n=1, cutoff=0.5)), None)
            return Wrong(f"`{shown(name)}` is no type", f"write `{near}`" if near else remedy)
    if len(set(names)) < len(names):
        return Wrong("`type` names a type twice", "name each once")
    return None


def _size(keyword: str, least: bool) -> Check:
    def check(value: Any) -> Wrong | None:
        if not is_number(value) or value % 1 != 0 or value < 0:  # of infinity too, this is no number
            return Wrong(f"`{keyword}` is {_told(value)}, not a whole number from 0", "write a whole number from 0")
        if least and value > MAX_SIZE:
            reason = f"`{keyword}` asks for {int(value):,} or more: no answer is made as large as that"
            return Wrong(reason, f"write no more than {MAX_SIZE:,}")
        return None

    return check


def _told(value: object) -> str:
    return f"`{shown(value)}`" if is_number(value) else article(value)


def _number(keyword: str) -> Check:
    def check(value: object) -> Wrong | None:
        return None if is_number(value) else Wrong(f"`{keyword}` is {article(value)}, not a number", "write a number")

    return check


def _exclusive(keyword: str) -> Check:
    """A flag beside the bound in OpenAPI 3.0 and Swagger 2.0, the bound itself from 3.1 on."""

    def check(value: object) -> Wrong | None:
        if isinstance(value, bool) or is_number(value):
            return None
        return Wrong(f"`{keyword}` is {article(value)}, neither a number nor a boolean", "write a number")

    return check


def _multiple(value: Any) -> Wrong | None:
    if is_number(value) and value > 0:
        return None
    return Wrong(f"`multipleOf` is {_told(value)}, not a number above 0", "write a number above 0, or remove it")


def in_ecma(pattern: str) -> str:
    """The pattern as ECMA 262 writes what another dialect may mean by it; itself where it stands in that dialect.

    Without the slashes that JavaScript sets around it, and with `^` and `$` for the ends of the text that Python, Java
    and Ruby write as `\\A`, `\\Z` and `\\z`.
    """
    slashed = re.fullmatch(r"/(\^.*\$)/[a-z]*", pattern)
    pattern = slashed[1] if slashed else pattern
    return re.sub(r"(?<!\\)((?:\\\\)*)\\[Zz]$", r"\1$", re.sub(r"^\\A", "^", pattern))


def _pattern(value: object) -> Wrong | None:
    if not isinstance(value, str):
        return Wrong(f"`pattern` is {article(value)}, not a regular expression", "write it as a string")
    meant = in_ecma(value)
    if not is_pattern(meant):
        remedy = "write it in the dialect of ECMA 262, without slashes around it"
        return Wrong(f"`{shown(value)}` is no regular expression", remedy)
    if meant != value and value[:1] == "/":
        return Wrong(f"`{shown(value)}` fits no text: slashes are characters here", f"write `{shown(meant)}`")
    if meant != value:
        reason = f"`{shown(value)}` has the ends of the text in another dialect than that of ECMA 262"
        return Wrong(reason, f"write `{shown(meant)}`")
    return None


def _names(keyword: str) -> Check:
    def check(value: object) -> Wrong | None:
        if not isinstance(value, list):
            return Wrong(f"`{keyword}` is {article(value)}, not a list of names", "write `[name, ...]`")
        for name in value:
            if not isinstance(name, str):
                return Wrong(f"`{keyword}` has {article(name)} among its names", "write each as a string")
        if len(set(value)) < len(value):
            return Wrong(f"`{keyword}` lists a name twice", "list each once")
        return None

    return check


def _dependent(value: object) -> Wrong | None:
    if not isinstance(value, dict):
        return Wrong(f"`dependentRequired` is {article(value)}, not a mapping", "write `{name: [names]}`")
    return next((wrong for names in value.values() if (wrong := _names("dependentRequired")(names))), None)


def _enum(value: object) -> Wrong | None:
    if not isinstance(value, list):
        return Wrong(f"`enum` is {article(value)}, not a list of values", "write `[value, ...]`")
    return None if value else Wrong("`enum` is empty: nothing conforms", "list the values, or remove it")


def kinds_of(value: object) -> set[str]:
    """The types of JSON Schema that a value is of."""
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return {"integer", "number"}
    names = {float: "number", str: "string", list: "array", dict: "object"}
    return {names.get(type(value), "null")}


def flag(keyword: str) -> Check:
    """Refuses what is no boolean."""

    def check(value: object) -> Wrong | None:
        if isinstance(value, bool):
            return None
        return Wrong(f"`{keyword}` is {article(value)}, not a boolean", "write `true` or `false`")

    return check


def _inner_reference(value: object) -> Wrong | None:
    if isinstance(value, str) and value[:1] == "#":
        return None
    return Wrong("`$dynamicRef` does not lead into the schema", "write `#` and the name of a `$dynamicAnchor`")


def _anchor(keyword: str) -> Check:
    def check(value: object) -> Wrong | None:
        if isinstance(value, str) and value.replace("-", "_").replace(".", "_").isidentifier() and value.isascii():
            return None
        return Wrong(f"`{keyword}` is no name", "begin it with a letter, and use letters, digits, `-`, `_`, `.`")

    return check


def text(keyword: str) -> Check:
    """Refuses what is no string."""

    def check(value: object) -> Wrong | None:
        if isinstance(value, str):
            return None
        return Wrong(f"`{keyword}` is {article(value)}, not a string", "write it as a string")

    return check


def _examples(value: object) -> Wrong | None:
    if isinstance(value, list | dict):
        return None  # named ones stand in a media type; in a schema they say nothing
    return Wrong(f"`examples` is {article(value)}, not a list of values", "write `[value, ...]`")


_MOST = ("maxLength", "maxItems", "maxProperties", "maxContains")
_LEAST = ("minLength", "minItems", "minProperties", "minContains")
SIZES = {*_MOST, *_LEAST}
CHECKS: dict[str, Check] = {
    "type": _type,
    "enum": _enum,
    "required": _names("required"),
    "dependentRequired": _dependent,
    "pattern": _pattern,
    "multipleOf": _multiple,
    "examples": _examples,
    "$dynamicRef": _inner_reference,
    "$anchor": _anchor("$anchor"),
    "$dynamicAnchor": _anchor("$dynamicAnchor"),
    **{keyword: _number(keyword) for keyword in ("minimum", "maximum")},
    **{keyword: _exclusive(keyword) for keyword in ("exclusiveMinimum", "exclusiveMaximum")},
    **{keyword: _size(keyword, least=False) for keyword in _MOST},
    **{keyword: _size(keyword, least=True) for keyword in _LEAST},
    **{keyword: flag(keyword) for keyword in ("uniqueItems", "nullable", "readOnly", "writeOnly", "deprecated")},
    **{keyword: text(keyword) for keyword in ("format", "title", "description", "contentEncoding", "contentMediaType")},
}
