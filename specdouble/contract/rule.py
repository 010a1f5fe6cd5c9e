"""The rules of a contract: what it promises and a schema cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A promise about one property of a collection's documents.

    Args:
        collection: where the documents are kept.
        name: the property that the rule speaks of.
        pointer: where the annotation stands in the contract.
        file: the file that it stands in.
        line: its line there, from 1.
        status: the status of a refusal, where the annotation overrides it.
    """

    kind: ClassVar[str]
    refused_with: ClassVar[tuple[int, ...]] = ()

    collection: str
    name: str
    pointer: str = field(default="", compare=False)
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    status: int | None = None

    @property
    def id(self) -> str:
        """`kind:collection.property`, the same in every answer, journal and report."""
        return f"{self.kind}:{self.collection}.{self.name}"

    def status_among(self, declared: frozenset[str]) -> int:
        """The status of a refusal for an operation that declares these: the first that fits, else the usual one."""
        if self.status is not None:
            return self.status
        fitting = (status for status in self.refused_with if str(status) in declared)
        return next(fitting, self.refused_with[0] if self.refused_with else 400)

    def __str__(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Unique(Rule):
    """No two documents of the collection (within the same scope) share the value."""

    kind = "unique"
    refused_with = (409, 422, 400)
    within: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()

    def __str__(self) -> str:
        scope = f" within {' and '.join(self.within)}" if self.within else ""
        ignoring = f", ignoring {' and '.join(sorted(self.ignore))}" if self.ignore else ""
        return f"{self.name} is unique{scope}{ignoring}"


@dataclass(frozen=True, kw_only=True)
class References(Rule):
    """The value is the id of a document of that collection, one that the caller may see."""

    kind = "references"
    refused_with = (422, 400, 409, 404)
    target: str

    def __str__(self) -> str:
        return f"{self.name} is the id of a document of {self.target}"


@dataclass(frozen=True, kw_only=True)
class Transitions(Rule):
    """The moves that a document may make from one value to the next."""

    kind = "transitions"
    refused_with = (409, 422, 400)
    moves: dict[str, tuple[str, ...]] = field(hash=False)

    def allows(self, before: Any, after: Any) -> bool:
        """Whether a document may move from the one value to the other; staying is no move."""
        return before == after or after in self.moves.get(before, ())

    def __str__(self) -> str:
        moves = ", ".join(f"{one} to {' or '.join(others) or 'nothing'}" for one, others in self.moves.items())
        return f"{self.name} moves from {moves}"


@dataclass(frozen=True, kw_only=True)
class Immutable(Rule):
    """Set at creation, then fixed."""

    kind = "immutable"
    refused_with = (409, 422, 400)

    def __str__(self) -> str:
        return f"{self.name} stays as it was created"


@dataclass(frozen=True, kw_only=True)
class ReadOnly(Rule):
    """The server sets it; a client's value has no effect."""

    kind = "readOnly"

    def __str__(self) -> str:
        return f"{self.name} is set by the server alone"


@dataclass(frozen=True, kw_only=True)
class Timestamp(Rule):
    """The server's clock, at creation or at the last change."""

    kind = "timestamp"
    event: str

    def __str__(self) -> str:
        when = "it was created" if self.event == "created" else "it last changed"
        return f"{self.name} is the time at which {when}"


@dataclass(frozen=True, kw_only=True)
class Default(Rule):
    """Filled in on creation where the request leaves it out."""

    kind = "default"
    value: Any = field(hash=False)

    def __str__(self) -> str:
        return f"{self.name} is {self.value!r} unless it is sent"


@dataclass(frozen=True, kw_only=True)
class Owner(Rule):
    """The property holds the id of the caller who created the document; for others it does not exist."""

    kind = "owner"
    refused_with = (404,)

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another's document does not exist for the caller"


@dataclass(frozen=True, kw_only=True)
class Tenant(Rule):
    """The property holds the id of the caller's organization; for others the document does not exist."""

    kind = "tenant"
    refused_with = (404,)

    def __str__(self) -> str:
        return f"{self.name} is the caller's: another tenant's document does not exist for the caller"
