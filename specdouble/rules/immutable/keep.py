"""Keeps a property as it was created."""

from __future__ import annotations

from collections.abc import Collection

from specdouble.double.state.keeper import Document, Keeper, View
from specdouble.double.state.problem import Broken
from specdouble.rules.immutable.rule import Immutable


class ImmutableKeeper(Keeper):
    """Refuses another value than the stored one."""

    rule: Immutable
    on_creation = False
    stays = True

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether the value differs from the stored one."""
        name = self.rule.name
        if before is None or before.get(name) == after.get(name):
            return None
        return Broken(self.rule, "cannot be changed")


KEEPER = ImmutableKeeper
