"""The moves of a state: every allowed one is made, every other one refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.transitions.rule import Transitions
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks.refusals import hold_unchanged
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as, views


def plan(session: Session, subject: Subject, rule: Transitions) -> Plan:
    """The cases of a lifecycle: every move, allowed or not."""
    movers = [*_movers(session, subject, rule)]
    if subject.creators and rule.initial:
        yield from _beginnings(session, subject, rule)
    if not subject.creators or not movers:
        yield Missing(rule.id, f"no operation changes {rule.name}")
        return
    for mover in movers:
        for before in rule.values:
            for after in filter(mover.takes, rule.values):
                allowed = rule.allows(before, after)
                promise = f"an allowed move of {rule.name} is accepted" if allowed else f"no other move of {rule.name}"
                run = partial(_move, subject=subject, rule=rule, mover=mover, before=before, after=after)
                what = f"{before} to {after}" if mover.to is None else f"{before} to {after}, by {mover.operation}"
                # Of an operation that means one move, most states refuse it: a baseline may find none that does not.
                alone = mover.to is not None
                yield Case(rule.id, promise, run, what, ids(mover.operation), decisive=not allowed, unaided=alone)
    for updater in subject.updaters:
        if rule.name not in subject.requested(updater.operation):
            promise = f"a change by {updater.operation} makes no other move of {rule.name}"
            run = partial(_stays, subject=subject, rule=rule, updater=updater)
            yield Case(rule.id, promise, run, "", ids(updater.operation))


def _stays(trial: Trial, subject: Subject, rule: Transitions, updater: Updater) -> None:
    """A change of something else may move a document on, but as the rule allows."""
    states = set()
    for document in trial.in_each_state(subject, (rule.name,)):
        before = trial.look(document).get(rule.name)
        if not trial.try_update(updater, document, trial.session.bodies.change(subject, updater)).ok:
            continue
        states.add(before)
        after = trial.look(document).get(rule.name, before)
        if after != before and not rule.allows(before, after):
            raise Broken(
                f"{rule.name} to stay {before!r}, for no move leads from there to {after!r}", f"it is {after!r}"
            )
    if not states:
        raise NotExercised("no change was taken in any state")


@dataclass(frozen=True)
class Mover:
    """An operation that moves the state.

    Args:
        operation: the operation.
        updater: it as one that changes documents; None where it sets one value of its own.
        to: that value; None where the request names it.
        named: the values that a request can name, as its schema says.
    """

    operation: Operation
    updater: Updater | None = None
    to: Any = None
    named: tuple[Any, ...] = ()

    def takes(self, value: object) -> bool:
        """Whether it may be asked to move a document to that value."""
        return value == self.to if self.updater is None else value in self.named

    def move(self, trial: Trial, rule: Transitions, document: Document, after: object) -> Exchange:
        """Send a move of a document."""
        if self.updater is not None:
            return trial.try_update(self.updater, document, {rule.name: after}, self._who(trial, document))
        return trial.resend(self.call(trial, rule, document, after))

    def call(self, trial: Trial, rule: Transitions, document: Document, after: object) -> Call:
        """The request that moves a document."""
        user = self._who(trial, document)
        if self.updater is not None:
            return trial.update_call(self.updater, document, {rule.name: after}, user)
        parts = trial.acting(self.operation, document)
        return Call(self.operation, user.name, has_body=parts.get("body") is not None, **parts)

    def _who(self, trial: Trial, document: Document) -> User:
        """Who moves it: one may order, and another pay."""
        mover: User = trial.session.crowd.maker(document.subject.resource, self.operation, document.user)
        return mover


def _movers(session: Shared, subject: Subject, rule: Transitions) -> Iterator[Mover]:
    for updater in subject.updaters:
        schema = subject.requested(updater.operation).get(rule.name)
        if schema is not None:
            yield Mover(updater.operation, updater, named=_named(session, rule, schema))
    for key, action in session.contract.actions_of.get(subject.collection, ()):
        if action.does == "act" and rule.name in dict(action.sets) and not action.why:
            yield Mover(session.contract.operations[key], to=dict(action.sets)[rule.name])


def _named(session: Shared, rule: Transitions, schema: Any) -> tuple[Any, ...]:
    """The states that a request can name, as the schema of its property says."""
    return tuple(value for value in rule.values if session.bodies.property_fits(schema, value))


def _beginnings(session: Session, subject: Subject, rule: Transitions) -> Plan:
    """The cases of new documents, in states that a create can name: the rest its schema refuses."""
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    about = ids(subject.creators[0])
    yield Case(rule.id, f"{rule.name} begins as {' or '.join(rule.initial)}", partial(_begun, **of), "", about)
    schema = subject.requested(subject.creators[0]).get(rule.name)
    if schema is None:
        return
    for state in _named(session, rule, schema):
        begins = state in rule.initial
        promise = f"{rule.name} may begin so" if begins else f"{rule.name} may not begin otherwise"
        yield Case(rule.id, promise, partial(_begin, **of, state=state), str(state), about, decisive=not begins)


def _begun(trial: Trial, subject: Subject, rule: Transitions) -> None:
    document = trial.create(subject, drop=(rule.name,))
    for where, seen in views(trial, document):
        if seen.get(rule.name, rule.initial[0]) not in rule.initial:
            raise Broken(f"{rule.name} to be {' or '.join(rule.initial)}", f"{where} shows {seen[rule.name]!r}")


def _begin(trial: Trial, subject: Subject, rule: Transitions, state: object) -> None:
    operation = trial.creator(subject)
    body = {**trial.body(subject, operation, trial.user), rule.name: state}
    exchange, _ = trial.try_create(subject, trial.user, body, fixed=(rule.name,))
    if state in rule.initial:
        accepted(exchange, f"a new document with {rule.name} {state!r}")
    else:
        status = rule.status_among(operation.statuses)
        refused_as(exchange, {status}, f"a new document with {rule.name} {state!r}")


def reach(trial: Trial, subject: Subject, rule: Transitions, state: object, user: User | None = None) -> Document:
    """A new document in that state, by allowed moves."""
    user = trial.session.crowd.maker(subject.resource, subject.creators[0], user or trial.user)
    takes = rule.name in subject.requested(subject.creators[0])
    if takes and (not rule.initial or state in rule.initial):
        body = {**trial.body(subject, trial.creator(subject), user), rule.name: state}
        _, document = trial.try_create(subject, user, body)
        if document is not None and document.shown.get(rule.name, state) == state:
            return document
    document = trial.create(subject, user)
    bring(trial, rule, document, state)
    return document


def bring(trial: Trial, rule: Transitions, document: Document, state: object) -> None:
    """Move a document to that state, by allowed moves.

    Raises:
        NotExercised: one of them is refused.
    """
    _go(trial, rule, document, _way_of(trial, rule, document, state))


def last_move(trial: Trial, rule: Transitions, document: Document, state: object) -> Call:
    """The request that takes a document to a state, to which it was moved as near as allowed moves lead.

    Raises:
        NotExercised: one of them is refused, or none is needed.
    """
    way = _way_of(trial, rule, document, state)
    if not way:
        raise NotExercised(f"a new document has {rule.name} {state!r} already")
    _go(trial, rule, document, way[:-1])
    step, mover = way[-1]
    return mover.call(trial, rule, document, step)


def _way_of(trial: Trial, rule: Transitions, document: Document, state: object) -> list[tuple[Any, Mover]]:
    start = document.shown.get(rule.name, next(iter(rule.initial), None))
    return _way(rule, [*_movers(trial.session, document.subject, rule)], start, state)


def _go(trial: Trial, rule: Transitions, document: Document, way: list[tuple[Any, Mover]]) -> None:
    for step, mover in way:
        exchange = mover.move(trial, rule, document, step)
        if not exchange.ok:
            raise NotExercised(f"a move to {step} was refused: {exchange.told(80)}")


def _way(rule: Transitions, movers: list[Mover], start: object, goal: object) -> list[tuple[Any, Mover]]:
    """The values that lead to the goal, and what moves to each; a document without one may take any."""
    ways: deque[tuple[Any, list[tuple[Any, Mover]]]] = deque([(start, [])])
    seen = {start}
    while ways:
        state, way = ways.popleft()
        if state == goal:
            return way
        for after in [goal] if state is None else rule.moves.get(state, ()):
            mover = next((one for one in movers if one.takes(after)), None)
            if mover is not None and after not in seen:
                seen.add(after)
                ways.append((after, [*way, (after, mover)]))
    raise NotExercised(f"no operations lead by allowed moves of {rule.name} from {start} to {goal}")


def _move(trial: Trial, subject: Subject, rule: Transitions, mover: Mover, before: object, after: object) -> None:
    document = reach(trial, subject, rule, before)
    is_looked_at = subject.observable and not rule.allows(before, after)
    was = trial.look(document) if is_looked_at else {}
    exchange = mover.move(trial, rule, document, after)
    if is_looked_at and exchange.refused:
        hold_unchanged(was, trial.look(document))
    if before == after and mover.to is not None and not exchange.ok:
        raise NotExercised(f"whether {mover.operation} is taken where nothing moves is not said")
    if rule.allows(before, after):
        accepted(exchange, f"the move of {rule.name} from {before!r} to {after!r}")
        wanted = after
    else:
        status = rule.status_among(mover.operation.statuses)
        refused_as(exchange, {status}, f"the move of {rule.name} from {before!r} to {after!r}")
        return
    if subject.observable and trial.look(document).get(rule.name) != wanted:
        raise Broken(f"{rule.name} to be {wanted!r} then", f"a read shows {trial.look(document).get(rule.name)!r}")


def states(rule: Transitions) -> tuple[Any, ...]:
    """All states; whether a move leads to each is seen when it is asked for."""
    return rule.values


def begins(rule: Transitions, value: object) -> bool:
    """Whether a new document may have the state."""
    return not rule.initial or value in rule.initial


ATTACK = Attack(plan, bound_on_update=True, states=states, reach=reach, bring=bring, last_move=last_move, begins=begins)
