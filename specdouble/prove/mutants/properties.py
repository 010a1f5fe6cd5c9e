"""Defaults, what the server alone sets, what is fixed, and the moves of a state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract, Default, Immutable, ReadOnly, Resource, Timestamp, Transitions
from specdouble.double.state.enforcement import Document, Enforcement, View
from specdouble.double.state.problem import Broken
from specdouble.prove.change import around, enforcing, sent
from specdouble.prove.facts import (
    changers,
    creators,
    document_schema,
    doing,
    json_body,
    resolved,
    sendable,
    unwritten,
)
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.prove.mutants.unique import wrong_status


def mutants(contract: Contract) -> Mutants:
    """The mutants of every rule of these kinds."""
    for rule in contract.rules.values():
        if isinstance(rule, Default):
            yield from _defaults(contract, rule)
    for resource in contract.resources.values():
        for name in server_set(resource):
            yield from _from_client(contract, resource, name)
        for fixed in resource.of(Immutable):
            yield from _immutable(contract, fixed)
        for moves in resource.of(Transitions):
            yield from _transitions(contract, moves)


# Defaults


def _defaults(contract: Contract, rule: Default) -> Mutants:
    target, things = f"{rule.collection}.{rule.name}", rule.collection
    sentence = f"A new document of {things} has no {rule.name} unless it is sent."
    yield Mutant("default.missing", target, sentence, _created(things, _without(rule.name)), (rule.id,))
    other = another(rule.value, contract.resources[things].properties.get(rule.name, {}))
    sentence = f"A new document of {things} without {rule.name} gets {other!r} for it, not {rule.value!r}."
    yield Mutant("default.wrong", target, sentence, _created(things, _with(rule.name, other)), (rule.id,))
    if rule.name in _partially_changed(contract, things):
        sentence = f"A change that does not mention {rule.name} sets it back to {rule.value!r}."
        change = enforcing(things, _on_change(rule))
        yield Mutant("default.applied-on-update", target, sentence, change, ("partial_update", rule.id))


def _partially_changed(contract: Contract, collection: str) -> set[str]:
    ids = doing(contract, collection, "update")
    return {name for key in ids for name in sendable(contract, contract.operations[key])}


def another(value: Any, schema: Any) -> Any:
    """Another value of the same type; of the same enum, where there is one."""
    for one in schema.get("enum", ()):
        if one != value:
            return one
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value} by default" if isinstance(value, str) else None


def _created(collection: str, alter_new: Callable[[Document], None]) -> Change:
    """Alter new documents, before they are stored."""

    def alter(enforcement: Enforcement) -> None:
        def completed(original: Any, document: Document, user: Any) -> Document:
            made: Document = original(document, user)
            alter_new(made)
            return made

        around(enforcement, "completed", completed)

    return enforcing(collection, alter)


def _without(name: str) -> Callable[[Document], None]:
    def alter(document: Document) -> None:
        if name not in sent():
            document.pop(name, None)

    return alter


def _with(name: str, value: Any) -> Callable[[Document], None]:
    def alter(document: Document) -> None:
        if name not in sent():
            document[name] = value

    return alter


def _on_change(rule: Default) -> Callable[[Enforcement], None]:
    def alter(enforcement: Enforcement) -> None:
        def carry_over(original: Any, before: Document, after: Document) -> None:
            original(before, after)
            if rule.name not in sent():
                after[rule.name] = rule.value

        around(enforcement, "carry_over", carry_over)

    return alter


# What the server alone sets


def server_set(resource: Resource) -> list[str]:
    """The properties that a client's value has no effect on."""
    names = [rule.name for rule in (*resource.of(ReadOnly), *resource.of(Timestamp))]
    return list(dict.fromkeys(names))


def _from_client(contract: Contract, resource: Resource, name: str) -> Mutants:
    things, target = resource.collection, f"{resource.collection}.{name}"
    why = unwritten(contract, things) or _closed(contract, things, name, *creators(contract, things))
    concerns = tuple(rule.id for rule in resource.rules if rule.name == name)
    if creators(contract, things) or why:
        sentence = f"Who creates a document of {things} chooses its {name}."
        yield Mutant(
            "readOnly.from-client-on-create",
            target,
            sentence,
            _created(things, _taken(resource, name)),
            concerns,
            (),
            why,
        )
    if changers(contract, things) and name != resource.id:
        sentence = f"A change of a document of {things} may set its {name}."
        change = enforcing(things, _taken_on_change(name))
        why = _closed(contract, things, name, *changers(contract, things))
        yield Mutant("readOnly.from-client-on-update", target, sentence, change, concerns, (), why)


def _closed(contract: Contract, collection: str, name: str, *ids: str) -> str:
    """Why no request that is taken can hold the property; empty where one can."""
    for key in ids:
        operation = contract.operations[key]
        media = json_body(operation)
        schema = resolved(contract, document_schema(contract, operation, media)) if media else {}
        if media and (name in sendable(contract, operation) or schema.get("additionalProperties") is not False):
            return ""
    return f"every request that writes {collection} is refused where it holds {name}: its schema is closed"


def _taken(resource: Resource, name: str) -> Callable[[Document], None]:
    stored = "_id" if name == resource.id else name

    def alter(document: Document) -> None:
        value = sent().get(name)
        if value is not None and (stored != "_id" or isinstance(value, str | int)):
            document[stored] = value

    return alter


def _taken_on_change(name: str) -> Callable[[Enforcement], None]:
    def alter(enforcement: Enforcement) -> None:
        def carry_over(original: Any, before: Document, after: Document) -> None:
            original(before, after)
            if name in sent():
                after[name] = sent()[name]

        around(enforcement, "carry_over", carry_over)

    return alter


# What is fixed


def _immutable(contract: Contract, rule: Immutable) -> Mutants:
    target, why = f"{rule.collection}.{rule.name}", _unchanged(contract, rule)
    for kind, sentence, change in _of_immutable(contract, rule):
        yield Mutant(f"immutable.{kind}", target, sentence, change, (rule.id,), equivalent=why)


def _unchanged(contract: Contract, rule: Any) -> str:
    ids = changers(contract, rule.collection)
    if any(rule.name in sendable(contract, contract.operations[key]) for key in ids):
        return ""
    return f"no operation that changes documents of {rule.collection} takes {rule.name}"


def _of_immutable(contract: Contract, rule: Immutable) -> Iterator[tuple[str, str, Change]]:
    yield "unchecked", f"{rule.name} can be changed after creation.", letting(rule, lambda _before, _after: True)

    def ignoring(enforcement: Enforcement) -> None:
        def carry_over(original: Any, before: Document, after: Document) -> None:
            original(before, after)
            if rule.name in before:
                after[rule.name] = before[rule.name]

        around(enforcement, "carry_over", carry_over)

    sentence = f"A change of {rule.name} is answered as done and has no effect."
    yield "ignored", sentence, enforcing(rule.collection, ignoring)
    other = wrong_status(contract, rule)
    if other is not None:
        sentence = f"A change of {rule.name} is refused with {other}, which the contract declares for something else."
        yield "wrong-status", sentence, _of_status("immutables", rule, other)


def letting(rule: Any, lets: Callable[[Any, Any], bool]) -> Change:
    """Let a change from one value to another pass that the rule refuses."""

    def alter(enforcement: Enforcement) -> None:
        def broken_by(original: Any, after: Document, before: Any, touched: Any, view: View) -> list[Broken]:
            found: list[Broken] = original(after, before, touched, view)
            moved = ((before or {}).get(rule.name), after.get(rule.name))
            return [one for one in found if one.rule != rule or not lets(*moved)]

        around(enforcement, "broken_by", broken_by)

    return enforcing(rule.collection, alter)


def _of_status(attribute: str, rule: Any, status: int) -> Change:
    def alter(enforcement: Enforcement) -> None:
        rules = getattr(enforcement, attribute)
        setattr(enforcement, attribute, [replace(one, status=status) if one == rule else one for one in rules])

    return enforcing(rule.collection, alter)


# The moves of a state


def _transitions(contract: Contract, rule: Transitions) -> Mutants:
    why = _unchanged(contract, rule)
    for kind, sentence, change in _of_transitions(contract, rule):
        target = f"{rule.collection}.{rule.name}"
        yield Mutant(f"transitions.{kind}", target, sentence, change, (rule.id,), equivalent=why)
    values = contract.resources[rule.collection].properties[rule.name].get("enum", [])
    for one in values:
        for other in values:
            if one != other:
                yield _of_move(rule, one, other, why)


def _of_transitions(contract: Contract, rule: Transitions) -> Iterator[tuple[str, str, Change]]:
    yield "unchecked", f"{rule.name} can be moved to any value.", letting(rule, lambda _before, _after: True)
    other = wrong_status(contract, rule)
    if other is not None:
        sentence = f"A forbidden move of {rule.name} is refused with {other}, declared for something else."
        yield "wrong-status", sentence, _of_status("transitions", rule, other)


def _of_move(rule: Transitions, one: Any, other: Any, why: str) -> Mutant:
    target = f"{rule.collection}.{rule.name}={one}>{other}"
    if not rule.allows(one, other):
        change = letting(rule, lambda before, after: (before, after) == (one, other))
        sentence = f"{rule.name} can move from {one} to {other}."
        return Mutant("transitions.forbidden-allowed", target, sentence, change, (rule.id,), equivalent=why)
    moves = {value: tuple(to for to in tos if (value, to) != (one, other)) for value, tos in rule.moves.items()}

    def alter(enforcement: Enforcement) -> None:
        enforcement.transitions = [replace(rule, moves=moves) if x == rule else x for x in enforcement.transitions]

    sentence = f"{rule.name} cannot move from {one} to {other}."
    return Mutant(
        "transitions.allowed-refused", target, sentence, enforcing(rule.collection, alter), (rule.id,), equivalent=why
    )
