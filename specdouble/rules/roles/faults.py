"""Roles that are not asked for, or the wrong ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract
from specdouble.prove.change import guarded
from specdouble.prove.facts import rules_of
from specdouble.prove.fault import Mutant, Mutants
from specdouble.rules.roles.keep import RolesGuard
from specdouble.rules.roles.rule import Roles


class Open(RolesGuard):
    """Lets everybody in."""

    def admit(self, user: Mapping[str, Any] | None, headers: Mapping[bytes, bytes]) -> None:
        """Whoever asks."""


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation with roles."""
    for rule in rules_of(contract, Roles):
        yield from _of(contract, rule)


def _of(contract: Contract, rule: Roles) -> Mutants:
    key, concerns, about = rule.operation, (rule.id,), (rule.operation,)
    yield Mutant("roles.unchecked", key, f"Any role may ask for {key}.", guarded(rule, Open), concerns, about)
    nobody = replace(rule, roles=())
    sentence = f"No role may ask for {key}."
    change = guarded(rule, lambda _, contract: RolesGuard(nobody, contract))
    yield Mutant("roles.nobody", key, sentence, change, concerns, about)
    hidden = replace(rule, status=404)
    operation = contract.operations[key]
    # Where a path leads to a document, 404 may as well hide that one.
    if "404" in operation.statuses and "{" not in operation.path and rule.status != 404:
        sentence = f"{key} answers 404, not {rule.status_among(operation.statuses)}, to other roles."
        change = guarded(rule, lambda _, contract: RolesGuard(hidden, contract))
        yield Mutant("roles.wrong-status", key, sentence, change, concerns, about)
