"""Keeps documents their creator's: hidden from everybody else."""

from __future__ import annotations

from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import Keeper
from specdouble.rules.owner.rule import Owner


class OwnerKeeper(Keeper):
    """Hides the documents of other callers."""

    rule: Owner

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.scope = self.rule.name
        self.indexes = ((self.rule.name,),)


KEEPER = OwnerKeeper
