"""What a rule is: a promise of the contract that a schema cannot say. Each kind has a folder in `specdouble.rules`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, ClassVar, Self

from specdouble.contract.audience import NOBODY, Audience
from specdouble.contract.expression_tree import Node
from specdouble.contract.operation import Operation

WRITES = ("create", "update", "replace")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A promise of the contract.

    Class attributes:
        kind: the first part of its id.
        refused_with: the statuses of a refusal, the most usual one first; empty where nothing is refused for it.
        hides: what breaks it does not exist for the caller, rather than being refused.
        native: a keyword of OpenAPI's own says it already.
        binds: not any value is taken for the property that it speaks of.
        identifies: a value names one document.
        server_sets: the server sets the property that it speaks of: a client's value has no effect.
        final: a change of the property that it speaks of is refused.
        follows: the property that it speaks of changes with others of its document.
        keeps_taken: what was unique to a document that was deleted stays taken.
        plays: the checks of the contract's shape whose cases its own kind has, where it stands.

    Args:
        pointer: where the annotation stands in the contract.
        file: the file that it stands in.
        line: its line there, from 1.
        status: the status of a refusal, where the annotation overrides it.
    """

    kind: ClassVar[str]
    refused_with: ClassVar[tuple[int, ...]] = ()
    hides: ClassVar[bool] = False
    native: ClassVar[bool] = False
    binds: ClassVar[bool] = False
    identifies: ClassVar[bool] = False
    server_sets: ClassVar[bool] = False
    final: ClassVar[bool] = False
    follows: ClassVar[bool] = False
    keeps_taken: ClassVar[bool] = False
    plays: ClassVar[tuple[str, ...]] = ()

    pointer: str = field(default="", compare=False)
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    status: int | None = None

    @property
    def about(self) -> str:
        """What it speaks of, as its id names it."""
        raise NotImplementedError

    @cached_property
    def id(self) -> str:
        """`kind:` and what it speaks of, the same in every answer, journal and report."""
        return f"{self.kind}:{self.about}"

    @property
    def refuses(self) -> bool:
        """Whether a request that would break it is refused for it."""
        return bool(self.refused_with) and not self.hides

    def status_among(self, declared: frozenset[str]) -> int:
        """The status of a refusal for an operation that declares these: the first that fits, else the usual one."""
        return _usual_status(self.refused_with, declared) if self.status is None else self.status

    @cached_property
    def sentence(self) -> str:
        """The promise as a sentence: every refusal says it."""
        return str(self)

    def completes(self, operation: Operation, does: str) -> Operation:  # noqa: ARG002 - for those that override it
        """An operation that it speaks of, with what the contract's shape is silent on.

        Args:
            operation: the operation, as the contract declares it.
            does: what it does to documents of the collection; `none` where it does nothing to any.
        """
        return operation

    def looser_than(self, _other: Self) -> bool | None:
        """Whether it refuses less than another of its id; False where it refuses more, None where neither is known."""
        return None

    def __str__(self) -> str:
        """The promise as a sentence."""
        raise NotImplementedError


@cache
def _usual_status(statuses: tuple[int, ...], declared: frozenset[str]) -> int:
    fitting = (status for status in statuses if str(status) in declared)
    return next(fitting, statuses[0] if statuses else 400)


@dataclass(frozen=True, kw_only=True)
class CollectionRule(Rule):
    """A promise about a collection, or about each of its documents.

    Class attributes:
        shown_by: what an operation does that can break or show it.

    Args:
        collection: where the documents are kept.
    """

    shown_by: ClassVar[tuple[str, ...]] = WRITES

    collection: str

    @property
    def about(self) -> str:
        """The collection."""
        return self.collection


@dataclass(frozen=True, kw_only=True)
class PropertyRule(CollectionRule):
    """A promise about one property of a collection's documents.

    Args:
        name: the property.
    """

    name: str

    @property
    def about(self) -> str:
        """`collection.property`."""
        return f"{self.collection}.{self.name}"

    @property
    def refers_to(self) -> str | None:
        """The collection whose documents the property names; None where it names none."""
        return None

    @property
    def made_of(self) -> Node | None:
        """What the server makes the value of, as an expression about `self`; None where none tells."""
        return None

    @property
    def refers_by(self) -> str:
        """The property of those documents whose value it has; empty where that is their id."""
        return ""


@dataclass(frozen=True, kw_only=True)
class ScopeRule(PropertyRule):
    """A promise that the property tells whose a document is: for others it does not exist, or cannot be changed.

    Args:
        readers: the others for whom it exists.
        writers: the others who may change it.
    """

    refused_with = (404,)
    hides = True
    binds = True
    shown_by = ("create", "read", "list", "replace", "update", "delete", "none")
    readers: Audience = NOBODY
    writers: Audience = NOBODY

    @property
    def is_opened(self) -> bool:
        """Whether documents are open to others than those whom they belong to."""
        return not self.readers.is_empty

    def status_among(self, declared: frozenset[str]) -> int:
        """The status of a refusal: who sees a document is told that it is another's, and nobody else that it exists."""
        if self.status is not None or not self.is_opened:
            return super().status_among(declared)
        return 404 if "403" not in declared and "404" in declared else 403

    def looser_than(self, other: Self) -> bool | None:
        """Whether documents are open to more callers."""
        own, others = (self.readers, self.writers), (other.readers, other.writers)
        return None if own == others else others == (NOBODY, NOBODY)

    @property
    def openness(self) -> str:
        """To whom documents are open that are not theirs, as a sentence goes on."""
        if not self.is_opened:
            return ""
        changing = "" if self.writers.is_empty else f", and {self.writers} change it"
        return f"; {self.readers} read it{changing}"


@dataclass(frozen=True, kw_only=True)
class OperationRule(Rule):
    """A promise about one operation.

    Args:
        operation: its id.
    """

    operation: str

    @property
    def about(self) -> str:
        """The operation's id."""
        return self.operation

    def lets_in(self, caller: Mapping[str, Any]) -> bool | None:  # noqa: ARG002 - for those that override it
        """Whether a caller with these claims may ask for it at all; None where the rule or the claims do not tell."""
        return None
