"""`owner` of an `x-resource`: the property that holds the id of the caller who created the document."""

from __future__ import annotations

from dataclasses import dataclass

from specdouble.contract.kind import Kind, belied_scope
from specdouble.contract.rule import ScopeRule


@dataclass(frozen=True, kw_only=True)
class Owner(ScopeRule):
    """The property holds the id of the caller who created the document; for others it does not exist."""

    kind = "owner"

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another's document does not exist for the caller{self.openness}"


KIND = Kind(
    keyword="x-resource",
    place="an object schema",
    written="`x-resource: {owner: prop}` or `{owner: {property: prop, claim: name}}`; `shared: true`, or `read` and "
    "`write`: `owner`, `tenant`, `anyone` or `{roles: [ADMIN], claim: role}`",
    means="the property holds the id of the caller who created the document: the claim of its name, or the one named; "
    "others read what is `shared`, and callers of roles, of the same `tenant` where there is one, what is theirs to "
    "`read` or `write`",
    refused="another owner's document does not exist for the caller: 404; what the caller sees and may not change: 403",
    read=lambda reading: reading.scopes("owner", Owner),
    belied=lambda shown: belied_scope(shown, Owner),
)
