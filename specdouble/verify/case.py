"""A case: one way to try one rule or check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from specdouble.contract import Operation
from specdouble.verify.trial import Attempt


@dataclass(frozen=True)
class Case:
    """One way to try one rule or check.

    Args:
        check: the id of the rule, or the name of the check.
        promise: what it holds the server to, as one clause; failures of the same promise are one failure.
        detail: what sets it apart from other cases of the promise.
        run: tries it; raises Broken.
        operations: the ids of the operations that it is about.
        strategy: makes a case of it for each random example, where it has any.
        decisive: whether the promise is proved by it: a rule of which no decisive case ran is not exercised.
        unaided: whether it tells by itself why a request is refused: that none is taken may be what it looks for.
        last: whether it looks for what no other case has found: it is tried after all of them, where nothing was.
    """

    check: str
    promise: str
    run: Attempt
    detail: str = ""
    operations: tuple[str, ...] = ()
    strategy: Callable[[], Any] | None = None
    decisive: bool = False
    unaided: bool = False
    last: bool = False


@dataclass(frozen=True)
class Missing:
    """Why a rule or check cannot be tried, or a side of it.

    Args:
        check: the id of the rule, or the name of the check.
        reason: what is wanting.
        decisive: whether nothing is proved without it, whatever else was tried.
    """

    check: str
    reason: str
    decisive: bool = False


Plan = Iterator[Case | Missing]


class Names:
    """The checks that need no annotation."""

    read_your_writes: ClassVar = "read_your_writes"
    partial_update: ClassVar = "partial_update"
    refused_leaves_no_trace: ClassVar = "refused_leaves_no_trace"
    read_changes_nothing: ClassVar = "read_changes_nothing"
    distinct_ids: ClassVar = "distinct_ids"
    unknown_documents: ClassVar = "unknown_documents"
    boundaries: ClassVar = "boundaries"
    unknown_properties: ClassVar = "unknown_properties"
    error_shape: ClassVar = "error_shape"
    authentication: ClassVar = "authentication"
    nesting: ClassVar = "nesting"
    paging: ClassVar = "paging"
    filtering: ClassVar = "filtering"
    deletion: ClassVar = "deletion"
    replacement: ClassVar = "replacement"
    concurrency: ClassVar = "concurrency"
    derived_values: ClassVar = "derived_values"
    header_fields: ClassVar = "header_fields"
    idempotency: ClassVar = "idempotency"
    programs: ClassVar = "programs"
    conformance: ClassVar = "conformance"


ALWAYS = {
    Names.read_your_writes: "what was written is what is read",
    Names.partial_update: "an update changes what it names and nothing else",
    Names.refused_leaves_no_trace: "a refused request changes nothing",
    Names.read_changes_nothing: "a read changes nothing",
    Names.distinct_ids: "ids are distinct and stay",
    Names.unknown_documents: "a document that is not there is not found",
    Names.boundaries: "bounds hold from both sides",
    Names.unknown_properties: "unknown properties are taken where the contract is open",
    Names.error_shape: "refusals have the declared shape",
    Names.authentication: "only valid credentials are taken",
    Names.nesting: "what lies below a document is found below it alone",
    Names.paging: "pages together show every document once",
    Names.filtering: "a list shows what its filters and its order say",
    Names.deletion: "what was deleted is gone, with what lies below it",
    Names.replacement: "a replacement leaves nothing of what it does not hold",
    Names.concurrency: "of requests at the same time none is lost",
    Names.derived_values: "what the server counts is what there is",
    Names.header_fields: "header fields tell the truth, and conditions hold",
    Names.idempotency: "the same request with the same key is done once",
    Names.programs: "after any requests all see what is there",
    Names.conformance: "requests and answers are as the contract declares",
}


def ids(*operations: Operation | None) -> tuple[str, ...]:
    """The ids of the operations that there are."""
    return tuple(one.id for one in operations if one is not None)
