"""Creates in bulk: a POST below a list, of an array of what the list's own POST makes one of: `/rooms/batch`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from specdouble.contract.guesses import Guesses, as_found, can_succeed
from specdouble.contract.operation import Operation
from specdouble.contract.resource import Action

_BELOW = re.compile(r"(?P<list>.+?)(?:/|:)[A-Za-z][\w.-]*/?$")  # `/rooms/batch`, `/rooms:batchCreate`


def infer_bulk_creates(guesses: Guesses, operations: list[Operation], open_ones: list[Operation]) -> None:
    """Infer which operations make several documents at once.

    Args:
        guesses: what is known so far; it becomes more.
        operations: those of the contract.
        open_ones: those of which nothing is known.
    """
    creating = {one.path.rstrip("/"): one for one in operations if _creates_one(guesses.actions, one)}
    for operation in open_ones:
        match = _BELOW.match(operation.path) if operation.method == "post" and can_succeed(operation) else None
        creator = creating.get(match["list"]) if match else None
        action = _action(guesses, operation, creator) if creator is not None else None
        if action is not None:
            guesses.actions[operation.id] = action


def _creates_one(actions: Mapping[str, Action], operation: Operation) -> bool:
    action = actions.get(operation.id)
    return operation.method == "post" and action is not None and action.does == "create" and action.id is None


def _action(guesses: Guesses, operation: Operation, creator: Operation) -> Action | None:
    """The action of an operation that takes an array of what the create takes, and shows what was made of it."""
    of = guesses.actions[creator.id]
    resource = guesses.resources[of.collection]
    one, sent = (guesses.bodies.sent_document(each, resource.properties) for each in (creator, operation))
    if one is None or sent is None or one.many or not sent.many or sent.properties.keys() != one.properties.keys():
        return None
    place = guesses.place_of(operation, as_found(resource), resource.id, many=True)
    if place is None:
        return None
    why = f"it takes an array of what POST {creator.path} takes"
    return Action("create_many", of.collection, None, place, of.scope, sent.wrapper, in_array=True, why=why)
