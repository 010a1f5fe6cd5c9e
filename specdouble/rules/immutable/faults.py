"""What is fixed can be changed, or seems so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract import Contract
from specdouble.double.state.enforcement import Document, Enforcement
from specdouble.prove.change import around, enforcing, letting, refusing_with
from specdouble.prove.facts import unchanged, wrong_status
from specdouble.prove.fault import Change, Mutant, Mutants
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
    yield "unchecked", f"{rule.name} can be changed after creation.", letting(rule, lambda _before, _after: True)

    def ignoring(enforcement: Enforcement) -> None:
        def carry_over(original: Any, before: Document, after: Document) -> None:
            original(before, after)
            if rule.name in before:
                after[rule.name] = before[rule.name]

        around(enforcement, "carry_over", carry_over)

    sentence = f"A change of {rule.name} is answered as done and has no effect."
    yield "ignored", sentence, enforcing(rule.collection, ignoring)
    other = wrong_status(contract, rule)
    if other is not None:
        sentence = f"A change of {rule.name} is refused with {other}, which the contract declares for something else."
        yield "wrong-status", sentence, refusing_with("immutables", rule, other)
