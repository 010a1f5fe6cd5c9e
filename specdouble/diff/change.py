"""A change of a contract, and what it means for clients."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """What a change means for a client that was written for the contract as it was."""

    BREAKING = "breaking"  # what it sends may be refused, or what it is answered may not be understood
    UNCLEAR = "unclear"  # it depends on the client, or on what no comparison of texts can tell
    COMPATIBLE = "compatible"


@dataclass(frozen=True)
class Change:
    """One change.

    Args:
        id: its kind, such as `request-property-became-required`.
        level: what it means for clients.
        operation: `POST /things`; empty where it concerns the contract as a whole.
        subject: what has changed in it: a parameter, a property, a status.
        message: a sentence.
        file: where it stands: in the new contract, in the old one for what is gone.
        line: its line there, from 1; 0 where that is not known.
        revision: of which revision of git the file is; empty where it lies in the working tree.
        gone: whether the line is of the old revision: at its number in the working tree stands something else.
    """

    id: str
    level: Level
    operation: str
    subject: str
    message: str
    file: str = ""
    line: int = 0
    revision: str = ""
    gone: bool = False

    @property
    def where(self) -> str:
        """The place as people are told it: `main:openapi.yaml:12`."""
        file = f"{self.revision}:{self.file}" if self.revision else self.file
        return f"{file}:{self.line}" if self.line else file

    @property
    def key(self) -> str:
        """What the change is accepted by: the same whatever line it stands on."""
        return " ".join(part for part in (self.id, self.operation, self.subject) if part)

    def __str__(self) -> str:
        where = f"{self.where}: " if self.file else ""
        return f"{where}{self.message} [{self.id}]"
