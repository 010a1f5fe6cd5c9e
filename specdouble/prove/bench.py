"""Where mutants are tried: a double with one fault, served over HTTP, and the verifier against it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from specdouble.contract import read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.factories import Factories
from specdouble.double.server import Server
from specdouble.double.state.secret import secret_of
from specdouble.prove.fault import Change, Mutant
from specdouble.prove.mutants import mutants_of
from specdouble.prove.project import project_mutants
from specdouble.prove.result import COULD_NOT_RUN, EQUIVALENT, KILLED, NOT_RUN, SURVIVED, Clean, Result
from specdouble.prove.sign_in import started
from specdouble.prove.survivor import reason_of, remedy_of
from specdouble.verify.problem import TIME_OVER, CouldNotRun, OutOfTime
from specdouble.verify.settings import Settings, load
from specdouble.verify.verdict import NOT_EXERCISED, Verdict
from specdouble.verify.verification import verify

_BY_SCHEMATHESIS = {"conformance", "error_shape", "authentication"}


@dataclass(frozen=True)
class Options:
    """How mutants are tried.

    Args:
        path: the project's folder, or a contract's file.
        seed: what the verifier's random choices start from.
        all: go on after the first kill, and try equivalent mutants too.
        baseline: try Schemathesis' own checks alone.
        allow_refs: the folders outside of the contract's own that its references may lead to.
        overlays: what is laid over the contract, where it is named.
        until: when it ends, by the clock that all processes share; never where None.
    """

    path: Path
    seed: int | None = None
    all: bool = False
    baseline: bool = False
    allow_refs: tuple[Path, ...] = ()
    overlays: tuple[Path, ...] = ()
    until: float | None = None


class Bench:
    """Tries the mutants of one project, one after another.

    Args:
        options: how.

    Raises:
        Refused: the contract cannot be read.
        WrongUse: the verifier's settings cannot be used.
        WrongMutant: one of the project's own mutants cannot be loaded.
    """

    def __init__(self, options: Options) -> None:
        for name in ("specdouble", "uvicorn.error"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what a mutant breaks is told by the verifier
        self.options = options
        self.contract = read(options.path, options.allow_refs, options.overlays)
        self.project = options.path if options.path.is_dir() else options.path.parent
        found = project_mutants(self.project, mutants_of(self.contract))
        self.mutants = {mutant.id: mutant for mutant in found}
        self.settings = self._settings()

    def _settings(self) -> Settings:
        settings = load(self.project, seed=self.options.seed)
        if not settings.signing:
            secret = secret_of(self.project)
            identities = self.contract.identities.items()
            signing = {scheme: secret for scheme, identity in identities if identity.credential is None}
            settings = replace(settings, signing=signing)
        return replace(settings, reports={}, yes=True, strictness="rfc", strict={}, skip=(), baseline=None)

    def clean(self) -> Clean:
        """Verify the double without a fault.

        Raises:
            CouldNotRun: the verifier cannot be used on it.
            OutOfTime: it took longer than there was.
        """
        started = time.monotonic()
        verdict = self.verified(lambda factories: factories, self.settings)
        failures = [f"{one.check}: {one.sentence}" for one in verdict.failures]
        notes = [f"{row.check}: {row.reason}" for row in verdict.rows.values() if row.state == NOT_EXERCISED]
        alone = self._alone(lambda factories: factories) if self.options.baseline else ()
        return Clean(tuple(failures), tuple(notes), verdict.requests, time.monotonic() - started, tuple(alone))

    def examine(self, key: str, clean: Clean) -> Result:
        """Try one mutant."""
        mutant = self.mutants[key]
        result = Result(key, mutant.kind, mutant.sentence, EQUIVALENT, reason=mutant.equivalent)
        if mutant.equivalent and not self.options.all:
            return result
        try:
            return self._tried(mutant, clean, result)
        except OutOfTime:
            return replace(result, state=NOT_RUN, reason=TIME_OVER)
        except Exception as error:  # one mutant's trouble must not end the others
            return replace(result, state=NOT_RUN, reason=f"it cannot be tried: {type(error).__name__}: {error}")

    def _tried(self, mutant: Mutant, clean: Clean, result: Result) -> Result:
        started = time.monotonic()
        requests, verdict = 0, None
        for settings in self._stages(mutant):
            try:
                verdict = self.verified(mutant.change, settings)
            except CouldNotRun as problem:
                result = replace(result, state=KILLED, killed_by=(COULD_NOT_RUN,), failure=str(problem))
                break
            requests += verdict.requests
            if verdict.failures:
                first = verdict.failures[0]
                result = replace(result, state=KILLED, killed_by=tuple(verdict.broken), failure=first.sentence)
                break
        else:
            assert verdict is not None
            result = self._survived(mutant, verdict, result)
        return replace(
            result,
            requests=requests,
            seconds=time.monotonic() - started,
            alone=self._kills_alone(mutant, clean) if self.options.baseline else None,
        )

    def _survived(self, mutant: Mutant, verdict: Verdict, result: Result) -> Result:
        if mutant.equivalent:
            return result
        reason, remedy = reason_of(mutant, verdict), remedy_of(mutant, verdict)
        return replace(result, state=SURVIVED, reason=reason, remedy=remedy)

    def _stages(self, mutant: Mutant) -> list[Settings]:
        """What concerns the mutant first, then everything; the first failure ends either."""
        if self.options.all:
            return [self.settings]
        whole = replace(self.settings, max_failures=1)
        rules = tuple(mutant.concerns)
        about = replace(whole, operations=mutant.operations)
        if rules and not _BY_SCHEMATHESIS & set(rules):
            return [replace(about, rules=rules, phases=("rules",)), whole]
        if rules == ("authentication",):
            return [replace(about, rules=rules, phases=("rules",)), whole]
        return [about, whole] if mutant.operations else [whole]

    def verified(self, change: Change, settings: Settings) -> Verdict:
        """Verify a double with a change, by the project's users or by its own.

        Raises:
            OutOfTime: there was no time to verify the whole, and no failure was seen until then.
        """
        settings, double = self._in_time(settings), self._double(change)
        with Server(double, "127.0.0.1", 0).running() as url:
            if not settings.users:
                own = started(double, url)
                settings = replace(
                    settings, users=own.users, signing={**own.signing, **settings.signing}, oauth=own.oauth
                )
            verdict = verify(self.contract, replace(settings, url=url))
        if self.options.until is not None and verdict.stopped == TIME_OVER and not verdict.failures:
            raise OutOfTime
        return verdict

    def _in_time(self, settings: Settings) -> Settings:
        """The settings with the time that is left."""
        if self.options.until is None:
            return settings
        left = self.options.until - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return replace(settings, max_time=min(left, settings.max_time or left))

    def _served(self, change: Change) -> Any:
        return Server(self._double(change), "127.0.0.1", 0).running()

    def _double(self, change: Change) -> Double:
        options = self.options
        given = DoubleSettings(
            options.path, allow_refs=options.allow_refs, overlays=options.overlays, strict_auth=True
        )  # fmt: skip
        return Double(given, change(Factories()))

    def _kills_alone(self, mutant: Mutant, clean: Clean) -> bool:
        known = set(clean.alone)
        return any(one not in known for one in self._alone(mutant.change, known))

    def _alone(self, change: Change, known: set[str] | None = None) -> list[str]:
        from specdouble.verify.conformance.alone import failures_of_schemathesis_alone

        with self._served(change) as url:
            try:
                return failures_of_schemathesis_alone(self.contract, replace(self.settings, url=url), known)
            except CouldNotRun as problem:
                return [str(problem)]


_bench: Bench | None = None


def open_bench(options: Options) -> None:
    """Make this process' bench."""
    global _bench
    _bench = Bench(options)


def on_bench(task: Callable[..., Any], *given: Any) -> Any:
    """Do a task on this process' bench."""
    assert _bench is not None
    return task(_bench, *given)
