"""Annotations whose value has none of the shapes that they can have, and of which their kind tells nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from specdouble.contract.document import Document
from specdouble.contract.keywords import article, shown
from specdouble.contract.kind import suggestion
from specdouble.contract.pointer import look_up, pointer

Shape = Mapping[str, Any]

_WANTED = {
    "string": "a text", "array": "a list", "integer": "a whole number", "number": "a number", "object": "a mapping",
    "boolean": "true or false",
}  # fmt: skip


def find_misshapen(document: Document, at: str, keyword: str, shapes: Sequence[Shape]) -> None:
    """Note what is wrong with the shape of an annotation, where nothing is noted of it so far.

    Args:
        document: the contract.
        at: the pointer of the annotation.
        keyword: what it is called.
        shapes: the JSON Schemas of what it can be.
    """
    value = look_up(document.data, at)
    if value is False or any(_fits(one, value) for one in shapes):  # `false` takes an annotation back
        return
    if any(told == at or told.startswith(at + "/") for told in document.places.values()):
        return
    path, part, wanted = _misfit([branch for one in shapes for branch in _branches(one)], value)
    what = f"`{'.'.join(map(str, path))}` of `{keyword}`" if path else f"`{keyword}`"
    document.find(at + pointer(*path), f"{what} is {_said(part)}, which means nothing there", _remedy(wanted, part))


def _fits(shape: Shape, value: object) -> bool:
    return jsonschema_rs.is_valid(dict(shape), value)


def _branches(shape: Shape) -> Iterator[Shape]:
    """The shape, or the alternatives that it is made of."""
    if "anyOf" not in shape:
        yield shape
    for one in shape.get("anyOf", ()):
        yield from _branches(one)


def _misfit(branches: list[Shape], value: object) -> tuple[tuple[str | int, ...], Any, list[Shape]]:
    """The innermost part of a value that fits nowhere: where it is, what it is, and what could be there."""
    for branch in branches:
        for name, part, shape in _parts(branch, value):
            if not _fits(shape, part):
                path, innermost, wanted = _misfit([*_branches(shape)], part)
                return (name, *path), innermost, wanted
    return (), value, branches


def _parts(shape: Shape, value: object) -> Iterator[tuple[str | int, Any, Shape]]:
    if isinstance(value, dict):
        for name, part in value.items():
            inside = shape.get("properties", {}).get(name, shape.get("additionalProperties"))
            if isinstance(inside, Mapping):
                yield name, part, inside
    elif isinstance(value, list) and "items" in shape:
        yield from ((index, part, shape["items"]) for index, part in enumerate(value))


def _said(value: object) -> str:
    return f"`{shown(str(value))}`" if isinstance(value, str | int | float) else article(value)


def _remedy(shapes: list[Shape], value: object) -> str:
    words = [str(one) for shape in shapes for one in shape.get("enum", ())]
    if words and isinstance(value, str):
        return suggestion(value, words)
    wanted = [f"`{one}`" for one in words]
    for shape in shapes:
        named = shape.get("type", ())
        wanted += [_WANTED[one] for one in ([named] if isinstance(named, str) else named) if one in _WANTED]
    return f"write {' or '.join(dict.fromkeys(wanted))}" if wanted else "correct it, or remove it"
