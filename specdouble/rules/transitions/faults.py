"""Moves of a state that are made though forbidden, or refused though allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract
from specdouble.prove.change import kept_as, refused_wrongly, unkept
from specdouble.prove.facts import rules_of, unchanged
from specdouble.prove.fault import Fault, Mutant, Mutants, mutants_of_rule
from specdouble.rules.transitions.rule import Transitions


def mutants(contract: Contract) -> Mutants:
    """The mutants of every lifecycle."""
    for rule in rules_of(contract, Transitions):
        why = unchanged(contract, rule)
        yield from mutants_of_rule(rule, _faults(contract, rule), why)
        yield from _moves(contract, rule, why)


def _moves(contract: Contract, rule: Transitions, why: str) -> Mutants:
    values = contract.resources[rule.collection].properties[rule.name].get("enum", [])
    for one in values:
        for other in values:
            if one != other:
                yield _of_move(rule, one, other, why)


def _faults(contract: Contract, rule: Transitions) -> Iterator[Fault]:
    yield "unchecked", f"{rule.name} can be moved to any value.", unkept(rule)
    yield from refused_wrongly(contract, rule, f"A forbidden move of {rule.name}")


def _of_move(rule: Transitions, one: Any, other: Any, why: str) -> Mutant:
    target = f"{rule.collection}.{rule.name}={one}>{other}"
    if not rule.allows(one, other):
        moves = {**rule.moves, one: (*rule.moves.get(one, ()), other)}
        sentence = f"{rule.name} can move from {one} to {other}."
        change = kept_as(rule, replace(rule, moves=moves))
        return Mutant("transitions.forbidden-allowed", target, sentence, change, (rule.id,), equivalent=why)
    moves = {value: tuple(to for to in tos if (value, to) != (one, other)) for value, tos in rule.moves.items()}
    change = kept_as(rule, replace(rule, moves=moves))
    sentence = f"{rule.name} cannot move from {one} to {other}."
    return Mutant("transitions.allowed-refused", target, sentence, change, (rule.id,), equivalent=why)
