"""The mutants that a contract implies: of each kind of rules, and of what holds for every operation."""

from __future__ import annotations

from specdouble.contract import Contract
from specdouble.prove.fault import Mutant


def mutants_of(contract: Contract) -> list[Mutant]:
    """Every mutant of the contract, by rule first, then by operation."""
    from specdouble.prove.mutants import (
        authentication,
        fields,
        lists,
        lives,
        places,
        requests,
        responses,
        states,
        storage,
        together,
    )
    from specdouble.rules import of_all

    kept = (storage, together, states, lives, places, lists)
    modules = (*of_all("faults").values(), *kept, responses, fields, requests, authentication)
    return list({mutant.id: mutant for module in modules for mutant in module.mutants(contract)}.values())
