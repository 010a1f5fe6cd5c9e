"""How a kind of rules is attacked, and what every other case must mind of it: the kinds' own files, gathered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from specdouble.contract import Operation, PropertyRule, Rule
from specdouble.rules import of_all


@dataclass(frozen=True)
class Attack:
    """One kind of rules, as the verifier sees it; each kind's `attack.py` has one as `ATTACK`.

    Args:
        plan: the cases of one rule; given the session, the subject and the rule.
        value: a value for the property that keeps the rule, where not any that fits the schema does; given the session,
            the subject, the rule, the property's schema, the user, and a value that it should be like, or None.
        another: such a value that no document has yet, where one that exists may be given twice; given the trial and
            the rule.
        once: whether two documents cannot have the same value.
        bound_on_update: whether a change cannot set the property to any value.
        inputs: the properties that the server makes the value of, where it makes it; given the rule.
        stamp: whether the property is a time that the server sets; given the rule, the event whose time it is.
        room: makes room for one more document where the rule leaves none, so that other cases can create theirs; given
            the trial, the subject, the rule, and the request that is to create it.
        most: how many documents there may be at once where others count too; given the rule.
        keep: a body with which a document keeps the rules of the kind, where rules speak of several properties at once;
            given the session, the subject, the rules and a `Write`.
        offend: the body of a write that breaks the rule and no other; given the trial, the subject, the rule, a
            `Write`, and another document in the same place.
        same: whether the contract leaves open that what was sent is shown as what is seen; given the rule and both.
        states: the values that the property can come to by a client's requests, where a document gets from one to the
            next; given the rule.
        begins: whether a new document may have a value, where not any; given the rule and the value.
        bring: moves a document to one of them; given the trial, the rule, the document and the value.
        last_move: the request that takes a document to one of them, once all moves before it are made; given the same.
        reach: a new document with one of them; given the trial, the subject, the rule, the value and whose it is.
        shows: what a failure shows: `access`, somebody got at what is closed to them; `setting`, a client has set what
            the server alone sets.
    """

    plan: Callable[..., Iterator[Any]]
    value: Callable[..., Any] | None = None
    another: Callable[..., Any] | None = None
    once: bool = False
    bound_on_update: bool = False
    inputs: Callable[[Any], Iterable[str] | None] | None = None
    stamp: Callable[[Any], str] | None = None
    room: Callable[..., None] | None = None
    most: Callable[[Any], int] | None = None
    keep: Callable[..., dict[str, Any]] | None = None
    offend: Callable[..., dict[str, Any]] | None = None
    same: Callable[[Any, Any, Any], bool] | None = None
    states: Callable[[Any], Iterable[Any]] | None = None
    begins: Callable[[Any, Any], bool] | None = None
    reach: Callable[..., Any] | None = None
    bring: Callable[..., None] | None = None
    last_move: Callable[..., Any] | None = None
    shows: Literal["", "access", "setting"] = ""


@dataclass(frozen=True)
class Write:
    """A request that writes a document.

    Args:
        operation: the operation.
        body: what is to be sent.
        before: the document as it is; None where it is new.
        is_partial: whether what is not sent stays.
        fixed: the properties that have to be sent as they are.
        stays: the properties that no body sets: they are as before.
    """

    operation: Operation
    body: dict[str, Any]
    before: dict[str, Any] | None = None
    is_partial: bool = False
    fixed: frozenset[str] = frozenset()
    stays: frozenset[str] = frozenset()

    def document(self, body: dict[str, Any]) -> dict[str, Any]:
        """The document that a body makes, as far as the client says what it is."""
        if self.before is None:
            return dict(body)
        stays = self.before.keys() if self.is_partial else self.stays & self.before.keys()
        return {**{name: self.before[name] for name in self.before if name in stays}, **body}


@dataclass(frozen=True)
class State:
    """A value of a property that requests bring a document to.

    Args:
        rule: the property's lifecycle.
        value: the value.
    """

    rule: PropertyRule
    value: Any

    def bring(self, trial: Any, document: Any) -> None:
        """Move a document there, by allowed moves.

        Raises:
            NotExercised: one of them is refused, or none leads there.
        """
        bring = attack_of(self.rule).bring
        assert bring is not None
        bring(trial, self.rule, document, self.value)


def attack_of(rule: Rule) -> Attack:
    """The attack of the rule's kind."""
    found: Attack = of_all("attack")[rule.kind.lower()].ATTACK
    return found
