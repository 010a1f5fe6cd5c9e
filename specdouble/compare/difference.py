"""A difference: what two servers answered otherwise to the same request, and the cause that many have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from specdouble.verify.exchange import Exchange

What = Literal["status", "shape", "value", "state", "list"]


@dataclass(frozen=True)
class Difference:
    """What two servers answered otherwise to the same request.

    Args:
        what: status, shape or value of the answer; what a read or a list shows afterwards.
        collection: whose documents it is about.
        operation: the id of the operation.
        intent: what the request was meant to try, as a clause.
        place: the property that differs, as a path; empty where it is the answer as a whole.
        server: what the server did, as a clause.
        double: what the double did.
        tried: the property that the request was meant to try; empty where it was the document as a whole.
        refused_by: the id of the rule by which the double refused it; empty where it did not, or not by a rule.
        taken: whether the server takes a create with the very value that it refused a change to.
    """

    what: What
    collection: str
    operation: str
    intent: str
    place: str
    server: str
    double: str
    tried: str = ""
    refused_by: str = ""
    taken: bool = False

    @property
    def cause(self) -> tuple[str, ...]:
        """The same for differences that have one cause, whatever was tried: a property, a rule of the double's.

        So have refusals of both with another status: which one an operation refuses with is one choice of its server.
        """
        if self.place:
            return self.collection, self.place
        if self.refused_by:
            return self.collection, self.refused_by, self.server
        are_refusals = self.server.startswith("answers 4") and self.double.startswith("answers 4")
        return self.what, self.operation, "" if are_refusals else self.intent, self.server, self.double

    @property
    def refused_with(self) -> int | None:
        """The status with which the server refused what a rule of the double's refuses, too; None where it took it."""
        _, _, status = self.server.partition("answers ")
        return int(status) if self.refused_by and status[:1] == "4" and status.isdigit() else None

    @property
    def sentence(self) -> str:
        """What differs."""
        where = f"{self.place}: " if self.place else ""
        rule = f", by {self.refused_by}" if self.refused_by else ""
        return f"{where}the server {self.server}, the double {self.double}{rule}"


@dataclass
class Cause:
    """Differences that have one cause, told by the first of them.

    Args:
        first: the first.
        steps: the requests that show it, as the server was sent them.
        count: how often it was seen.
        curl: the lines for a shell that send them.
    """

    first: Difference
    steps: Sequence[Exchange] = field(repr=False)
    count: int = 1
    curl: str = field(default="", repr=False)

    def entry(self) -> dict[str, Any]:
        """Its entry in the JSON report."""
        one = self.first
        return {
            "what": one.what, "collection": one.collection, "operation": one.operation,
            "intent": one.intent, "property": one.place or None,
            "server": one.server, "double": one.double, "rule": one.refused_by or None,
            "count": self.count, "curl": self.curl,
        }  # fmt: skip
