"""Keeps a property to its moves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import Document, Keeper, View
from specdouble.double.state.problem import Broken
from specdouble.rules.transitions.rule import Transitions


class TransitionsKeeper(Keeper):
    """Refuses a move that the rule does not list."""

    rule: Transitions
    stays = True

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.on_creation = bool(self.rule.initial)

    def create(self, document: Document, now: str) -> None:
        """Begin with the first of the initial states, where none is sent."""
        if self.rule.initial and document.get(self.rule.name) is None:
            document[self.rule.name] = self.rule.initial[0]

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether the move is none of the rule's; a document without a state may take any."""
        name = self.rule.name
        if before is None:
            return self.begun(after.get(name))
        old, new = before.get(name), after.get(name)
        if old is None or self.rule.allows(old, new):
            return None
        return Broken(self.rule, f"cannot move from {old} to {new}")

    def begun(self, state: object) -> Broken | None:
        """Whether a new document cannot begin so."""
        initial = self.rule.initial
        return None if not initial or state in initial else Broken(self.rule, f"cannot begin as {state}")


KEEPER = TransitionsKeeper
