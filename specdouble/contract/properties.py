"""The properties of an object schema, wherever they are written: in place, behind `$ref`, in `allOf`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.pointer import pointer


def properties_of(document: Document, schema: Any, at: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The properties of an object schema, through `$ref` and `allOf`: name, resolved schema, pointer."""
    for name, part, place in parts_of(document, schema, at):
        try:
            told = described(document, part)
        except LookupError:
            continue
        if isinstance(part, dict) and "$ref" in part:  # what stands beside it says more than what it refers to
            told = {**told, **{key: part[key] for key in part if key != "$ref"}}
        yield name, told, place


def described(document: Document, schema: Any) -> dict[str, Any]:
    """What a schema says, through `$ref`; its type, and what goes with it, also through `allOf`.

    Authors wrap a `$ref` in an `allOf` to write a description beside it.

    Raises:
        LookupError: a `$ref` leads to nothing.
    """
    schema = document.resolve(schema)
    if not isinstance(schema, dict):
        return {}
    if "type" in schema or "allOf" not in schema:
        return schema
    outline: dict[str, Any] = {}
    for part in reversed(_down_to_type(document, schema, set())):
        # Of what it is, not of what is in it: properties are gathered from all parts.
        outline = {**{key: outline[key] for key in _OF_KIND if key in outline}, **part}
    return outline or schema


def _down_to_type(document: Document, schema: dict[str, Any], seen: set[int]) -> list[dict[str, Any]]:
    """The schema and those of its `allOf` that lead to the first one with a type; nothing where none has one."""
    if "type" in schema:
        return [schema]
    seen.add(id(schema))  # where two ways lead to a schema without a type, one of them is gone
    parts = schema.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        part = document.resolve(part)
        if isinstance(part, dict) and id(part) not in seen and (found := _down_to_type(document, part, seen)):
            return [schema, *found]
    return []


_OF_KIND = ("type", "items", "enum", "const", "format", "default", "nullable", "pattern")


def is_array(schema: dict[str, Any]) -> bool:
    """Whether a schema is one of an array: it has `items`, and no `type` says otherwise."""
    named = schema.get("type", "array")
    return "items" in schema and "array" in (named if isinstance(named, list) else [named])


def parts_of(document: Document, schema: Any, at: str) -> Iterator[tuple[str, Any, str]]:
    """The properties of an object schema, through `$ref` and `allOf`: name, the property as it stands, pointer."""
    yield from _parts(document, schema, at, set(), 0)


# An `allOf` behind an `allOf`, so often: what is further down is nobody's design, and would end the stack.
_DEEPEST = 100


def _parts(document: Document, schema: Any, at: str, seen: set[str], depth: int) -> Iterator[tuple[str, Any, str]]:
    try:
        schema, at = document.follow(schema, at)
    except LookupError:
        return
    if not isinstance(schema, dict) or at in seen or depth > _DEEPEST:
        return
    seen.add(at)
    if "$ref" in schema:
        yield from _parts(document, {"$ref": schema["$ref"]}, at, seen, depth + 1)
    for index, part in enumerate(schema.get("allOf") or ()):
        yield from _parts(document, part, at + pointer("allOf", index), seen, depth + 1)
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        yield name, part, at + pointer("properties", name)


def types_of(schema: Mapping[str, Any] | None) -> set[Any]:
    """The types that a schema names; None where it names none."""
    named = schema.get("type") if schema else None
    return {*named} if isinstance(named, list) else {named}


def is_scalar(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is one of a text or a number."""
    holds_parts = "properties" in schema or "items" in schema
    return not holds_parts and types_of(schema).isdisjoint({"object", "array", "boolean"})


@cache
def plain(name: str) -> str:
    """A name without what authors write differently: case, and what separates words."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def paths_of(document: Document, schema: Any, depth: int = 3) -> list[str]:
    """The properties of an object schema and of the objects in it: their names with dots between."""
    found: list[str] = []
    for name, part, _ in properties_of(document, schema, "") if schema is not None and depth else ():
        found.append(name)
        found += [f"{name}.{inner}" for inner in paths_of(document, part, depth - 1)]
    return found


def synonyms(ones: Mapping[str, Any], others: Mapping[str, Any], kind: str = "") -> dict[str, str]:
    """What each property that both schemas have is called in the other: `assetName` may be `name` in a summary.

    Args:
        ones: the properties of the one schema.
        others: those of the other.
        kind: what both are, in plain letters; empty where nothing says.
    """
    by_plain = {plain(str(name)): name for name in others}
    taken = {plain(str(name)) for name in ones}
    found = {}
    for name in ones:
        own = plain(str(name))
        # What is called otherwise is not what the schema has by that name itself.
        shorter, longer = own.removeprefix(kind), kind + own
        written = [own, *(one for one in (shorter, longer) if one not in taken)]
        likeliest = next((by_plain[one] for one in written if one in by_plain), None)
        other = name if name in others else likeliest
        if other is not None and _is_alike(ones[name], others[other]):
            found[name] = other
    return found


def _is_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    kinds, others = types_of(one) - {"null"}, types_of(other) - {"null"}
    return None in kinds | others or not kinds.isdisjoint(others) or kinds | others <= {"integer", "number"}
