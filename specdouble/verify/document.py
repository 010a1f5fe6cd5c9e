"""A document that a trial created, as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.subject import Subject


@dataclass
class Document:
    """A document that a trial created.

    Args:
        subject: its collection.
        id: its id.
        user: who created it.
        sent: what it was created from.
        shown: how the server showed it last.
        made: the exchange that created it.
        around: the other parameters that it was created with: the documents that its path leads through.
        answered: whether the last answer to a write showed it.
    """

    subject: Subject
    id: Any
    user: User
    sent: dict[str, Any]
    shown: dict[str, Any]
    made: Exchange
    around: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: bool = True

    @property
    def held(self) -> dict[str, Any]:
        """What it holds, as far as is known; what was sent and the server sets has no effect."""
        own = self.subject.server_set
        return {name: value for name, value in self.sent.items() if name not in own} | self.shown
