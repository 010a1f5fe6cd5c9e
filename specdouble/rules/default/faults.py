"""Defaults that are missing, others, or come back with a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specdouble.contract import Contract
from specdouble.double.state.keeper import Document
from specdouble.prove.change import changed, created, sent
from specdouble.prove.facts import doing, required_names, rules_of, sendable
from specdouble.prove.fault import Mutant, Mutants
from specdouble.rules.default.rule import Default


def mutants(contract: Contract) -> Mutants:
    """The mutants of every default."""
    for rule in rules_of(contract, Default):
        yield from _of(contract, rule)


def _of(contract: Contract, rule: Default) -> Mutants:
    target, things = f"{rule.collection}.{rule.name}", rule.collection
    sentence = f"A new document of {things} has no {rule.name} unless it is sent."
    change = created(things, _without(rule.name))
    yield Mutant("default.missing", target, sentence, change, (rule.id,), equivalent=_filled_in(contract, rule))
    other = another(rule.value, contract.resources[things].properties.get(rule.name, {}))
    sentence = f"A new document of {things} without {rule.name} gets {other!r} for it, not {rule.value!r}."
    yield Mutant("default.wrong", target, sentence, created(things, _with(rule.name, other)), (rule.id,))
    if rule.name in _partially_changed(contract, things):
        sentence = f"A change that does not mention {rule.name} sets it back to {rule.value!r}."
        change = changed(things, _on_change(rule))
        yield Mutant("default.applied-on-update", target, sentence, change, ("partial_update", rule.id))


def _filled_in(contract: Contract, rule: Default) -> str:
    """Why a default that is missing cannot be seen, if so."""
    resource = contract.resources[rule.collection]
    property_schema = resource.properties.get(rule.name, {})
    demanded = rule.name in required_names(contract, resource.schema)
    if demanded and property_schema.get("default") == rule.value:
        return f"every answer must have a {rule.name}, and the double completes it with the same default"
    return ""


def _partially_changed(contract: Contract, collection: str) -> set[str]:
    ids = doing(contract, collection, "update")
    return {name for key in ids for name in sendable(contract, contract.operations[key])}


def another(value: object, schema: Any) -> Any:
    """Another value of the same type; of the same enum, where there is one."""
    for one in schema.get("enum", ()):
        if one != value:
            return one
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list):
        items = schema.get("items", {})
        return [] if value else [another("none", items if isinstance(items, dict) else {})]
    return f"{value} by default" if isinstance(value, str) else None


def _without(name: str) -> Callable[[Document], None]:
    def alter(document: Document) -> None:
        if name not in sent():
            document.pop(name, None)

    return alter


def _with(name: str, value: object) -> Callable[[Document], None]:
    def alter(document: Document) -> None:
        if name not in sent():
            document[name] = value

    return alter


def _on_change(rule: Default) -> Callable[[Document, Document], None]:
    def alter(_before: Document, after: Document) -> None:
        if rule.name not in sent():
            after[rule.name] = rule.value

    return alter
