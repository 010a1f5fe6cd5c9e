"""Moves of a state that are made though forbidden, or refused though allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Action, Contract
from specdouble.prove.change import kept_as, refused_wrongly, unkept
from specdouble.prove.facts import creators, rules_of, sendable, unchanged
from specdouble.prove.fault import Fault, Mutant, Mutants, mutants_of_rule
from specdouble.rules.transitions.rule import Transitions


def mutants(contract: Contract) -> Mutants:
    """The mutants of every lifecycle."""
    for rule in rules_of(contract, Transitions):
        why = "" if _movers(contract, rule) else unchanged(contract, rule)
        yield from mutants_of_rule(rule, _faults(contract, rule), why)
        yield from _moves(contract, rule, why)


def _moves(contract: Contract, rule: Transitions, why: str) -> Mutants:
    ends = {dict(action.sets)[rule.name] for action in _movers(contract, rule)}
    by_change = not unchanged(contract, rule)
    for one in rule.values:
        for other in rule.values:
            if one != other:
                unseen = "" if by_change or other in ends else f"no operation moves {rule.name} to {other}"
                yield _of_move(rule, one, other, why or unseen)


def _movers(contract: Contract, rule: Transitions) -> list[Action]:
    """What operations do that move the state to a value of their own."""
    known = [action for _, action in contract.actions_of.get(rule.collection, ()) if not action.why]
    return [action for action in known if rule.name in dict(action.sets)]


def _faults(contract: Contract, rule: Transitions) -> Iterator[Fault]:
    yield "unchecked", f"{rule.name} can be moved to any value.", unkept(rule)
    if rule.initial:
        yield from _beginnings(contract, rule)
    yield from refused_wrongly(contract, rule, f"A forbidden move of {rule.name}")


def _beginnings(contract: Contract, rule: Transitions) -> Iterator[Fault]:
    """The faults of how a document begins."""
    taken = [sendable(contract, contract.operations[key]) for key in creators(contract, rule.collection)]
    if any(rule.name in one for one in taken):
        yield "begins-anyhow", f"A document may begin with any {rule.name}.", kept_as(rule, replace(rule, initial=()))
    others = tuple(value for value in rule.values if value not in rule.initial)
    if taken and others:
        sentence = f"A new document's {rule.name} is {others[0]} where none is sent."
        yield "begins-as-another", sentence, kept_as(rule, replace(rule, initial=(*others, *rule.initial)))


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
