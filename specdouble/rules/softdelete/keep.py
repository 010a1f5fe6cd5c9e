"""Keeps deleted documents in the store, marked, where nobody finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import SHADOW, Document, Keeper
from specdouble.rules.softdelete.rule import SoftDelete

GONE = SHADOW + "gone"  # beside the property: what a filter can ask for, whatever the property holds


class SoftDeleteKeeper(Keeper):
    """Marks a document in the place of its removal, and hides what has the mark."""

    rule: SoftDelete
    on_creation = False
    fixed = True  # nothing but a deletion sets the property

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.mark = GONE
        self.frees = self.rule.names == "free"

    def create(self, document: Document, now: str) -> None:
        """A new document is there, whatever the client says."""
        self.appear(document)

    def appear(self, document: Document) -> None:
        """Without the property, or with what it holds before a deletion."""
        if self.rule.unset == "absent":
            document.pop(self.rule.name, None)
        else:
            document[self.rule.name] = False if self.rule.unset == "false" else None

    def is_gone(self, document: Mapping[str, Any]) -> bool:
        """Where it says so."""
        return self.rule.is_deleted(document)

    def retire(self, document: Document) -> None:
        """The property, for all to read in the answer to the deletion."""
        document[self.rule.name] = True if self.rule.holds == "true" else self.clock.timestamp()

    def key(self, document: Document) -> None:
        """The mark; and where names are free, nothing that is unique to a document which has it."""
        if not self.rule.is_deleted(document):
            document.pop(GONE, None)
            return
        if self.frees:
            within = self.resource.within
            for field in [one for one in document if one.startswith(SHADOW) and one not in within]:
                del document[field]
        document[GONE] = True


KEEPER = SoftDeleteKeeper
