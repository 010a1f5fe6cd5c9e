"""Keeps a property to its moves."""

from __future__ import annotations

from collections.abc import Collection

from specdouble.double.state.keeper import Document, Keeper, View
from specdouble.double.state.problem import Broken
from specdouble.rules.transitions.rule import Transitions


class TransitionsKeeper(Keeper):
    """Refuses a move that the rule does not list."""

    rule: Transitions
    on_creation = False
    stays = True

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether the move is none of the rule's; a document without a state may take any."""
        name = self.rule.name
        old, new = (before or {}).get(name), after.get(name)
        if old is None or self.rule.allows(old, new):
            return None
        return Broken(self.rule, f"cannot move from {old} to {new}")


KEEPER = TransitionsKeeper
