"""Documents that stand in no collection, chosen and ordered as a collection chooses and orders its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from mongomock.filtering import resolve_sort_key

from specdouble.double.state.store.conditions import predicate
from specdouble.double.state.store.values import Document


def selected(documents: Iterable[Document], wanted: Document, order: Sequence[tuple[str, int]]) -> list[Document]:
    """The documents that a filter matches.

    Args:
        documents: those to choose from.
        wanted: what is asked of them.
        order: the properties to sort by, the first one first, each with 1 or -1.
    """
    found = [*filter(predicate(wanted), documents)] if wanted else [*documents]
    for name, direction in reversed(order):
        found.sort(key=partial(resolve_sort_key, name), reverse=direction < 0)
    return found
