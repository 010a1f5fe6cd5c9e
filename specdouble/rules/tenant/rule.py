"""`tenant` of an `x-resource`: the property that holds the id of the creator's organization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.kind import Kind, Reading, belied_scope
from specdouble.contract.rule import ScopeRule


@dataclass(frozen=True, kw_only=True)
class Tenant(ScopeRule):
    """The property holds the id of the caller's organization; for others the document does not exist."""

    kind = "tenant"

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another tenant's document does not exist for the caller"


def _read(reading: Reading) -> Iterator[Tenant]:
    return (Tenant(**annotation.place) for annotation in reading.on_resources("tenant"))


KIND = Kind(
    keyword="x-resource",
    place="an object schema",
    written="`x-resource: {tenant: prop}`",
    means="the property holds the id of the organization (or the like) of the caller who created the document",
    refused="another tenant's document does not exist for the caller: 404",
    read=_read,
    belied=lambda shown: belied_scope(shown, Tenant),
)
