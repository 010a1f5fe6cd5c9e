"""The mutants that a contract implies: one module for each kind of promise."""

from __future__ import annotations

from specdouble.contract import Contract
from specdouble.prove.fault import Mutant
from specdouble.prove.mutants import (
    authentication,
    ownership,
    properties,
    references,
    requests,
    responses,
    storage,
    timestamps,
    unique,
)

_MODULES = (unique, references, ownership, properties, timestamps, storage, responses, requests, authentication)


def mutants_of(contract: Contract) -> list[Mutant]:
    """Every mutant of the contract, by rule first, then by operation."""
    return list({mutant.id: mutant for module in _MODULES for mutant in module.mutants(contract)}.values())
