"""`tenant` of an `x-resource`: the property that holds the id of the creator's organization."""

from __future__ import annotations

from dataclasses import dataclass

from specdouble.contract.kind import Kind, belied_scope
from specdouble.contract.rule import ScopeRule


@dataclass(frozen=True, kw_only=True)
class Tenant(ScopeRule):
    """The property holds the id of the caller's organization; for others the document does not exist."""

    kind = "tenant"

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another tenant's document does not exist for the caller{self.openness}"


KIND = Kind(
    keyword="x-resource",
    place="an object schema",
    written="`x-resource: {tenant: prop}`",
    means="the property holds the id of the organization (or the like) of the caller who created the document",
    refused="another tenant's document does not exist for the caller: 404",
    read=lambda reading: reading.scopes("tenant", Tenant),
    belied=lambda shown: belied_scope(shown, Tenant),
)
