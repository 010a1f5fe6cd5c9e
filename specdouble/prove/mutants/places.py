"""Documents that are found where they do not lie: below another parent, below none, below another caller's."""

from __future__ import annotations

from typing import Any

from specdouble.contract import Action, Contract, PropertyRule
from specdouble.contract.rule import ScopeRule
from specdouble.prove.change import Store, leaving_below, storing, together, unscoped
from specdouble.prove.facts import creators
from specdouble.prove.fault import Mutant, Mutants

NESTING = "nesting"


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation on documents that lie below others."""
    for key, action in contract.actions.items():
        if action.does == "delete":
            yield from _below_anew(contract, key, action.collection)
        if not action.scope or not creators(contract, action.collection):
            continue
        if action.does not in ("create", "create_many"):
            yield from _elsewhere(key, action)
        above = parents(contract, key)
        for parent in above:
            yield from _open_below(contract, key, action, parent)
        for parent in above[:1]:  # below it nothing of those above it is looked for
            yield from _below_none(contract, key, action, parent)


def parents(contract: Contract, key: str) -> list[str]:
    """The collections of what a path leads through, the nearest first, where a client makes and reads such."""
    path = contract.operations[key].path
    found = {
        contract.operations[other].path: action.collection
        for other, action in contract.actions.items()
        if action.does == "read" and action.id and creators(contract, action.collection)
    }
    above = [one for one in found if path.startswith(one + "/")]
    return [found[one] for one in sorted(above, key=len, reverse=True)]


def _elsewhere(key: str, action: Action) -> Mutants:
    names = tuple(name for _, name in action.scope)
    things = action.collection

    class Anywhere(Store):
        """Finds what lies anywhere."""

        def find_one(self, filter: object, *others: Any, **named: Any) -> Any:
            return self.documents.find_one(_without(filter, names), *others, **named)

        def find(self, filter: object, *others: Any, **named: Any) -> Any:
            return self.documents.find(_without(filter, names), *others, **named)

    sentence = f"{key} finds documents of {things} below another {' or '.join(names)}, too."
    yield Mutant("nesting.parent-ignored", key, sentence, storing((key,), things, Anywhere), (NESTING,), (key,))


def _without(filter: Any, names: tuple[str, ...]) -> Any:
    return {name: value for name, value in (filter or {}).items() if name not in names}


class Present(Store):
    """Finds whatever document is asked for."""

    def find_one(self, filter: Any, *others: Any, **named: Any) -> Any:
        """The document, or one that is made up."""
        found = self.documents.find_one(filter, *others, **named)
        return found if found is not None else {**(filter or {}), "_id": (filter or {}).get("_id", "none")}


def _below_none(contract: Contract, key: str, action: Action, parent: str) -> Mutants:
    """Where a rule speaks of the parent too, it refuses what is created below none all the same."""
    rules = contract.resources[action.collection].of(PropertyRule)
    ruled = action.does == "create" and any(rule.refers_to == parent for rule in rules)
    if action.does in ("create", "list") and not ruled and contract.operations[key].response(404) is not None:
        sentence = f"{key} takes any document of {parent} for one that is there."
        change = storing((key,), parent, Present)
        yield Mutant("nesting.below-none", f"{key}.{parent}", sentence, change, (NESTING,), (key,))


def _below_anew(contract: Contract, key: str, things: str) -> Mutants:
    """Where clients name documents, a new one may have the name of one that was deleted."""
    is_named = all(contract.actions[one].does == "replace" for one in creators(contract, things))
    path = contract.operations[key].path + "/"
    below = {
        action.collection
        for other, action in contract.actions.items()
        if action.does == "list" and contract.operations[other].path.startswith(path)
    }
    for child in sorted(below if is_named else ()):
        if creators(contract, things) and creators(contract, child):
            sentence = f"What lay below a deleted document of {things} lies below a new one of its name."
            change = leaving_below((key,), things, child)
            yield Mutant("nesting.below-anew", f"{key}.{child}", sentence, change, ("deletion",), (key,))


def _open_below(contract: Contract, key: str, action: Action, parent: str) -> Mutants:
    hiding = [rule for rule in contract.resources[parent].of(ScopeRule) if not rule.is_opened]
    if hiding and contract.operations[key].response(404) is not None:
        sentence = f"Anybody can {action.does} what lies below a document of {parent}."
        change = together(*(unscoped((key,), parent, {rule.name}) for rule in hiding))
        concerns = tuple(rule.id for rule in hiding)
        yield Mutant("nesting.open-below", f"{key}.{parent}", sentence, change, concerns, (key,))
