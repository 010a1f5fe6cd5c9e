"""The frontier of a best-first search for documents: those that were met and not yet looked into."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from specdouble.contract.expression_tree import Node

Document = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """That an expression holds for a document, or does not.

    Args:
        tree: the expression.
        path: the names that lead to its `self`; `*` is each item.
        holds: whether it has to hold.
        met: whether it is so for a document, given how that was before.
    """

    tree: Node
    path: tuple[str, ...]
    holds: bool
    met: Callable[[Document, Document | None], bool]


class Frontier:
    """Documents that were met in a search, the nearest to a solution first.

    Args:
        wishes: what is asked of them.
        before: how the document was.
        fits: whether a document may be at all.
    """

    def __init__(self, wishes: Sequence[Wish], before: Document | None, fits: Callable[[Document], bool]) -> None:
        self._wishes, self._before, self._fits = wishes, before, fits
        self._waiting: list[tuple[float, int, Document]] = []
        self._order, self._seen = count(), set[str]()

    def note(self, *documents: Document) -> None:
        """Take in those that were not met before."""
        for document in documents:
            key = json.dumps(document, sort_keys=True, default=str)
            if key not in self._seen:
                self._seen.add(key)
                unmet = sum(not wish.met(document, self._before) for wish in self._wishes)
                lacking = unmet + (not self._fits(document)) / 2
                heapq.heappush(self._waiting, (lacking, next(self._order), document))

    def nearest(self) -> tuple[Document | None, bool]:
        """The document that lacks least, and whether it lacks nothing; None where all were looked into."""
        if not self._waiting:
            return None, False
        lacking, _, document = heapq.heappop(self._waiting)
        return document, not lacking

    def solved(self) -> Iterator[Document]:
        """Those that lack nothing."""
        while self._waiting and not self._waiting[0][0]:
            yield heapq.heappop(self._waiting)[2]
