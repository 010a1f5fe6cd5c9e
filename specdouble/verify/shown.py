"""The documents that a list shows, whatever is wrapped around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract import Operation

ID_NAMES = ("id", "_id", "uuid", "name", "key")
DEEPEST_LIST = 3  # properties that lead to the array of a list


def ids_in(session: Any, operation: Operation, shown: Any) -> Iterator[tuple[str, Any]]:
    """The ids of the documents that a list shows, each with the kind of its document."""
    action = session.contract.actions.get(operation.id)
    kind = action.collection if action else session.ledger.kinds.of_children(operation)
    names = (session.contract.resources[action.collection].id,) if action else ID_NAMES
    for entry in entries(shown):
        if isinstance(entry, dict):
            yield from ((kind, entry[name]) for name in names if isinstance(entry.get(name), str | int))
        elif isinstance(entry, str | int):
            yield kind, entry


def entries(shown: Any, depth: int = DEEPEST_LIST) -> Iterator[Any]:
    """The entries of the lists that an answer holds."""
    if isinstance(shown, list):
        yield from shown
    elif isinstance(shown, dict) and depth:
        for value in shown.values():
            yield from entries(value, depth - 1)
