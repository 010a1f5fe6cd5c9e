"""The baseline of an operation: a request that the server takes, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import PropertyRule
from specdouble.verify.attack import attack_of
from specdouble.verify.bodies import shown
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.refusal import says_taken
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

ADVICE = {
    401: "a user whose credentials it takes, in [tool.specdouble.verify]",
    403: "a user who may do this, in [tool.specdouble.verify]",
    404: "an `example` of the parameter, or its value in `parameters` of [tool.specdouble.verify]",
}
BODY_ADVICE = "an `example` that the server takes, or `x-validations` that say what it demands"


@dataclass(frozen=True)
class State:
    """What a document has come to: an order is paid.

    Args:
        rule: which property tells it, and how documents get there.
        value: what the property has to be.
    """

    rule: PropertyRule
    value: Any

    def __str__(self) -> str:
        return f"{self.rule.id} {self.value}"

    def reach(self, trial: Trial, subject: Subject, user: User) -> Document:
        """A new document of the user that has come to it.

        Raises:
            NotExercised: no requests that the server takes lead there.
        """
        attack = attack_of(self.rule)
        assert attack.reach is not None
        document: Document = attack.reach(trial, subject, self.rule, self.value, user)
        return document


@dataclass
class Baseline:
    """What is known of one operation.

    Args:
        operation: the operation.
        taken: the request that the server took.
        refused: the request that came nearest, where it took none.
        why: why none could be sent.
        nobody: whether that is for want of a user.
        held: what its body must hold beside the usual, by property; words in it are made anew.
        without: the properties of a full body that the server does not take.
        states: what the documents have to have come to that its path names, by parameter: only what is paid is shipped.
    """

    operation: Operation
    taken: Exchange | None = None
    refused: Exchange | None = None
    why: str = ""
    nobody: bool = False
    held: Mapping[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    states: Mapping[str, State] = field(default_factory=dict)

    @property
    def missing(self) -> str | None:
        """Why what depends on it is not exercised; None where there is a request that the server takes."""
        if self.taken is not None:
            return None
        if self.refused is None:
            told = self.nobody or self.why.startswith(str(self.operation))
            return self.why if told else f"{self.operation}: {self.why}"
        return f"no request of {self.operation} was found that the server takes ({self.refused.told(60)})"

    @property
    def line(self) -> str:
        """What was sent, and what came back."""
        if self.refused is None:
            return str(self.operation) if self.nobody else self.missing or ""
        call, path = self.refused.call, self.operation.path
        for name, value in call.path.items():
            path = path.replace("{" + name + "}", str(value))
        sent = f" {shown(call.body, 160)}" if call.has_body else ""
        return f"{self.operation.method.upper()} {path}{sent}: {self.refused.told(120)}"

    @property
    def advice(self) -> str:
        """What would help."""
        if self.refused is None:
            return self.why if self.nobody else "none could be sent"
        status = self.refused.status
        if status >= 500:
            return "the server failed, which is told as a failure"
        if says_taken(self.refused):
            return "what is made anew is refused as taken; an `example` that the server takes would help"
        helps = ADVICE.get(status) or (BODY_ADVICE if self.operation.body else ADVICE[404])
        return f"{helps} would help"
