"""Keys that are not looked at, or at nothing but which."""

from __future__ import annotations

from specdouble.contract import Contract
from specdouble.prove.change import answering
from specdouble.prove.facts import rules_of
from specdouble.prove.fault import Mutant, Mutants
from specdouble.prove.message import as_first_with, with_new_field
from specdouble.rules.idempotency.rule import Idempotency


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation whose requests have keys."""
    for rule in rules_of(contract, Idempotency):
        action = contract.actions.get(rule.operation)
        why = "" if action and action.does == "create" else f"{rule.operation} is not known to create documents"
        key = rule.operation
        sentence = f"{key} is done again each time, whatever its {rule.header}."
        change = answering((key,), with_new_field(rule.header))
        yield Mutant("idempotency.done-again", key, sentence, change, (rule.id,), (key,), why)
        sentence = f"{key} takes any request with a known {rule.header} for the first one."
        change = answering((key,), as_first_with(rule.header))
        yield Mutant("idempotency.key-alone", key, sentence, change, (rule.id,), (key,), why)
