"""What is fixed can be changed, or seems so."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.contract import Contract
from specdouble.double.state.keeper import Document
from specdouble.prove.change import kept, refused_wrongly, unkept
from specdouble.prove.facts import rules_of, unchanged
from specdouble.prove.fault import Fault, Mutants, mutants_of_rule
from specdouble.rules.immutable.keep import ImmutableKeeper
from specdouble.rules.immutable.rule import Immutable


def mutants(contract: Contract) -> Mutants:
    """The mutants of every immutable property."""
    for rule in rules_of(contract, Immutable):
        yield from mutants_of_rule(rule, _faults(contract, rule), unchanged(contract, rule))


def _faults(contract: Contract, rule: Immutable) -> Iterator[Fault]:
    yield "unchecked", f"{rule.name} can be changed after creation.", unkept(rule)
    sentence = f"A change of {rule.name} is answered as done and has no effect."
    yield "ignored", sentence, kept(rule, Ignoring)
    yield from refused_wrongly(contract, rule, f"A change of {rule.name}")


class Ignoring(ImmutableKeeper):
    """Puts the stored value back, and says nothing."""

    def change(self, before: Document, after: Document) -> None:
        """Whatever the change said."""
        if self.rule.name in before:
            after[self.rule.name] = before[self.rule.name]
