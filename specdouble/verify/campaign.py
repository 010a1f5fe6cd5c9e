"""Runs the cases, breadth first, and keeps the tally."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from itertools import chain, zip_longest
from threading import Lock

from specdouble.unforeseen import place_of, unforeseen
from specdouble.verify.attack import attack_of
from specdouble.verify.case import ALWAYS, Case, Missing, Names
from specdouble.verify.exchange import Exchange
from specdouble.verify.lag import catches_up
from specdouble.verify.places import parents
from specdouble.verify.problem import (
    NOTHING_PROMISED,
    TIME_OVER,
    Broken,
    CheckFailed,
    CouldNotRun,
    Enough,
    Interruption,
    Moved,
    NotExercised,
    OutOfTime,
    Trouble,
    WrongUse,
)
from specdouble.verify.proof import Proof
from specdouble.verify.refusal import says_taken, tells_of_none
from specdouble.verify.sender import is_fickle
from specdouble.verify.session import Session
from specdouble.verify.settings import STRICTNESS
from specdouble.verify.strictness import counts, weight
from specdouble.verify.trial import Trial
from specdouble.verify.turns import Turns
from specdouble.verify.verdict import Failure, Row, Verdict

ATTEMPTS = 6  # at a case that the network spoils
CONFIRMATIONS = 2  # of a failure, unless chance has a part in it
INDEPENDENT = (Names.conformance, Names.authentication, Names.error_shape)  # judged whatever the answer is
NOT_FOUND = 404
ENOUGH = "enough failures were found"
Progress = Callable[[int, int, str, int], None]


class Campaign:
    """One run of the rule checks.

    Args:
        session: the server.
        verdict: where the tally is kept.
        progress: called with cases done, cases in all, the check, and failures so far.
    """

    def __init__(self, session: Session, verdict: Verdict, progress: Progress) -> None:
        self.session, self.verdict, self.progress = session, verdict, progress
        self.traces: list[tuple[Case, list[Exchange], float, Failure | None]] = []
        self.done = self.total = 0
        self.troubles = 0
        self._workers = 1
        self._lock, self._turns = Lock(), Turns()

    def run(self, planned: Iterable[Case | Missing]) -> None:
        """Try every case there is time for."""
        planned = list(planned)
        self._seek_baselines(planned)
        cases = [one for one in planned if isinstance(one, Case)]
        self._note(planned)
        self.total = len(cases)
        ordered = _breadth_first(cases)
        # Where there may be few documents one case makes room for the next: they cannot run at once.
        is_bounded = any(subject.bounding for subject in self.session.subjects.values())
        self._workers = workers = 1 if is_bounded else self.session.settings.workers or 1
        try:
            if workers == 1:
                for case in ordered:
                    self.attempt(case)
            else:
                self._in_parallel(ordered, workers)
        except OutOfTime:
            self._note_the_rest()
        except Enough:
            self.verdict.stopped = ENOUGH
            self._note_the_rest()
        except KeyboardInterrupt:
            self.session.client.stopped = True
            self.verdict.stopped = "interrupted"
            self._note_the_rest()
        finally:
            self.session.referents.end_case()
        self._drop_what_nobody_promises()

    def _note(self, planned: Iterable[Case | Missing]) -> None:
        """Give each rule and check that anything was planned for its row, in the order of the plan."""
        for one in planned:
            if isinstance(one, Case):
                self.row(one.check).decisive_planned |= one.decisive
            elif self.session.selection.takes(one.check):
                self.row(one.check).lacks(one.reason)
                self.row(one.check).unproved |= one.decisive

    def _drop_what_nobody_promises(self) -> None:
        """Leave out the checks that this server gives nothing to look at: their every case said so."""
        rows = self.verdict.rows
        for name in [one for one in rows if one in ALWAYS]:
            row = rows[name]
            has_shown_something = row.cases or row.reasons or row.failures or row.tolerated
            if not has_shown_something and not row.decisive_planned:
                del rows[name]

    def _in_parallel(self, cases: Iterable[Case], workers: int) -> None:
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(self.attempt, case) for case in cases]
            try:
                for future in as_completed(futures):
                    future.result()
            except (OutOfTime, Enough, KeyboardInterrupt, CouldNotRun):
                self.session.client.stopped = True
                for future in futures:
                    future.cancel()
                raise

    def _note_the_rest(self) -> None:
        self.verdict.stopped = self.verdict.stopped or TIME_OVER
        for row in self.verdict.rows.values():
            undecided = row.decisive_planned and not row.decisive_ran
            if (undecided or not row.cases) and not row.reasons:
                row.lacks(f"{self.verdict.stopped} before it was tried")

    def row(self, check: str) -> Row:
        """The row of a rule or check."""
        if check not in self.verdict.rows:
            rule = self.session.contract.rules.get(check)
            meaning = str(rule) if rule else ALWAYS.get(check, check)
            row = Row(check, meaning, rule.file if rule else "", rule.line if rule else 0)
            self.verdict.rows[check] = row
        return self.verdict.rows[check]

    def attempt(self, case: Case) -> None:
        """Try one case, again where something spoils it."""
        with self._lock:
            self.done += 1
            if self._is_known_as_broken(case):
                return
        lacking = self._lacking(case)
        if lacking is not None:
            with self._lock:
                self.row(case.check).lacks(lacking, case.operations)
            return
        try:
            for attempt in range(ATTEMPTS):
                if self._tried(case, attempt):
                    break
        except (Interruption, CouldNotRun, WrongUse):
            raise
        except Exception as error:
            # A fault of the verifier costs this case, not what all others say of the server.
            self._fails_itself(case, error)
        self.progress(self.done, self.total, case.check, len(self.verdict.failures))
        if self.enough:
            raise Enough

    def _tried(self, case: Case, attempt: int) -> bool:
        """Whether the case could be tried: neither the network nor a full parent spoilt it."""
        trial, started = self._trial(case), time.monotonic()
        reason = broken = None
        try:
            with self._turns.turn():
                case.run(trial)
        except Broken as found:
            broken = found
        except Moved as moved:
            if attempt < ATTEMPTS - 1:
                return False
            reason = str(moved)
        except NotExercised as missing:
            reason = str(missing)
        except Trouble as trouble:
            self._spoilt(case, trial, str(trouble), attempt)
            return False
        finally:
            self._spent(case, trial, time.monotonic() - started)
        failure = self._failure(case, trial, broken) if broken is not None else None
        if failure is not None and attempt < ATTEMPTS - 1 and self._catches_up(failure):
            return False
        doubt = self._doubt(case, trial, failure) if failure is not None else None
        if doubt is not None:
            reason, failure = doubt, None
        self._tally(case, trial, reason, failure, time.monotonic() - started)
        return True

    def _fails_itself(self, case: Case, error: Exception) -> None:
        with self._lock:
            row = self.row(case.check)
            is_own = isinstance(error, CheckFailed)
            row.lacks("the check itself failed" if is_own else "specdouble itself failed", case.operations)
            row.unproved = True
            place = str(error) if is_own else place_of(error)
            if place not in self.verdict.defects:  # one file with a traceback tells enough
                self.verdict.defects[place] = f"{case.check}: {error if is_own else unforeseen(error)}"

    def _is_known_as_broken(self, case: Case) -> bool:
        """Whether an earlier case has broken what this one would; it is counted there."""
        known = self.row(case.check).failures.get(case.promise)
        # A lighter failure that does not count may stand before one that does.
        if known is None or not known.own or not self._counts(known):
            return False
        known.also += 1
        return True

    def _trial(self, case: Case) -> Trial:
        """A new trial: what earlier ones created is no longer needed."""
        self.session.ledger.recent.clear()
        if self._workers == 1:
            self.session.referents.move_on()
            self.session.referents.begin_case()
        return Trial(self.session, case.operations)

    def _lacking(self, case: Case) -> str | None:
        """Why the case cannot be judged: its operation takes no request that is known, or it would tell nothing new."""
        if case.last and any(set(one.operations) & set(case.operations) for one in self.verdict.failures):
            return "other checks have found what is wrong with these operations"
        if case.check in INDEPENDENT or case.unaided:
            return None
        return self.session.baselines.missing(case.operations)

    def _seek_baselines(self, planned: list[Case | Missing]) -> None:
        """Seek a request of each operation that the server takes; its answers are judged as every answer is."""
        baselines, selection = self.session.baselines, self.session.selection
        names = {name for one in planned if isinstance(one, Case) for name in one.operations}
        if not selection.rules:
            names |= {name for name in self.session.contract.operations if selection.concerns((name,))}
        with suppress(OutOfTime):  # the first case ends for the same reason
            baselines.seek(names)
        for trial in baselines.trials:
            self._judged(trial)
        self.verdict.lacking = baselines.advice()
        self.verdict.unproved = self._without_documents(names)
        self.verdict.untaken |= {one.operation.id: one.missing or "" for one in baselines.lacking()}

    def _without_documents(self, names: Collection[str]) -> str:
        """Why no document could be created at all; empty where one could, or none was to be."""
        found = self.session.baselines.found
        creators = {one.id for subject in self.session.subjects.values() for one in subject.creators} & set(names)
        reasons = [found[name].missing for name in sorted(creators) if name in found]
        return str(reasons[0]) if reasons and None not in reasons else ""

    @property
    def enough(self) -> bool:
        """Whether as many failures were found as were asked for."""
        wanted = self.session.settings.max_failures
        return wanted is not None and sum(map(self._counts, self.verdict.failures)) >= wanted

    def _doubt(self, case: Case, trial: Trial, failure: Failure) -> str | None:
        """Why a failure is none; None where it is one: also when no other case writes meanwhile."""
        with self._turns.turn(alone=True):
            if self._was_chance(trial, failure.expected, failure.seen):
                return "what was refused is taken when it is sent once more"
            if not self._confirmed(case, failure):
                return "a failure was seen once and not again"
        if self._was_taken(failure):
            return "the server says that another document has what was sent"
        if self._named_none(failure):
            return "the server says that what was sent names a document that is not there"
        if self._lost_parent(failure):
            return "what the path leads through was deleted meanwhile, to make room"
        if self._was_misfit(failure):
            return "no body was found that fits the schema"
        return None

    def _catches_up(self, failure: Failure) -> bool:
        """Whether what a failure rests on shows only after a while what was written: it is told, and no failure."""
        self.session.referents.end_case()  # what is looked for is created wherever there is room
        with self._turns.turn(alone=True):
            told = catches_up(self.session, failure.steps)
        self.verdict.notes += told
        return bool(told)

    def _was_chance(self, trial: Trial, expected: str, seen: str) -> bool:
        """Whether a request is answered as it should be once it is sent again, or is refused for another reason."""
        refused = next((one for one in trial.exchanges[::-1] if one.refused and one.told() in seen), None)
        if refused is None:
            return False
        try:
            if expected.endswith(" to be accepted"):
                return trial.again(refused).ok
            # Who loses a race may be refused in a way of its own: only of a server that is known to do it by chance
            # the same is asked again.
            return is_fickle(self.session, refused) and trial.resend(refused.call).status != refused.status
        except Interruption:
            return False

    def _confirmed(self, case: Case, failure: Failure) -> bool:
        """Whether a failure shows again; of those that need chance, once is enough."""
        if any(step.call.together is not None for step in failure.steps):
            return True
        for _ in range(CONFIRMATIONS):
            trial = self._trial(case)
            try:
                case.run(trial)
            except Broken as broken:
                steps = list(trial.exchanges)
                if self._was_chance(trial, broken.expected, broken.seen):
                    continue
                failure.steps, failure.expected, failure.seen = steps, broken.expected, broken.seen
                return True
            except (NotExercised, Moved, Trouble):
                continue
        return False

    def _counts(self, failure: Failure) -> bool:
        settings = self.session.settings
        return counts(failure, settings.strictness, settings.strict)

    def _was_taken(self, failure: Failure) -> bool:
        """Whether a request was refused for what another document has, where no rule says what is unique."""
        last = _refusal(failure)
        if last is None:
            return False
        action = self.session.contract.actions.get(last.call.operation.id)
        if action is None or action.does == "delete":  # a deletion sends nothing that another could have
            return False
        rule = self.session.contract.rules.get(failure.check)
        # A status that is the rule's own says nothing of another document: only words do.
        own = rule is not None and rule.refuses and rule.status_among(last.call.operation.statuses) == last.status
        subject = self.session.subjects[action.collection]
        about_key = rule is not None and attack_of(rule).once
        by_chance = not subject.has_keys or (subject.has_few_keys and not about_key)
        return by_chance and says_taken(last, by_words=own)

    def _named_none(self, failure: Failure) -> bool:
        """Whether a request was refused for naming a document that is not there, where no rule says what it names.

        What a 404 says is not there may be the document of the path, which is.
        """
        last = _refusal(failure)
        if last is None or last.status == NOT_FOUND or not last.call.has_body:
            return False
        subject = self.session.written(last.call.operation)
        return not (subject is not None and subject.referring) and tells_of_none(last.content)

    def _lost_parent(self, failure: Failure) -> bool:
        """Whether a create was refused with 404 whose path leads through a document that a read does not show either.

        What is deleted to make room takes along what lies below it, which other cases may still know.
        """
        last = _refusal(failure)
        if last is None or last.status != NOT_FOUND:
            return False
        action = self.session.contract.actions.get(last.call.operation.id)
        if action is None or action.does not in ("create", "create_many"):
            return False
        above = parents(self.session, self.session.subjects[action.collection], last.call.operation)
        if not above or not above[-1][1].readers:
            return False
        name, parent = above[-1]
        try:
            return Trial(self.session).look_at(parent, name, last.call.path) is None
        except Interruption:
            return False

    def _was_misfit(self, failure: Failure) -> bool:
        """Whether a request was refused whose body the contract itself does not take: the fault is the case's."""
        last = _refusal(failure)
        if last is None or not last.call.has_body:
            return False
        media = last.call.operation.json_body
        if media is None or media.slot is None:
            return False
        return not self.session.contract.schemas.is_valid(media.slot, last.call.body)

    def _failure(self, case: Case, trial: Trial, broken: Broken) -> Failure:
        check, promise = broken.check or case.check, broken.promise or case.promise
        row = self.row(check)
        return Failure(
            check, promise, case.detail, broken.expected, broken.seen, list(trial.exchanges), case.operations,
            file=row.file, line=row.line, own=(check, promise) == (case.check, case.promise),
        )  # fmt: skip

    def _spent(self, case: Case, trial: Trial, seconds: float) -> None:
        with self._lock:
            row = self.row(case.check)
            row.seconds += seconds
            row.requests += len(trial.exchanges)

    def _spoilt(self, case: Case, trial: Trial, reason: str, attempt: int) -> None:
        with self._lock:
            self.troubles += 1
            self._judged(trial)
            if attempt == ATTEMPTS - 1:
                self.row(case.check).lacks(f"the network: {reason}", case.operations)

    def _tally(self, case: Case, trial: Trial, reason: str | None, failure: Failure | None, seconds: float) -> None:
        with self._lock:
            self._judged(trial)
            own = self.row(case.check)
            if reason == NOTHING_PROMISED:
                return
            if reason is not None:
                own.lacks(reason, case.operations)
            elif failure is not None and failure.check != case.check:
                own.cases += 1
                own.lacks(f"on the way to it {failure.check} was broken", case.operations)
            else:
                own.cases += 1
                own.decisive_ran |= case.decisive
                own.judged(case.operations)
            if reason is None and failure is None:
                own.prove(Proof(case.promise, case.detail, trial.exchanges, case.decisive, own.accepted))
            if failure is not None:
                row = self.row(failure.check)
                row.cases += row.check != case.check
                known = row.failures.get(failure.promise)
                if known is None or (failure.own and not known.own) or _is_heavier(failure, known):
                    failure.also = known.also + 1 if known else 0
                    row.failures[failure.promise] = failure
                else:
                    known.also += 1
            self.traces.append((case, list(trial.exchanges), seconds, failure))

    def _judged(self, trial: Trial) -> None:
        """Count what was judged of every answer, and note what was wrong."""
        wrong = {id(objection.exchange) for objection in trial.objections}
        for name in (Names.conformance, Names.error_shape):
            judged = [one for one in trial.exchanges if name == Names.conformance or one.refused]
            if judged and self.session.selection.takes(name):
                self._answers(self.row(name), judged, wrong)
        for objection in trial.objections:
            broken, operation = objection.broken, objection.exchange.call.operation
            if broken.check is None or not self.session.selection.takes(broken.check):
                continue
            status = objection.exchange.status if objection.exchange.status < 500 else "5xx"
            promise = f"{operation} answering {status}: {broken.expected}"
            row = self.row(broken.check)
            if promise not in row.failures:
                row.failures[promise] = Failure(
                    broken.check, promise, "", broken.expected, broken.seen, objection.trace or [objection.exchange],
                    (operation.id,), file=row.file, line=row.line,
                )  # fmt: skip

    def _answers(self, row: Row, judged: list[Exchange], wrong: set[int]) -> None:
        """Count answers that were held to what is declared, whatever was asked."""
        row.cases += len(judged)
        for exchange in judged:
            row.judged((exchange.call.operation.id,))
            if id(exchange) not in wrong and row.shown is None:
                promise = f"{exchange.call.operation} answers as it declares"
                row.prove(Proof(promise, f"status {exchange.status}", [exchange], number=0))


def _refusal(failure: Failure) -> Exchange | None:
    """The answer that refuses what should have been accepted; None where a failure is another."""
    last = failure.steps[-1] if failure.steps else None
    return last if last is not None and last.refused and failure.expected.endswith(" to be accepted") else None


def _is_heavier(one: Failure, other: Failure) -> bool:
    return STRICTNESS.index(weight(one)) < STRICTNESS.index(weight(other))


def _breadth_first(cases: Iterable[Case]) -> Iterator[Case]:
    """Each promise of each check once before any of them a second time; those in the end that look for the rest."""
    promises: dict[tuple[str, str], list[Case]] = {}
    cases = list(cases)
    for case in cases:
        if not case.last:
            promises.setdefault((case.check, case.promise), []).append(case)
    rounds = zip_longest(*promises.values())
    found = (case for case in chain.from_iterable(rounds) if case is not None)
    return chain(found, (case for case in cases if case.last))
