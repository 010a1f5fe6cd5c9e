"""Documents that a colleague may see or change."""

from __future__ import annotations

from specdouble.contract import Contract
from specdouble.prove.facts import rules_of
from specdouble.prove.fault import Mutants
from specdouble.prove.mutants import isolation
from specdouble.rules.owner.rule import Owner


def mutants(contract: Contract) -> Mutants:
    """The mutants of every owner."""
    for rule in rules_of(contract, Owner):
        resource = contract.resources[rule.collection]
        yield from isolation.of_rule(contract, resource, rule, "A colleague")
        yield from isolation.disclosed(contract, resource, rule)
