"""Keeps documents their creator's organization's: hidden from everybody else."""

from __future__ import annotations

from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import ScopeKeeper
from specdouble.rules.tenant.rule import Tenant


class TenantKeeper(ScopeKeeper):
    """Hides the documents of other organizations."""

    rule: Tenant

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        if resource.owner:  # that one narrows the documents further
            self.indexes = ()


KEEPER = TenantKeeper
