"""`owner` of an `x-resource`: the property that holds the id of the caller who created the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.kind import Kind, Reading, belied_scope
from specdouble.contract.rule import ScopeRule


@dataclass(frozen=True, kw_only=True)
class Owner(ScopeRule):
    """The property holds the id of the caller who created the document; for others it does not exist."""

    kind = "owner"

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another's document does not exist for the caller"


def _read(reading: Reading) -> Iterator[Owner]:
    return (Owner(**annotation.place) for annotation in reading.on_resources("owner"))


KIND = Kind(
    keyword="x-resource",
    place="an object schema",
    written="`x-resource: {owner: prop}` or `{owner: {property: prop, claim: name}}`",
    means="the property holds the id of the caller who created the document: the claim of its name, or the one named",
    refused="another owner's document does not exist for the caller: 404",
    read=_read,
    belied=lambda shown: belied_scope(shown, Owner),
)
