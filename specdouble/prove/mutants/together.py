"""Documents that are created together: one of them is lost, or some stay though the request is refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from specdouble.contract import Contract, PropertyRule
from specdouble.double.state.keeper import Document
from specdouble.prove.change import Store, kept_where, operation_now, storing
from specdouble.prove.facts import creators, doing, sendable
from specdouble.prove.fault import Mutant, Mutants
from specdouble.verify.attack import attack_of
from specdouble.verify.creation import creates_many

READ, TRACE = "read_your_writes", "refused_leaves_no_trace"


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation that creates several documents."""
    for key, action in contract.actions.items():
        things = action.collection
        if not creates_many(contract, contract.operations[key]) or not creators(contract, things):
            continue
        if doing(contract, things, "read", "list"):
            sentence = f"Of documents of {things} that {key} creates together, the second is not there."
            yield Mutant("together.one-lost", key, sentence, storing((key,), things, Losing), (READ,), (key,))
        for rule in _offended(contract, things):
            sentence = f"{key} does not look at {rule.id}."
            change = kept_where(rule, partial(_is_elsewhere, key))
            yield Mutant("together.rule-unchecked", f"{key} {rule.id}", sentence, change, (rule.id,), (key,))
        refusing = [rule.id for rule in contract.resources[things].of(PropertyRule) if attack_of(rule).once]
        if refusing:
            sentence = f"Documents of {things} stay though {key} is refused for one of those that it was to create."
            yield Mutant(
                "together.half-kept", key, sentence, storing((key,), things, Keeping), (TRACE, *refusing), (key,)
            )


def _offended(contract: Contract, things: str) -> Iterator[PropertyRule]:
    """The rules of a property that a create takes, and that no index of the store keeps beside."""
    taken = {name for key in creators(contract, things) for name in sendable(contract, contract.operations[key])}
    for rule in contract.resources[things].of(PropertyRule):
        attack = attack_of(rule)
        if rule.name in taken and attack.offend is not None and not attack.once and not rule.final:
            yield rule


def _is_elsewhere(key: str, _after: Document, _before: Document | None) -> bool:
    return operation_now() != key


class Losing(Store):
    """Does not keep the second document of a request."""

    def __init__(self, documents: Any) -> None:
        super().__init__(documents)
        self.number = 0

    def insert_one(self, document: Any, *others: Any, **named: Any) -> Any:
        """Insert it, and take the second one out again."""
        inserted = self.documents.insert_one(document, *others, **named)
        self.number += 1
        if self.number == 2:
            self.documents.delete_one({"_id": document["_id"]})
        return inserted


class Keeping(Store):
    """Lets nothing of a request be taken back."""

    def delete_one(self, *_others: Any, **_named: Any) -> None:
        """Delete nothing."""
