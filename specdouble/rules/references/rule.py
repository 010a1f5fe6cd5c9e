"""`x-references`: the value of a property is the id of another document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specdouble.contract.kind import ON_A_PROPERTY, Kind, Reading, mapping, suggestion
from specdouble.contract.rule import PropertyRule


@dataclass(frozen=True, kw_only=True)
class References(PropertyRule):
    """The value is the id of a document of that collection, one that the caller may see.

    Args:
        target: the collection.
    """

    kind = "references"
    refused_with = (422, 400, 409, 404)
    binds = True
    target: str

    @property
    def refers_to(self) -> str:
        """The collection."""
        return self.target

    def __str__(self) -> str:
        return f"{self.name} is the id of a document of {self.target}"


def _collection(raw: Any) -> Any:
    return raw.get("collection") if isinstance(raw, dict) else raw


def _read(reading: Reading) -> Iterator[References]:
    for annotation in reading.on_properties("x-references"):
        target = _collection(annotation.raw)
        if not isinstance(target, str):
            annotation.find("`x-references` names no collection", "write `x-references: things`")
        elif target not in reading.resources:
            reason = f"`x-references` names the collection `{target}`, which no `x-resource` keeps"
            remedy = f"{suggestion(target, reading.resources)}, or annotate its schema with `x-resource`"
            remedy += f", or put its documents into mock_data/{target}.json"
            annotation.find(reason, remedy)
        else:
            annotation.find_unknown_keys(("collection", "status"))
            yield References(target=target, **annotation.place)


KIND = Kind(
    keyword="x-references",
    place=ON_A_PROPERTY,
    written="`x-references: collection`",
    means="the value is the id of a document of that collection, one that the caller may see",
    refused="the first of 422, 400, 409, 404",
    read=_read,
    collection=_collection,
    shape={"anyOf": [{"type": "string"}, mapping({"collection": {"type": "string"}}, "collection")]},
)
