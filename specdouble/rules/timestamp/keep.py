"""Keeps times: the server's clock writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import Document, Keeper
from specdouble.rules.timestamp.rule import Timestamp


class TimestampKeeper(Keeper):
    """Writes the time of creation, which stays, or that of the last change."""

    rule: Timestamp

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.fixed = self.rule.event == "created"
        scope = resource.owner or resource.tenant
        if self.fixed and scope:
            self.indexes = ((scope, self.rule.name),)  # a caller's documents are listed in the order of their creation

    def create(self, document: Document, now: str) -> None:
        """The time of the write: a new document last changed when it was created."""
        document[self.rule.name] = now

    def change(self, before: Document, after: Document) -> None:
        """The time of the change, later than that of the one before."""
        if not self.fixed:
            after[self.rule.name] = self.clock.timestamp(after=before.get(self.rule.name))

    def sample(self, pick: Callable[[str, str], Any]) -> str:
        """The time at which it is made."""
        return self.clock.timestamp()


KEEPER = TimestampKeeper
