"""What the parameters of a list do, where the contract says it rather than their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = ("page", "offset", "cursor", "size", "sort", "direction")


@dataclass(frozen=True)
class Listed:
    """How a list is asked for, and what its answer tells; what it does not say, names tell.

    Args:
        roles: the parameter that plays a part, by the part: one of `ROLES`.
        filters: the property whose value each filtering parameter asks for; None where names tell it.
        sorts: the property that a value of the sorting parameter means, with `-` before it for the other direction.
        total: where the number of all documents is told: a header field of the answer, or the names that lead to a
            property of its body, with dots between; empty where names tell it.
        next: where the next page is told, in the same way.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] | None = None
    sorts: Mapping[str, str] = field(default_factory=dict)
    total: str = ""
    next: str = ""

    def role_of(self, parameter: str) -> str | None:
        """The part that a parameter plays; None where none is said."""
        return next((role for role, name in self.roles.items() if name == parameter), None)

    def names(self, parameter: str) -> bool:
        """Whether it says what a parameter does: then its name tells nothing else."""
        return parameter in self.roles.values() or parameter in (self.filters or {})

    def sorted_by(self, value: str) -> str:
        """What a value of the sorting parameter sorts by."""
        return self.sorts.get(value, value)


BY_NAMES = Listed()  # nothing is said
