"""`x-soft-delete`: a deletion marks a document by a property, and from then on it exists for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from specdouble.contract.kind import Kind, OnSchema, Reading, mapping, nearest, suggestion
from specdouble.contract.properties import types_of
from specdouble.contract.rule import PropertyRule

Names = Literal["free", "taken"]
_NAMES: tuple[Names, ...] = ("free", "taken")
_SHAPE = mapping({"property": {"type": "string"}, "names": {"enum": [*_NAMES]}}, "property")
_MARKS = "a boolean, or a string of the format `date-time`"
_WITHOUT = "write `x-soft-delete: deletedAt`, or `{property: deletedAt, names: taken}`"


@dataclass(frozen=True, kw_only=True)
class SoftDelete(PropertyRule):
    """A document that was deleted has the property, and is found by nobody; nothing but a deletion sets it.

    Args:
        names: whether other documents may have what was unique to it.
        holds: what the property of a deleted document holds: `time`, or `true`.
        unset: what it holds before: `absent`, or the value.
    """

    kind = "softDelete"
    refused_with = (404,)
    hides = True
    binds = True
    server_sets = True
    shown_by = ("create", "read", "list", "replace", "update", "delete")
    names: Names = "free"
    holds: Literal["time", "true"] = "time"
    unset: Literal["absent", "null", "false"] = "absent"

    @property
    def keeps_taken(self) -> bool:  # type: ignore[override]
        """Whether others may not have its unique values."""
        return self.names == "taken"

    def is_deleted(self, document: Mapping[str, Any]) -> bool:
        """Whether a document says that it was deleted."""
        return document.get(self.name) not in (None, False)

    def __str__(self) -> str:
        names = "others may have its unique values" if self.names == "free" else "its unique values stay taken"
        return f"a document that was deleted has {self.name}, and is found by nobody; {names}"


def _read(reading: Reading) -> Iterator[SoftDelete]:
    for annotation in reading.on_schemas("x-soft-delete"):
        raw = annotation.raw
        annotation.find_unknown_keys(("property", "names", "status"))
        name = raw.get("property") if isinstance(raw, dict) else raw
        if not isinstance(name, str):
            annotation.find("`x-soft-delete` names no property", _WITHOUT)
            continue
        names = raw.get("names", "free") if isinstance(raw, dict) else "free"
        if names not in _NAMES:
            annotation.find(f"`{names}` says nothing of names", suggestion(str(names), _NAMES), "names")
            continue
        yield from _of_property(annotation, name, cast(Names, names))


def _of_property(annotation: OnSchema, name: str, names: Names) -> Iterator[SoftDelete]:
    resource = annotation.resource
    schema = resource.properties.get(name)
    if schema is None:
        reason = f"the schema has no property `{name}` that says that a document was deleted"
        marks = [one for one, held in resource.properties.items() if _is_mark(held)]
        near = nearest(name, marks)
        annotation.find(reason, f"write `{near}`" if near else f"add it to the schema: {_MARKS}")
        return
    if "boolean" in types_of(schema):
        yield SoftDelete(names=names, holds="true", unset="false", name=name, **annotation.place)
    elif not _is_mark(schema):
        annotation.find(f"`{name}` holds neither a boolean nor the time of a deletion", f"name {_MARKS}")
    elif _is_nullable(schema):
        yield SoftDelete(names=names, unset="null", name=name, **annotation.place)
    elif name in (resource.schema.get("required") or ()):
        reason = f"a document that is there has no `{name}`, and its schema requires one"
        annotation.find(reason, "let it be null, or take it out of `required`")
    else:
        yield SoftDelete(names=names, name=name, **annotation.place)


def _is_mark(schema: Mapping[str, Any]) -> bool:
    """Whether a property can tell that a document was deleted, or when."""
    kinds = types_of(schema)
    return "boolean" in kinds or ("string" in kinds and schema.get("format") == "date-time")


def _is_nullable(schema: Mapping[str, Any]) -> bool:
    return "null" in types_of(schema) or schema.get("nullable") is True


KIND = Kind(
    keyword="x-soft-delete",
    place="an object schema that carries `x-resource`",
    written="`x-soft-delete: deletedAt` or `{property: deletedAt, names: taken}`",
    means="a deletion marks the document by the property (a boolean, or a time), and nobody finds it from then on; "
    "its unique values are free for others, or stay taken",
    refused="a document that was deleted does not exist: 404",
    read=_read,
    shape={"anyOf": [{"type": "string"}, _SHAPE]},
)
