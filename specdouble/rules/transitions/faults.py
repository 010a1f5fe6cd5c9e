"""Moves of a state that are made though forbidden, or refused though allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract
from specdouble.prove.change import kept_as, unkept
from specdouble.prove.facts import unchanged, wrong_status
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.rules.transitions.rule import Transitions


def mutants(contract: Contract) -> Mutants:
    """The mutants of every lifecycle."""
    for resource in contract.resources.values():
        for rule in resource.of(Transitions):
            yield from _of(contract, rule)


def _of(contract: Contract, rule: Transitions) -> Mutants:
    why = unchanged(contract, rule)
    for kind, sentence, change in _faults(contract, rule):
        target = f"{rule.collection}.{rule.name}"
        yield Mutant(f"transitions.{kind}", target, sentence, change, (rule.id,), equivalent=why)
    values = contract.resources[rule.collection].properties[rule.name].get("enum", [])
    for one in values:
        for other in values:
            if one != other:
                yield _of_move(rule, one, other, why)


def _faults(contract: Contract, rule: Transitions) -> Iterator[tuple[str, str, Change]]:
    yield "unchecked", f"{rule.name} can be moved to any value.", unkept(rule)
    other = wrong_status(contract, rule)
    if other is not None:
        sentence = f"A forbidden move of {rule.name} is refused with {other}, declared for something else."
        yield "wrong-status", sentence, kept_as(rule, replace(rule, status=other))


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
