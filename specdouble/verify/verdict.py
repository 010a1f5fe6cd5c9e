"""What a verification found: per rule kept, broken or not exercised; each failure once, the heaviest first."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from specdouble.verify.exchange import Exchange
from specdouble.verify.proof import Proof

KEPT, BROKEN, NOT_EXERCISED = "kept", "broken", "not exercised"
KNOWN, SKIPPED = "known", "skipped"  # what would be broken, had the user not said otherwise
LIGHT = "light"  # too light for the strictness that was asked for
STATES = (KEPT, BROKEN, KNOWN, SKIPPED, NOT_EXERCISED)


@dataclass(frozen=True)
class Place:
    """A line of the contract.

    Args:
        file: as messages call it.
        line: from 1.
        about: what stands there: a rule, or an operation by method and path.
    """

    file: str
    line: int
    about: str


@dataclass
class Failure:
    """One way in which the server broke one rule.

    Args:
        check: the rule's id or the check's name.
        promise: what the server was held to.
        detail: which case of it failed first.
        expected: what the contract promises, as a clause.
        seen: what the server did, as a clause.
        steps: the requests that show it, and their answers.
        operations: the ids of the operations it is about.
        also: how many other cases of the promise failed.
        file: where the rule stands.
        line: its line there.
        curl: the lines that reproduce it.
        replay: its requests as data, to be played again.
        weight: how little it matters: 0 breaks a client, 1 the contract, 2 a letter of the RFCs.
        others: the failures of other operations and values that have the same cause.
        places: the lines of the contract that it is about, the rule's own first.
        own: whether a case of this very promise found it, not one of another on its way.
    """

    check: str
    promise: str
    detail: str
    expected: str
    seen: str
    steps: list[Exchange]
    operations: tuple[str, ...] = ()
    also: int = 0
    file: str = ""
    line: int = 0
    curl: str = ""
    replay: dict[str, Any] = field(default_factory=dict, repr=False)
    own: bool = True
    weight: int = 0
    others: tuple[Failure, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def id(self) -> str:
        """The same from run to run."""
        return hashlib.sha1(f"{self.check}|{self.promise}".encode(), usedforsecurity=False).hexdigest()[:10]

    @property
    def told(self) -> str:
        """What was seen; of a value, what it should have been too."""
        return self.sentence if " to be " in self.expected and "the server answered" not in self.seen else self.seen

    @property
    def sentence(self) -> str:
        """What was expected and seen; what was cut short ends there."""
        told = f"Expected {self.expected}; {self.seen}"
        return told if told.endswith("…") else f"{told}."

    @property
    def proof(self) -> Proof:
        """The requests that show it, by the one that decides."""
        before = len(self.replay.get("steps", self.steps)) - len(self.steps)  # made what the steps refer to
        number = self.replay.get("deciding", len(self.steps) - 1) - before
        return Proof(self.promise, self.detail, self.steps, number=max(number, 0))


@dataclass(frozen=True)
class Tolerated:
    """A failure that does not count.

    Args:
        failure: what failed.
        kind: light, skipped or known.
        why: the reason, as a clause.
    """

    failure: Failure
    kind: str
    why: str


@dataclass
class Tried:
    """What was tried of one operation for one rule or check.

    Args:
        cases: how many cases were judged.
        reasons: why others were not.
    """

    cases: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Row:
    """One rule or check in the verdict."""

    check: str
    meaning: str
    file: str = ""
    line: int = 0
    cases: int = 0
    requests: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    failures: dict[str, Failure] = field(default_factory=dict)
    tolerated: list[Tolerated] = field(default_factory=list)
    told_elsewhere: int = 0  # failures that have one cause with another row's
    decisive_planned: bool = False  # whether there are cases that prove it
    decisive_ran: bool = False  # whether one of them was tried, with its control
    unproved: bool = False  # what decides could not be tried, whatever else was
    operations: dict[str, Tried] = field(default_factory=lambda: defaultdict(Tried))
    shown: Proof | None = None  # the case that shows best that it is kept
    accepted: dict[str, Exchange] = field(default_factory=dict)  # the first request of each operation that was

    def judged(self, operations: Iterable[str]) -> None:
        """Count a case of the operations that was judged."""
        for name in operations:
            self.operations[name].cases += 1

    def lacks(self, reason: str, operations: Iterable[str] = ()) -> None:
        """Note why a case of the operations was not judged."""
        self.reasons[reason] += 1
        for name in operations:
            self.operations[name].reasons[reason] += 1

    def prove(self, proof: Proof) -> None:
        """Keep the case that says most, the first of those that say as much."""
        for one in proof.exchanges:
            if one.ok:
                self.accepted.setdefault(one.call.operation.id, one)
        if proof.exchanges and (self.shown is None or proof.weight > self.shown.weight):
            self.shown = proof

    @property
    def proof(self) -> Proof | None:
        """The case that proves the verdict; None where it is not exercised, or another row tells what is broken."""
        if self.state == KEPT:
            return self.shown
        failures = [*self.failures.values(), *(one.failure for one in self.tolerated if one.kind == self.state)]
        return next((one.proof for one in failures if one.steps), None)

    @property
    def state(self) -> str:
        """Kept, broken, or not exercised; known or skipped where no failure of it counts."""
        if self.failures or self.told_elsewhere:
            return BROKEN
        kinds = {one.kind for one in self.tolerated} - {LIGHT}
        if kinds:
            return KNOWN if KNOWN in kinds else SKIPPED
        decided = self.decisive_ran or not self.decisive_planned
        return KEPT if self.cases and decided and not self.unproved else NOT_EXERCISED

    @property
    def reason(self) -> str:
        """Why it, or a side of it, was not exercised; or why its failures do not count."""
        reasons = [text for text, _ in self.reasons.most_common(2)]
        if self.state == NOT_EXERCISED and not reasons:
            reasons = ["no case of it came to an end"]
        if self.state in (KNOWN, SKIPPED):
            reasons = list(dict.fromkeys(one.why for one in self.tolerated if one.kind == self.state))
        return "; ".join(reasons)


@dataclass
class Verdict:
    """The whole of it."""

    title: str
    url: str
    seed: int
    rows: dict[str, Row] = field(default_factory=dict)
    seconds: float = 0.0
    requests: int = 0
    stopped: str = ""
    notes: list[str] = field(default_factory=list)
    defects: dict[str, str] = field(default_factory=dict)  # of specdouble or a project's check, by place
    left: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)  # operations of which no request is known that is taken
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)  # method and path of each operation, by its id
    untaken: dict[str, str] = field(default_factory=dict)  # why no request of an operation was taken, or sent
    cases: int = 0
    require_all: bool = False
    lost: bool = False  # whether the server was gone in the end, so that what was kept may never have been asked
    unproved: str = ""  # why no document could be created, so that nothing about documents was tried

    @property
    def failures(self) -> list[Failure]:
        """Every failure: the heaviest first; of those the rules of the contract, then what most operations share."""
        found = [failure for row in self.rows.values() for failure in row.failures.values()]
        return sorted(found, key=lambda one: (one.weight, ":" not in one.check, -len(one.operations)))

    def tolerated(self, kind: str) -> list[Tolerated]:
        """The failures that do not count, of that kind."""
        return [one for row in self.rows.values() for one in row.tolerated if one.kind == kind]

    @property
    def broken(self) -> list[str]:
        """The rules and checks that are broken."""
        return [row.check for row in self.rows.values() if row.state == BROKEN]

    def count(self, state: str) -> int:
        """How many rows have the state."""
        return sum(1 for row in self.rows.values() if row.state == state)

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 violations or, where all is required, anything not exercised; 3 nothing could be tried.

        Where no create was taken, nothing was tried of what the server does to documents: that is no success; nor is
        it where the server was gone in the end, or where the verifier itself failed.
        """
        if self.failures or (self.require_all and self.count(NOT_EXERCISED)):
            return 1
        nothing_tried = bool(self.rows) and not any(row.cases for row in self.rows.values())
        return 3 if nothing_tried or self.unproved or self.lost or self.defects else 0
