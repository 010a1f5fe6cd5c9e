"""The documents that a list shows, whatever is wrapped around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.verify.shared import Shared

ID_NAMES = ("id", "_id", "uuid", "name", "key")
DEEPEST_LIST = 3  # properties that lead to the array of a list


def ids_in(session: Shared, operation: Operation, shown: object) -> Iterator[tuple[str, Any]]:
    """The ids of the documents that a list shows, each with the kind of its document."""
    action, kind = session.contract.actions.get(operation.id), kind_listed(session, operation)
    names = (session.contract.resources[action.collection].id,) if action else ID_NAMES
    for entry in entries(shown):
        if isinstance(entry, dict):
            yield from ((kind, entry[name]) for name in names if isinstance(entry.get(name), str | int))
        elif isinstance(entry, str | int):
            yield kind, entry


def kind_listed(session: Shared, operation: Operation) -> str:
    """What an operation that lists documents shows: those of a collection, or of the path below."""
    action = session.contract.actions.get(operation.id)
    kind = action.collection if action else session.ledger.kinds.of_children(operation)
    return mapped(session.contract, operation) or kind


def mapped(contract: Contract, operation: Operation) -> str | None:
    """The collection whose documents an answer shows by their ids, as the contract declares it: `{ID: {...}}`."""
    answer = operation.response(operation.success) if operation.id not in contract.actions else None
    for media in answer.content.values() if answer is not None else ():
        schema = contract.resolve(media.schema)
        inner = schema.get("additionalProperties") if isinstance(schema, dict) else None
        held = contract.resolve(inner) if isinstance(inner, dict) else None
        for collection, resource in contract.resources.items():
            if held is not None and resource.schema is held:
                return collection
    return None


def entries(shown: object, depth: int = DEEPEST_LIST) -> Iterator[Any]:
    """The entries of the lists that an answer holds, and of objects that hold documents by their ids."""
    if isinstance(shown, list):
        yield from shown
    elif isinstance(shown, dict) and shown and all(_is_named(key, value) for key, value in shown.items()):
        yield from shown.values()
    elif isinstance(shown, dict) and depth:
        for value in shown.values():
            yield from entries(value, depth - 1)


def _is_named(key: str, value: object) -> bool:
    """Whether what an object holds by a key names itself by it."""
    return isinstance(value, dict) and any(str(value[name]) == key for name in ID_NAMES if name in value)


def shows_list(shown: object, depth: int = DEEPEST_LIST) -> bool:
    """Whether an answer holds a list, if an empty one."""
    if isinstance(shown, dict) and depth:
        return any(shows_list(value, depth - 1) for value in shown.values())
    return isinstance(shown, list)
