"""An experiment: hypotheses are laid over the contract, and the verifier attacks them on the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from specdouble.contract import Contract, Rule
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.outcome import CONFIRMED, REFUTED, SILENT, UNDECIDED, Outcome
from specdouble.discover.supposition import rules_by, suppose
from specdouble.verify.report.shell import curl_lines
from specdouble.verify.reproduction import reproduction
from specdouble.verify.session import Session
from specdouble.verify.settings import Settings
from specdouble.verify.verdict import BROKEN, KEPT, Failure, Row
from specdouble.verify.verification import Run, Show, run


@dataclass(frozen=True)
class Result(Outcome):
    """An outcome before it is weighed against what the contract claims: confirmed, refuted or undecided.

    Args:
        in_part: whether it was broken, and holds all the same in a case that proves it, with its control.
        broken_in: the ids of the operations in which it was broken.
        refused_with: the status of a refusal that was expected to have another one; 0 where that is not what broke it.
    """

    in_part: bool = False
    refused_with: int = 0
    broken_in: frozenset[str] = frozenset()

    @staticmethod
    def taken(outcome: Outcome) -> Result:
        """The result of an earlier run."""
        state = CONFIRMED if outcome.state == SILENT else outcome.state
        told = _told(outcome) | {"state": state, "reason": outcome.but or outcome.reason, "but": ""}
        return Result(**told, in_part=bool(outcome.but))

    def weighed(self, source: Source) -> str:
        """What a first experiment says of what a source suggests: empty where it was no more than a guess."""
        is_seen = self.hypothesis.source.miner == "trial"
        held = SILENT if source.miner == "trial" else CONFIRMED
        if self.state == CONFIRMED:
            return held
        if self.state != REFUTED or source.claims:
            return self.state
        # Nobody promised it. What was seen again and again is a rule, and what breaks it elsewhere its bug.
        return held if is_seen and self.in_part else UNDECIDED if is_seen else ""

    def outcome(self, hypothesis: Hypothesis, state: str) -> Outcome:
        """What is told of it."""
        holds = state in (CONFIRMED, SILENT)
        reason = hypothesis.source.words if holds else self.reason or hypothesis.source.words
        but = self.reason if holds and self.in_part else ""
        return Outcome(**_told(self) | {"hypothesis": hypothesis, "state": state, "reason": reason, "but": but})


def _told(outcome: Outcome) -> dict[str, Any]:
    """What an outcome says, by the names that it is said by."""
    return {one.name: getattr(outcome, one.name) for one in fields(Outcome)}


class Experiment:
    """Runs of the verifier over a contract with hypotheses laid over it.

    Args:
        contract: what is known before.
        believed: what is laid over it in any case.
        allow_refs: the folders that its references may lead to.
        say: takes a line about how it goes.
    """

    def __init__(
        self,
        contract: Contract,
        believed: Sequence[Hypothesis],
        allow_refs: Iterable[Path],
        say: Callable[[str], None],
    ) -> None:
        self.contract, self.believed, self.allow_refs, self.say = contract, list(believed), tuple(allow_refs), say
        self.results: list[Result] = []
        self.left: list[str] = []
        self.secrets: dict[str, str] = {}
        self.requests = 0
        self.stopped = ""

    def run(
        self,
        wanted: Sequence[Hypothesis],
        stated: Sequence[tuple[Hypothesis, Rule]],
        settings: Callable[[], Settings],
    ) -> None:
        """Try these hypotheses together, and what the contract states itself; what comes of each is in `results`.

        Where one of them keeps a create from being accepted, they are tried in halves until it is found.

        Raises:
            OutOfTime: there is no time left.
            CouldNotRun: the server or its users cannot be used.
        """
        supposed = suppose(self.contract, [*self.believed, *wanted], self.allow_refs)
        about = [(one, rule) for one in wanted for rule in rules_by(supposed, one)]
        rules = {rule.id for _, rule in (*about, *stated)}
        if not rules:
            return
        done = run(supposed, replace(settings(), rules=tuple(rules)), Show(progress=self._progress))
        self.left += done.verdict.left
        self.requests += done.session.client.requests
        self.secrets |= done.session.crowd.secrets()
        self.stopped = self.stopped or done.verdict.stopped
        if len(wanted) > 1 and self._is_spoilt(done):
            middle = len(wanted) // 2
            self.run(wanted[:middle], stated, settings)
            self.run(wanted[middle:], [], settings)
            return
        self.results += [_result(done, one, rule) for one, rule in about]
        self.results += [replace(_result(done, one, rule), written=True) for one, rule in stated]

    def _progress(self, done: int, total: int, check: str, _failures: int) -> None:
        self.say(f"{done}/{total} cases: {check}")

    @staticmethod
    def _is_spoilt(done: Run) -> bool:
        """Whether no create of some documents was accepted."""
        session = done.session
        creators = {one.id for subject in session.subjects.values() for one in subject.creators}
        found = session.baselines.found
        return any(found[name].missing is not None and found[name].refused for name in creators & found.keys())


def _is_refused(failure: Failure) -> bool:
    return any(step.refused for step in failure.steps)


_OTHER_STATUS = re.compile(r"to be refused with \d{3}")
_STATES = {KEPT: CONFIRMED, BROKEN: REFUTED}


def _result(done: Run, hypothesis: Hypothesis, rule: Rule) -> Result:
    row = done.verdict.rows.get(rule.id)
    if row is None:
        return Result(hypothesis, UNDECIDED, rule.id, str(rule), "nothing tries it here")
    state = _STATES.get(row.state, UNDECIDED)
    failure = next(iter(row.failures.values()), None)
    reason = failure.sentence if failure else row.reason
    if state == UNDECIDED and not reason:
        reason = "no case of it came to an end"
    curl = _curl(done.session, row)
    in_part = state == REFUTED and not rule.hides and row.shown is not None and all(row.shown.weight)
    where = frozenset(name for one in row.failures.values() for name in one.operations)
    return Result(
        hypothesis, state, rule.id, str(rule), reason, curl, row.requests, row.cases,
        in_part=in_part, broken_in=where, refused_with=_refused_with(row),
    )  # fmt: skip


def _refused_with(row: Row) -> int:
    """The status of the refusals, where nothing but their status was another than expected; else 0."""
    failures = list(row.failures.values())
    # What came after it looks whether anything has changed.
    found = {[step for step in one.steps if step.refused][-1].status for one in failures if _is_refused(one)}
    of_status = all(_OTHER_STATUS.search(one.expected) for one in failures)
    return found.pop() if failures and of_status and len(found) == 1 else 0


def _curl(session: Session, row: Row) -> str:
    """The lines for a shell that show the request that decides and its control."""
    failure = next(iter(row.failures.values()), None)
    if failure is not None:
        return failure.curl or curl_lines(reproduction(session, failure))
    proof = row.proof
    if proof is None:
        return ""
    steps = [one for one in proof.exchanges if one in (proof.control, proof.decisive)] or [proof.decisive]
    shown = Failure(row.check, proof.promise, proof.detail, "", "", steps)
    return curl_lines(reproduction(session, shown))
