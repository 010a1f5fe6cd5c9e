"""Computes a property on each write, from the document as it is stored."""

from __future__ import annotations

from specdouble.double.state.keeper import Document, Keeper
from specdouble.rules.computed.rule import Computed


class ComputedKeeper(Keeper):
    """Sets the value, and takes it away where there is none."""

    rule: Computed
    alone = True

    def create(self, document: Document, now: str) -> None:
        """Set it in a new document."""
        self.compute(document)

    def change(self, before: Document, after: Document) -> None:
        """Set it again: what it is made of may be another now."""
        self.compute(after)

    def appear(self, document: Document) -> None:
        """Set it in a made document: what it is made of may be no example's."""
        self.compute(document)

    def compute(self, document: Document) -> None:
        """Set it."""
        value = self.rule.value(self.shown(document))
        if value is None:
            document.pop(self.rule.name, None)
        else:
            document[self.rule.name] = value


KEEPER = ComputedKeeper
