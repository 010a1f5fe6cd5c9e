"""`owner` of an `x-resource`: the property that holds the id of the caller who created the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.action import DOES
from specdouble.contract.kind import Kind, Reading, located
from specdouble.contract.rule import PropertyRule


@dataclass(frozen=True, kw_only=True)
class Owner(PropertyRule):
    """The property holds the id of the caller who created the document; for others it does not exist."""

    kind = "owner"
    refused_with = (404,)
    hides = True
    binds = True
    shown_by = DOES

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another's document does not exist for the caller"


def _read(reading: Reading) -> Iterator[Owner]:
    for collection, resource in reading.annotated.items():
        if resource.owner:
            place = located(reading.document, resource.pointer + "/x-resource/owner")
            yield Owner(collection=collection, name=resource.owner, **place)


KIND = Kind(
    keyword="x-resource",
    place="an object schema",
    written="`x-resource: {owner: prop}`",
    means="the property holds the id of the caller who created the document",
    refused="another owner's document does not exist for the caller: 404",
    read=_read,
)
