"""Programs of any steps: whatever is created, changed, moved and deleted in whatever order, all see what is there."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, ClassVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.derived_values import counters
from specdouble.verify.model import Entry, Model
from specdouble.verify.places import parents
from specdouble.verify.problem import Broken, Interruption, NotExercised, Trouble
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

STEPS = 8  # of one program
FIRST = 4  # documents that it begins with, at most
LONGEST = 8.0  # seconds of programs
ATTEMPTS = 6  # at a program that the network spoils
SHRINKING = 20.0  # seconds to shorten one that fails
BESIDE = 3  # documents of the first program: one is left beside one that is changed, when the other is deleted
INDEX = st.integers(0, 5)
HOME = st.sampled_from((0, 0, 0, 1, 2))  # most in one place, where documents meet others

# Hypothesis reads the source of what it runs; Python 3.11 fails at that now and then where several threads do.
_SOURCELESS = {"__module__": "builtins"}

Step = Callable[[Model], None]


def plan(session: Session, subject: Subject) -> Plan:
    """The case for one collection; where there may be few documents, programs would be of nothing but refusals."""
    if not subject.creators or not subject.observable or subject.bounding:
        return
    subject = _where_it_lies(session, subject)
    changing = [one.operation for one in subject.updaters]
    about = ids(*subject.creators[:1], *subject.readers, *subject.listers[:1], *changing, *subject.deleters)
    promise = f"after any requests {subject.collection} holds what was written, and shows it to whom it should"
    run = partial(_programs, subject=subject, counting=tuple(one.name for one in counters(session, subject)))
    yield Case(Names.programs, promise, run, "random programs", about, unaided=True, last=True)


def _where_it_lies(session: Session, subject: Subject) -> Subject:
    """The documents as the list of their own place shows them: what lies below another document too is no place."""
    above = {parent.collection for _, parent in parents(session, subject, subject.creators[0])}
    own = (one for one in subject.listers if {up.collection for _, up in parents(session, subject, one)} <= above)
    return replace(subject, listers=tuple(islice(own, 1)))


class _Failed(Exception):
    """A program has failed; which, and how, is noted."""


class _Search:
    """The search for the shortest program that fails.

    Args:
        trial: whose failure it is.
        start: begins a program.
    """

    def __init__(self, trial: Trial, start: Callable[[Trial], Model]) -> None:
        self.trial, self._start = trial, start
        self.ends = time.monotonic() + LONGEST
        self.shortest: tuple[Model, Broken] | None = None
        self.failed: Model | None = None  # it takes no more steps
        self.spoilt: Model | None = None  # nor does this: nobody knows what its last request did
        self.trouble: Trouble | None = None
        self.stopped: Interruption | None = None
        self.began = False
        self.wrote = False  # what no program writes, none can find changed

    def begin(self) -> Model | None:
        """A new program; None where there is no time for it."""
        if self.stopped is not None or time.monotonic() > self.ends:
            return None
        inner = Trial(self.trial.session, self.trial.operations)
        try:
            return self._start(inner)
        except Trouble as trouble:
            self.trouble = trouble
            return None
        except Interruption as interruption:
            self.stopped = interruption
            return None

    def fails(self, steps: list[Step]) -> bool:
        """Run a program of these steps, anew where the network spoils it; whether it fails."""
        for _ in range(ATTEMPTS):
            model = self.begin()
            if model is None:
                continue
            with suppress(_Failed):
                for step in steps:
                    self.step(model, step)
            self.end(model)
            if model is not self.spoilt:
                return model is self.failed
        return False

    def step(self, model: Model, take: Step) -> None:
        """Take one step of a program."""
        if self.stopped is not None or model is self.failed or model is self.spoilt:
            return
        try:
            with suppress(NotExercised):  # what the server refuses wrongly is for the other checks to say
                take(model)
        except Broken as found:
            broken = model.broken(found)
            if self.shortest is None:
                self.ends = time.monotonic() + SHRINKING
            if self.shortest is None or len(model.story) <= len(self.shortest[0].story):
                self.shortest = model, broken
            self.failed = model
            raise _Failed from None
        except Trouble as trouble:
            self.spoilt, self.trouble = model, trouble
        except Interruption as interruption:
            self.stopped = interruption

    def end(self, model: Model) -> None:
        """Note what was sent in a program that has ended."""
        self.began = True
        self.wrote = self.wrote or (model is not self.spoilt and bool(model.entries or model.gone))
        self.trial.objections += model.trial.objections
        self.trial.exchanges += model.trial.exchanges

    def decide(self) -> None:
        """Tell the shortest failure.

        Raises:
            Broken: there is one.
            Trouble: the network spoilt each program.
        """
        if self.shortest is not None:
            model, broken = self.shortest
            self.trial.exchanges[:] = model.trial.exchanges
            raise broken
        if self.stopped is not None:
            raise self.stopped
        if not self.wrote and self.trouble is not None:
            raise self.trouble
        if not self.wrote:
            raise NotExercised("no program made a document" if self.began else "there was no time for a program")


def _programs(trial: Trial, subject: Subject, counting: tuple[str, ...]) -> None:
    search = _Search(trial, partial(Model, subject=subject, counters=_that_count(trial, subject, counting)))
    _open(search)
    if search.shortest is None:
        _run_random(search)
    search.decide()


def _run_random(search: _Search) -> None:
    """Run random programs until one fails, and shorten that."""
    settings = search.trial.session.settings
    with warnings.catch_warnings(), suppress(_Failed, HypothesisException):
        warnings.simplefilter("ignore")
        run_state_machine_as_test(
            hypothesis.seed(settings.seed)(type("Program", (_Program,), {"search": search, **_SOURCELESS})),
            settings=hypothesis.settings(
                max_examples=max(settings.max_examples * 2 // 3, 1), stateful_step_count=STEPS, database=None,
                deadline=None, print_blob=False, report_multiple_bugs=False, verbosity=hypothesis.Verbosity.quiet,
                suppress_health_check=list(hypothesis.HealthCheck),
                phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            ),
        )  # fmt: skip


def _open(search: _Search) -> None:
    """The first program, which is always the same: writes beside documents that they must leave as they are.

    Few random programs change one document twice, or change one of those that are left when another was deleted.
    """
    steps: list[Step] = [*[_create] * BESIDE, *[_change_second] * 2, _delete_first, _change_last, _create_after]
    if not search.fails(steps):
        return
    for index in reversed(range(len(steps))):
        fewer = steps[:index] + steps[index + 1 :]
        if search.fails(fewer):
            steps = fewer


def _create(model: Model) -> None:
    model.create(model.homes[0])


def _create_after(model: Model) -> None:
    """A new document beside those that are left, whose numbers are not free though there are fewer by now."""
    model.create(model.homes[0])
    model.hold()


def _change_second(model: Model) -> None:
    _change(model, model.entries[1:2])


def _change_last(model: Model) -> None:
    _change(model, model.entries[-1:])


def _change(model: Model, entries: list[Entry]) -> None:
    for entry in entries:
        for updater in model.updaters:
            model.change(entry, updater)
        model.hold()


def _delete_first(model: Model) -> None:
    for entry in model.entries[:1] if "delete" in model.steps else ():
        model.delete(entry)
        model.hold()


def _that_count(trial: Trial, subject: Subject, counting: tuple[str, ...]) -> tuple[str, ...]:
    """Those properties that grow by one with a new document: the others only have the name of a count."""
    if not counting:
        return ()
    model = Model(Trial(trial.session, trial.operations), subject, counting)
    model.create(model.homes[0])
    home = model.homes[0]
    seen = model.trial.look(home.parent) if home.parent is not None else {}
    return tuple(name for name, start in home.counts.items() if seen.get(name) == start + 1)


class _Program(RuleBasedStateMachine):
    """A program, as Hypothesis writes and shrinks it; an index counts round what there is."""

    search: ClassVar[_Search]

    def __init__(self) -> None:
        super().__init__()
        self.model = self.search.begin()

    def can(self, step: str) -> bool:
        """Whether there is a document that the step could be about."""
        return self.model is not None and bool(self.model.entries) and step in self.model.steps

    def _take(self, step: Step) -> None:
        if self.model is not None:
            self.search.step(self.model, step)

    @initialize(homes=st.lists(HOME, min_size=1, max_size=FIRST))
    def begin(self, homes: list[int]) -> None:
        """Create the documents that the other steps are about."""
        for home in homes:
            self.create(home)

    @rule(home=HOME)
    def create(self, home: int) -> None:
        """Create a document."""
        self._take(lambda model: model.create(_at(model.homes, home)))

    @precondition(lambda self: self.can("change"))
    @rule(entry=INDEX, updater=INDEX)
    def change(self, entry: int, updater: int) -> None:
        """Change a document."""
        self._take(lambda model: model.change(_at(model.entries, entry), _at(model.updaters, updater)))

    @precondition(lambda self: self.can("delete"))
    @rule(entry=INDEX)
    def delete(self, entry: int) -> None:
        """Delete a document."""
        self._take(lambda model: model.delete(_at(model.entries, entry)))

    @precondition(lambda self: self.can("move"))
    @rule(entry=INDEX, home=HOME)
    def move(self, entry: int, home: int) -> None:
        """Take a document to another parent."""
        self._take(lambda model: model.move(_at(model.entries, entry), _at(model.homes, home)))

    @precondition(lambda self: self.can("read"))
    @rule(home=HOME, changed=INDEX, deleted=INDEX)
    def race(self, home: int, changed: int, deleted: int) -> None:
        """Write to three documents at the same time."""
        self._take(lambda model: _race(model, home, changed, deleted))

    @precondition(lambda self: self.can("read"))
    @rule(entry=INDEX, other=st.booleans())
    def look(self, entry: int, other: bool) -> None:
        """Look for a document, among all or as a user who may not see it."""
        self._take(lambda model: _look(model, _at(model.entries, entry), other))

    def teardown(self) -> None:
        """Hold that everything is as the program left it."""
        if self.model is not None:
            self._take(Model.hold)
            self.search.end(self.model)


def _race(model: Model, home: int, changed: int, deleted: int) -> None:
    model.race(_at(model.homes, home), _at(model.entries, changed), _at(model.entries, deleted))


def _at(values: list[Any], index: int) -> Any:
    return values[index % len(values)]


def _look(model: Model, entry: Entry, other: bool) -> None:
    pairs = model.trial.session.crowd.pairs() if other else []
    others = [two for one, two in pairs if one is entry.home.user]
    if others:
        model.hide(entry, others[0])
    else:
        model.read(entry)
        model.look_through(entry.home)
