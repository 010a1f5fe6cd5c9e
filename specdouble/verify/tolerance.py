"""Tolerance: which failures do not count, and why: too light, skipped by the project, or known to a baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from specdouble.contract import Contract
from specdouble.contract.kind import suggestion
from specdouble.verify.case import ALWAYS
from specdouble.verify.known import Known
from specdouble.verify.problem import WrongUse
from specdouble.verify.settings import STRICTNESS, Settings, Skip
from specdouble.verify.strictness import asked_of, counts, weight
from specdouble.verify.verdict import KNOWN, LIGHT, SKIPPED, Failure, Tolerated, Verdict

# The checks that Schemathesis brings, by the names that failures tell and its own settings take.
SCHEMATHESIS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
    "unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability", "ignored_auth",
    "object_level_authorization",
)  # fmt: skip


@dataclass
class Tolerance:
    """What a run tolerates.

    Args:
        settings: its strictness, what the project skips.
        baseline: the failures that are known; None where every one counts.
    """

    settings: Settings
    baseline: Known | None = None
    used: Counter[Skip] = field(default_factory=Counter)

    def apply(self, verdict: Verdict) -> None:
        """Weigh each failure, set aside what does not count, and tell which entries of `skip` are of no use."""
        for row in verdict.rows.values():
            for promise, failure in list(row.failures.items()):
                failure.weight = STRICTNESS.index(weight(failure))
                tolerated = self._tolerated(failure)
                if tolerated is not None:
                    del row.failures[promise]
                    row.tolerated.append(tolerated)
        verdict.notes += [note for note in self._light(verdict) if note not in verdict.notes]
        if verdict.stopped:
            return  # what was not tried could not fail
        verdict.notes += self._unused()
        if self.baseline is not None and self.baseline.gone:
            count = len(self.baseline.gone)
            verdict.notes.append(
                f"{count} failure{'' if count == 1 else 's'} of the baseline did not show: write it anew with "
                "--update-baseline where they are mended"
            )

    def _tolerated(self, failure: Failure) -> Tolerated | None:
        """Why a failure does not count; None where it does."""
        if not counts(failure, self.settings.strictness, self.settings.strict):
            asked = asked_of(failure, self.settings.strictness, self.settings.strict)
            return Tolerated(failure, LIGHT, f"told at strictness {weight(failure)}; asked was {asked}")
        skip = next((one for one in self.settings.skip if _is_about(one, failure)), None)
        if skip is not None:
            self.used[skip] += 1
            return Tolerated(failure, SKIPPED, skip.reason)
        if self.baseline is not None and self.baseline.knows(failure):
            return Tolerated(failure, KNOWN, "the baseline has it")
        return None

    def _light(self, verdict: Verdict) -> list[str]:
        """How much a greater strictness would tell."""
        kinds = Counter(weight(one.failure) for one in verdict.tolerated(LIGHT))
        return [
            f"{count} failure{'' if count == 1 else 's'} do{'es' if count == 1 else ''} not count at this strictness: "
            f"--strictness {name} tells them"
            for name, count in kinds.items()
        ]

    def _unused(self) -> list[str]:
        return [
            f"`skip` of {one} is of no use: nothing failed that it is about; take it out ({one.reason})"
            for one in self.settings.skip
            if not self.used[one]
        ]


def hold_names(contract: Contract, settings: Settings) -> None:
    """Hold that `skip` and `strictness` name rules, checks and operations that there are.

    Raises:
        WrongUse: one of them does not.
    """
    rules = [*contract.rules, *ALWAYS]
    for skip in settings.skip:
        _hold(skip.rule, rules, "`skip` names the rule or check")
        _hold(skip.check, SCHEMATHESIS, "`skip` names the check of Schemathesis'")
        _hold(skip.operation, contract.operations, "`skip` names the operation")
    for name in settings.strict:
        _hold(name, [*rules, *SCHEMATHESIS], "`strictness` names the rule or check")


def _hold(name: str | None, known: Collection[str], told: str) -> None:
    if name is None or name in known or name.startswith("custom:"):
        return
    raise WrongUse(f"{told} `{name}`, which is none: {suggestion(name, known)}")


def _is_about(skip: Skip, failure: Failure) -> bool:
    """Whether an entry of `skip` speaks of the failure: each part that it has does."""
    return (
        skip.rule in (None, failure.check)
        and skip.check in (None, failure.detail)
        and (skip.operation is None or skip.operation in failure.operations)
    )
