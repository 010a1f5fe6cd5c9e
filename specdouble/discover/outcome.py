"""An outcome: what became of a hypothesis, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from specdouble.discover.hypothesis import Hypothesis

CONFIRMED, SILENT, REFUTED, UNDECIDED, UNPROVED = "confirmed", "silent", "refuted", "undecided", "unproved"
STATES = (REFUTED, CONFIRMED, SILENT, UNDECIDED, UNPROVED)
MEANINGS = {
    CONFIRMED: "the contract says it or suggests it, and the server does it",
    SILENT: "the server does it, and the contract says nothing",
    REFUTED: "the contract says it, and the server does otherwise",
    UNDECIDED: "it could not be tried, or not to the end",
    UNPROVED: "no server was asked",
}


@dataclass(frozen=True)
class Outcome:
    """What became of a hypothesis.

    Args:
        hypothesis: what was supposed.
        state: one of `STATES`.
        rule: the id of the rule that it makes; empty for what rules stand on: documents, actions, identities.
        sentence: the rule as a sentence.
        reason: why it is refuted or undecided, as a clause; else what was seen.
        but: of what holds, the case in which it does not.
        curl: the lines for a shell that show it: the request that decides, and its control.
        requests: how many were sent for it.
        cases: how many cases of the attack were judged.
        written: whether the contract holds it already, so that the overlay need not.
    """

    hypothesis: Hypothesis
    state: str
    rule: str = ""
    sentence: str = ""
    reason: str = ""
    curl: str = field(default="", repr=False)
    requests: int = 0
    cases: int = 0
    written: bool = False
    but: str = ""

    @property
    def holds(self) -> bool:
        """Whether it belongs into the overlay."""
        return self.state in (CONFIRMED, SILENT, UNPROVED) and not self.written

    def entry(self) -> dict[str, Any]:
        """Its entry in the JSON report."""
        one, source = self.hypothesis, self.hypothesis.source
        return {
            "state": self.state, "rule": self.rule, "sentence": self.sentence, "reason": self.reason,
            "keyword": one.keyword, "pointer": one.pointer, "value": one.value, "prior": one.prior,
            "source": {"miner": source.miner, "file": source.file, "line": source.line, "words": source.words},
            "requests": self.requests, "cases": self.cases, "curl": self.curl, "written": self.written, "but": self.but,
        }  # fmt: skip
