"""Documents that a colleague may see or change."""

from __future__ import annotations

from specdouble.contract import Contract
from specdouble.prove.fault import Mutants
from specdouble.prove.mutants import isolation
from specdouble.rules.owner.rule import Owner


def mutants(contract: Contract) -> Mutants:
    """The mutants of every owner."""
    for resource in contract.resources.values():
        for rule in resource.of(Owner):
            yield from isolation.of_rule(contract, resource, rule, "A colleague")
            yield from isolation.told(contract, resource, rule)
