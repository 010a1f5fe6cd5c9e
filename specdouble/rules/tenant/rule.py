"""`tenant` of an `x-resource`: the property that holds the id of the creator's organization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.action import DOES
from specdouble.contract.kind import Kind, Reading, located
from specdouble.contract.rule import PropertyRule


@dataclass(frozen=True, kw_only=True)
class Tenant(PropertyRule):
    """The property holds the id of the caller's organization; for others the document does not exist."""

    kind = "tenant"
    refused_with = (404,)
    hides = True
    binds = True
    shown_by = DOES

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another tenant's document does not exist for the caller"


def _read(reading: Reading) -> Iterator[Tenant]:
    for collection, resource in reading.annotated.items():
        if resource.tenant:
            place = located(reading.document, resource.pointer + "/x-resource/tenant")
            yield Tenant(collection=collection, name=resource.tenant, **place)


KIND = Kind(
    keyword="x-resource",
    place="an object schema",
    written="`x-resource: {tenant: prop}`",
    means="the property holds the id of the organization (or the like) of the caller who created the document",
    refused="another tenant's document does not exist for the caller: 404",
    read=_read,
)
