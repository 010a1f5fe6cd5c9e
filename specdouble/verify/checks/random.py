"""Random documents: what was written is what is read, whatever it is; failures are shrunk by Hypothesis."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import hypothesis
from hypothesis import strategies as st

from specdouble.contract import Operation
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.kept_values import Body, hold
from specdouble.verify.orders import in_order, other_ends
from specdouble.verify.privilege import follows
from specdouble.verify.problem import Broken, Interruption, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.strategies import fitting
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, unless_scarce

LONGEST_STORY = 4  # updates of one document


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the documents of one collection."""
    if not subject.creators:
        return
    creator, examples = subject.creators[0], session.settings.max_examples
    run = partial(_shrunk, _created, subject=subject, strategy=_bodies(session, subject, creator), examples=examples)
    yield Case(Names.read_your_writes, f"{creator} keeps whatever it is sent", run, "random", ids(creator))
    for updater in subject.updaters:
        if updater.partial and subject.observable:
            bodies = _bodies(session, subject, updater.operation, subject.bound_on_update)
            stories = st.tuples(
                _bodies(session, subject, creator), st.lists(bodies, min_size=1, max_size=LONGEST_STORY)
            )
            run = partial(
                _shrunk, partial(_story, updater=updater), subject=subject, strategy=stories, examples=examples
            )
            promise = f"{updater.operation} changes whatever it is sent, and nothing else"
            yield Case(Names.partial_update, promise, run, "random", ids(updater.operation))


def _bodies(
    session: Session, subject: Subject, operation: Operation, bound: frozenset[str] = frozenset()
) -> st.SearchStrategy[Body]:
    """Bodies without the properties that a rule speaks of: those are added where the body is sent."""
    ruled = {*subject.chosen, *subject.once, *subject.server_set, *bound, *session.implied}
    parts: dict[str, Any] = {}
    for name, schema in subject.requested(operation).items():
        if name not in ruled and not session.bodies.embeds(schema):
            values = fitting(schema, session.contract.resolve).filter(partial(session.bodies.property_fits, schema))
            parts[name] = values.filter(partial(subject.may_begin, name)) if operation in subject.creators else values
    return st.fixed_dictionaries({}, optional=parts)


def _shrunk(
    run: Callable[[Trial, Subject, Any], None],
    trial: Trial,
    subject: Subject,
    strategy: st.SearchStrategy[Any],
    examples: int,
) -> None:
    """Run on random values; the smallest that breaks it is the failure."""
    stopped: list[Interruption] = []
    seen: list[Trial] = []

    @hypothesis.seed(trial.session.settings.seed)
    @hypothesis.settings(
        max_examples=examples, database=None, deadline=None, print_blob=False, report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )  # fmt: skip
    @hypothesis.given(strategy)
    def attempt(value: object) -> None:
        if stopped:
            return
        inner = Trial(trial.session, trial.operations)
        seen.append(inner)
        interruption = _interrupted(partial(run, inner, subject, value))
        if interruption is not None:
            stopped.append(interruption)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            attempt()
    except Broken:
        trial.exchanges[:] = seen[-1].exchanges
        raise
    except hypothesis.errors.HypothesisException as error:
        raise NotExercised(_why(error)) from None
    finally:
        for inner in seen:
            trial.objections += inner.objections
    if stopped:
        raise stopped[0]
    trial.exchanges += [exchange for inner in seen for exchange in inner.exchanges]


def _why(error: hypothesis.errors.HypothesisException) -> str:
    """Why random values show nothing."""
    if isinstance(error, hypothesis.errors.Flaky):  # as where an address was another spelling of an earlier example's
        return "what failed with random values once did not when the same were sent again"
    return f"no random values could be drawn: {type(error).__name__}"


def _interrupted(run: Callable[[], None]) -> Interruption | None:
    """What ends all examples, and not this one alone.

    Raises:
        Broken: the example has found a failure.
    """
    try:
        run()
    except Broken:
        raise
    except NotExercised:
        hypothesis.reject()
    except Interruption as interruption:
        return interruption
    return None


def _created(trial: Trial, subject: Subject, value: Body) -> None:
    creator = trial.creator(subject)
    body = in_order(subject.requested(creator), {**trial.body(subject, creator, trial.user), **value})
    if not trial.session.bodies.fits(creator, body):
        raise NotExercised("the values do not fit each other")
    exchange, document = trial.try_create(subject, trial.user, body)
    unless_scarce(exchange, subject)
    accepted(exchange, "a body that keeps the contract")
    assert document is not None
    hold(trial, document, document.sent, "sent")


def _story(trial: Trial, subject: Subject, value: tuple[Body, list[Body]], updater: Updater) -> None:
    first, changes = value
    document = trial.create(subject, **first)
    # What the request holds beside the document's properties may be shown, or not, as it pleases the server.
    known = subject.resource.properties
    model = {name: one for name, one in trial.look(document).items() if name in known}
    for change in changes:
        change = in_order(known, {**other_ends(change, model), **change}, keep=change)
        sent = subject.unwrapped(trial.update_call(updater, document, change))
        if not trial.session.bodies.fits(updater.operation, sent):
            continue  # an object of no properties, or of some without others, where the schema takes none such
        if not all(subject.may_come_of(name, model.get(name), one) for name, one in change.items() if name in known):
            continue  # a part of an object, where there is no object yet that has the other parts it needs
        change = trial.kept(updater, document, change)
        exchange = trial.try_update(updater, document, change, as_it_is=True)
        accepted(exchange, "an update that keeps the contract")
        written = subject.unwrapped(exchange.call)  # the change, and what the request had to hold besides
        model = {**model, **{name: one for name, one in written.items() if name in known}}
        seen = trial.look(document)
        for name in _comparable(subject, model, written, seen):
            if not subject.keeps(name, model[name], seen[name]):
                check = Names.read_your_writes if name in written else Names.partial_update
                raise Broken(f"{name} to be {shown(model[name])}", f"a read shows {shown(seen[name])}", check)
        model = {name: seen.get(name, one) for name, one in model.items()}


def _comparable(subject: Subject, model: Body, written: Body, seen: Body) -> Iterator[str]:
    """The properties that a read must show as the model has them, after a change."""
    passed_over = {*subject.updated_stamps, *subject.following, *subject.versions}
    for name, one in model.items():
        if name in passed_over or (name not in seen and name not in subject.server_set):
            continue
        if name not in written and (follows(name, written) or subject.may_be_made_of(name, seen.get(name), written)):
            continue
        if subject.shows(name, one):  # a request may take what no answer can show
            yield name
