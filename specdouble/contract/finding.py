"""What is wrong with a contract, a seed or a configuration, and where.

Exception
└── Refused                 something the user wrote is refused, with its findings
    ├── ContractError       the contract
    └── SeedError           the documents of `mock_data/` (raised by the double)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from specdouble.printable import printable

Severity = Literal["error", "warning"]

# The kinds of findings by id; `docs/lint.md` says of each what it means and what to do.
IDS = frozenset({
    "aliases", "annotation", "closed", "composition", "default", "duplicate-key", "encoding", "enum-type",
    "equal-alternatives", "example", "handler", "ignore", "inside",
    "invalid-status", "keyword", "missing-status", "mock-data", "nesting", "number",
    "operation-id", "other-contract", "overlay", "owner-claim", "path-parameter", "pattern", "pattern-cost",
    "pattern-length", "ref", "ref-kind", "ref-network", "ref-outside", "refusal-status", "same-path",
    "security-scheme", "settings", "structure",
    "syntax", "unauthorized-status", "unreadable", "version",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: place, reason, remedy.

    Args:
        file: the file as the user named it.
        line: the line, counted from 1; 0 where the file as a whole is meant.
        pointer: JSON pointer (RFC 6901) inside the file; empty for its root.
        reason: what is wrong, as one sentence without a full stop.
        remedy: what to do about it.
        severity: an error makes `lint` fail, a warning only where it is asked to be strict.
        id: which kind of finding it is, a name that stays; `docs/lint.md` has a line for each.
    """

    file: str
    line: int
    pointer: str
    reason: str
    remedy: str
    severity: Severity = "error"
    id: str = "annotation"

    @property
    def place(self) -> tuple[str, int, str]:
        """Where it is: file, line and pointer."""
        return self.file, self.line, self.pointer

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        at = f" at {self.pointer}" if self.pointer else ""
        return printable(f"{place}: {self.severity}: {self.reason}{at}\n    remedy: {self.remedy}")


class Refused(Exception):
    """Something that the user wrote cannot be used; `findings` say why, all at once.

    Args:
        findings: why it is refused.
        others: what is wrong beside that, and would not have kept it from being used.
    """

    def __init__(self, findings: list[Finding], others: Sequence[Finding] = ()) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings
        self.others = others


class ContractError(Refused):
    """The contract cannot be read or contradicts itself."""


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, as they stand in their files."""
    return sorted(dict.fromkeys(findings), key=lambda one: one.place)
