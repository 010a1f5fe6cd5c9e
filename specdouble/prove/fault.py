"""A mutant: the double with one fault in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from specdouble.contract import CollectionRule
from specdouble.double.factories import Factories

Change = Callable[[Factories], Factories]


@dataclass(frozen=True)
class Mutant:
    """One fault that a team could make.

    Args:
        kind: the fault, `unique.case-not-ignored` for instance.
        target: what has the fault: a property of a collection, an operation, or a property of an operation.
        sentence: what went wrong, in the words of the business.
        change: puts the fault among the factories of a double.
        concerns: the rules and checks that it is for to see the fault; they are tried first.
        operations: the ids of the operations that have the fault; empty where it is the documents'.
        equivalent: why no operation of the contract can show the fault; empty where one can.
    """

    kind: str
    target: str
    sentence: str
    change: Change
    concerns: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    equivalent: str = ""

    @property
    def id(self) -> str:
        """`kind:target`, the same in output, reports and `--only`."""
        return f"{self.kind}:{self.target}"


Mutants = Iterator[Mutant]
Fault = tuple[str, str, Change]  # its name, what goes wrong, how it is put into a double


def mutants_of_rule(rule: CollectionRule, faults: Iterable[Fault], equivalent: str = "") -> Mutants:
    """The mutants of one rule that are documents' and not operations', each with one of the faults."""
    for name, sentence, change in faults:
        yield Mutant(f"{rule.kind}.{name}", rule.about, sentence, change, (rule.id,), equivalent=equivalent)
