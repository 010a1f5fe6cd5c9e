"""What is fixed can be changed, or seems so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specdouble.contract import Contract
from specdouble.double.state.keeper import Document
from specdouble.prove.change import kept, kept_as, unkept
from specdouble.prove.facts import unchanged, wrong_status
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.rules.immutable.keep import ImmutableKeeper
from specdouble.rules.immutable.rule import Immutable


def mutants(contract: Contract) -> Mutants:
    """The mutants of every immutable property."""
    for resource in contract.resources.values():
        for rule in resource.of(Immutable):
            yield from _of(contract, rule)


def _of(contract: Contract, rule: Immutable) -> Mutants:
    target, why = f"{rule.collection}.{rule.name}", unchanged(contract, rule)
    for kind, sentence, change in _faults(contract, rule):
        yield Mutant(f"immutable.{kind}", target, sentence, change, (rule.id,), equivalent=why)


def _faults(contract: Contract, rule: Immutable) -> Iterator[tuple[str, str, Change]]:
    yield "unchecked", f"{rule.name} can be changed after creation.", unkept(rule)
    sentence = f"A change of {rule.name} is answered as done and has no effect."
    yield "ignored", sentence, kept(rule, Ignoring)
    other = wrong_status(contract, rule)
    if other is not None:
        sentence = f"A change of {rule.name} is refused with {other}, which the contract declares for something else."
        yield "wrong-status", sentence, kept_as(rule, replace(rule, status=other))


class Ignoring(ImmutableKeeper):
    """Puts the stored value back, and says nothing."""

    def change(self, before: Document, after: Document) -> None:
        """Whatever the change said."""
        if self.rule.name in before:
            after[self.rule.name] = before[self.rule.name]
