"""Custom methods: operations on a document that their name tells, as `POST /orders/{id}/cancel` (AIP-136)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract.bodies import Found
from specdouble.contract.guesses import Guesses, can_succeed
from specdouble.contract.identity import singular
from specdouble.contract.operation import Operation
from specdouble.contract.properties import plain, synonyms, types_of
from specdouble.contract.resource import Action, Resource

# `/orders/{id}/cancel`, `/orders/{id}:cancel`, `/orders/{id}/actions/cancel`
_CUSTOM = re.compile(r"(?P<one>.*/\{[^{}/]+\})(?:/|:)(?:actions/)?(?P<verb>[A-Za-z][\w-]*)/?$")
_COPYING = {"copy", "clone", "duplicate", "fork", "import"}
_NEGATING = ("un", "de", "dis", "in")
_IRREGULAR = {"pay": "paid", "send": "sent", "hold": "held", "freeze": "frozen", "withdraw": "withdrawn", "win": "won"}


def infer_custom_methods(guesses: Guesses, operations: list[Operation], open_ones: list[Operation]) -> None:
    """Infer what custom methods do to documents of inferred collections.

    The document changes only where the operation's answer shows it, or its name says how: `cancel` where there is a
    status `cancelled`, `lock` where there is a `locked`.

    Args:
        guesses: what is known so far; it becomes more.
        operations: those of the contract.
        open_ones: those of which nothing is known.
    """
    reading = {one.path: guesses.actions[one.id] for one in operations if _reads_one(guesses, one)}
    parts: dict[str, Action] = {}
    for operation in open_ones:
        match = _CUSTOM.match(operation.path)
        of = reading.get(match["one"]) if match else None
        if match is None or of is None or not can_succeed(operation) or operation.method == "get":
            continue
        action = _action(guesses, operation, match["verb"], of)
        if action is not None:
            guesses.actions[operation.id] = action
        if action is not None and action.does == "update":
            parts[operation.path] = of
    for operation in open_ones:
        if operation.method == "get" and operation.path in parts:
            _read_part(guesses, operation, parts[operation.path])


def place_of_document(guesses: Guesses, operation: Operation, of: Resource | Found) -> tuple[str, ...] | None:
    """The way to a document of that schema in the operation's success."""
    for found in guesses.bodies.shown(operation):
        if not found.many and (found.pointer == of.pointer or found.schema == of.schema):
            return found.envelope
    return None


def _read_part(guesses: Guesses, operation: Operation, of: Action) -> None:
    """`GET /pods/{name}/status`, where `PUT` takes and shows the pod, shows it too."""
    place = place_of_document(guesses, operation, guesses.resources[of.collection])
    if place is not None:
        guesses.actions[operation.id] = replace(of, envelope=place, in_array=False, why="it shows the document")


def _reads_one(guesses: Guesses, operation: Operation) -> bool:
    action = guesses.actions.get(operation.id)
    return action is not None and action.does == "read" and action.id is not None


def _action(guesses: Guesses, operation: Operation, verb: str, of: Action) -> Action | None:
    resource = guesses.resources[of.collection]
    place = place_of_document(guesses, operation, resource)
    sent = guesses.bodies.sent_document(operation, resource.properties)
    is_part = place is not None and operation.method in ("put", "patch")  # `/pods/{name}/status` takes the pod
    # What is made of a document is another one; a word in the plural is a collection's.
    makes_another = operation.success == 201 or verb.lower() in _COPYING
    if makes_another or singular(verb) != verb or (sent is not None and sent.many):
        return None
    sets = tuple(_effects(verb, resource, negated=operation.method == "delete"))
    if place is None and not sets:
        return None
    does = "update" if is_part and not sets else "act"
    why = f"`{verb}` shows the document" if place is not None else f"`{verb}` is what {sets[0][0]} says"
    wrapper = sent.wrapper if sent and synonyms(sent.properties, resource.properties) else ()
    return Action(does, of.collection, of.id, place or (), of.scope, wrapper, sets=sets, why=why)


def _effects(verb: str, resource: Resource, *, negated: bool) -> Iterator[tuple[str, Any]]:
    """What the verb sets: a state that is named after it, or a flag."""
    verb = re.split(r"[-_]|(?<=[a-z])(?=[A-Z])", verb)[0].lower()  # `cancelOrder`, `cancel-order`
    opposite = next((verb[len(one) :] for one in _NEGATING if verb.startswith(one) and len(verb) > len(one) + 3), "")
    for name, schema in resource.properties.items():
        if types_of(schema) - {"null"} == {"boolean"}:
            if plain(name).removeprefix("is") in _forms(verb):
                yield name, not negated
            elif opposite and plain(name).removeprefix("is") in _forms(opposite):
                yield name, negated
        elif not negated and _is_state(name):
            states = [one for one in schema.get("enum") or () if isinstance(one, str) and plain(one) in _forms(verb)]
            if states:
                yield name, states[0]


def _is_state(name: str) -> bool:
    return plain(name).endswith(("status", "state", "phase", "stage"))


def _forms(verb: str) -> set[str]:
    """What is written of a thing that the verb was done to: `cancelled`, `canceled`; of `activate` also `active`."""
    if verb in _IRREGULAR:
        return {_IRREGULAR[verb]}
    forms = {verb + "ed", verb + "d" if verb.endswith("e") else verb + verb[-1:] + "ed"}
    if verb.endswith("y"):
        forms.add(verb[:-1] + "ied")
    if verb.endswith("ate"):
        forms.add(verb[:-3] + "e")
    if verb in ("open", "complete"):
        forms.add(verb)
    if verb.startswith("re") and len(verb) > 5:
        forms |= _forms(verb[2:])
    return forms
