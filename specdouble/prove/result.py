"""What became of each mutant, and of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

KILLED, SURVIVED, EQUIVALENT, NOT_RUN = "killed", "survived", "equivalent", "not run"
COULD_NOT_RUN = "could not run"


@dataclass(frozen=True)
class Result:
    """What became of one mutant.

    Args:
        id: the mutant's.
        kind: its fault.
        sentence: what went wrong.
        state: killed, survived, equivalent or not run.
        killed_by: the rules and checks that were broken; the first one found stands first.
        failure: the first failure, in a sentence.
        requests: how many were sent until then.
        seconds: how long it took.
        reason: why it survived, is equivalent or was not run.
        remedy: what would kill it.
        alone: whether Schemathesis' own checks alone kill it; None where nobody tried.
    """

    id: str
    kind: str
    sentence: str
    state: str
    killed_by: tuple[str, ...] = ()
    failure: str = ""
    requests: int = 0
    seconds: float = 0.0
    reason: str = ""
    remedy: str = ""
    alone: bool | None = None


@dataclass(frozen=True)
class Clean:
    """What the verifier says of the double without a fault.

    Args:
        failures: each in a sentence; empty where it conforms.
        notes: what was not exercised, and why.
        alone: what Schemathesis' own checks alone find on it: operation and check.
    """

    failures: tuple[str, ...]
    notes: tuple[str, ...]
    requests: int
    seconds: float
    alone: tuple[str, ...] = ()


@dataclass
class Proof:
    """The whole of it."""

    title: str
    seed: int
    clean: Clean | None = None
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""

    def of(self, state: str) -> list[Result]:
        """The mutants that are in the state."""
        return [one for one in self.results if one.state == state]

    @property
    def score(self) -> float:
        """How many of a hundred mutants that can be seen were killed."""
        return _percent(len(self.of(KILLED)), len(self.of(KILLED)) + len(self.of(SURVIVED)))

    @property
    def alone(self) -> float | None:
        """How many of a hundred Schemathesis' own checks alone killed; None where nobody tried."""
        tried = [one for one in self.results if one.alone is not None]
        return _percent(sum(1 for one in tried if one.alone), len(tried)) if tried else None


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def in_order(results: Sequence[Result], ids: Sequence[str]) -> list[Result]:
    """The results in the order of the mutants."""
    places = {one: place for place, one in enumerate(ids)}
    return sorted(results, key=lambda one: places[one.id])
