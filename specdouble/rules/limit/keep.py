"""Keeps the number of documents: those of the same scope are counted before one more is stored.

On the embedded store nothing comes between the count and the write. Where others write at the same time, each document
takes one of the numbered places of its scope, and the store's unique index gives no place twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from random import choice
from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import SHADOW, Breach, Document, Keeper, View
from specdouble.double.state.key import key_of
from specdouble.double.state.problem import Broken
from specdouble.rules.limit.rule import Limit

_CHOICE = 64  # free places to choose from


class LimitKeeper(Keeper):
    """Refuses one document more, and what would bring one more into a scope."""

    rule: Limit

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.indexes = (self.rule.per,) if self.rule.per else ()
        self.place_field: str = "+".join([SHADOW + "place", *self.rule.per])

    def place(self, document: Document, before: Document | None, view: View) -> None:
        """Take a free place of the scope; a document that stays in its scope keeps its own."""
        field, scope = self.place_field, self.rule.scope(document)
        if before is not None and field in before and self.rule.scope(before) == scope:
            return
        taken = set(view.values(self.rule.collection, field, {**scope, field: {"$exists": True}}))
        # Any of several: whoever else looks for a place at this moment had better find another one.
        numbers = range(min(self.rule.most, len(taken) + _CHOICE))
        free = [key for key in (key_of([*scope.values(), number]) for number in numbers) if key not in taken]
        document.pop(field, None)
        if free:
            document[field] = choice(free)

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether the scope that the document comes into is full."""
        scope = self.rule.scope(after)
        if before is not None and self.rule.scope(before) == scope:
            return None
        if self.held(scope, view) < self.rule.most:
            return None
        return Broken(self.rule, f"there are {self.rule.most} documents of {self.rule.collection} already")

    def held(self, scope: Document, view: View) -> int:
        """How many documents of the scope there are."""
        return view.count(self.rule.collection, scope)

    def breaches(
        self, documents: Sequence[Document], visible: Callable[[str, Any, Document, str], bool]
    ) -> Iterator[Breach]:
        """Each document of a seed that is one too many."""
        counted: Counter[str] = Counter()
        for index, document in enumerate(documents):
            key = key_of([*self.rule.scope(document).values()])
            counted[key] += 1
            if counted[key] > self.rule.most:
                name = self.rule.per[0] if self.rule.per else self.resource.id
                yield index, name, f"the document breaks {self.rule.id}: {self.rule}", "remove it"


KEEPER = LimitKeeper
