"""The moves of a state: every allowed one is made, every other one refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.transitions.rule import Transitions
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Document, Trial, accepted, refused_as, views


def plan(session: Session, subject: Subject, rule: Transitions) -> Plan:
    """The cases of a lifecycle: every move, allowed or not."""
    movers = [*_movers(session, subject, rule)]
    if subject.creators and rule.initial:
        yield from _beginnings(subject, rule)
    if not subject.creators or not movers:
        yield Missing(rule.id, f"no operation changes {rule.name}")
        return
    for mover in movers:
        for before in rule.values:
            for after in [mover.to] if mover.to is not None else rule.values:
                allowed = rule.allows(before, after)
                promise = f"an allowed move of {rule.name} is accepted" if allowed else f"no other move of {rule.name}"
                run = partial(_move, subject=subject, rule=rule, mover=mover, movers=movers, before=before, after=after)
                what = f"{before} to {after}" if mover.to is None else f"{before} to {after}, by {mover.operation}"
                # Of an operation that means one move, most states refuse it: a baseline may find none that does not.
                alone = mover.to is not None
                yield Case(rule.id, promise, run, what, ids(mover.operation), decisive=not allowed, unaided=alone)


@dataclass(frozen=True)
class Mover:
    """An operation that moves the state.

    Args:
        operation: the operation.
        updater: it as one that changes documents; None where it sets one value of its own.
        to: that value; None where the request names it.
    """

    operation: Operation
    updater: Updater | None = None
    to: Any = None

    def move(self, trial: Trial, rule: Transitions, document: Document, after: Any) -> Exchange:
        """Send a move of a document."""
        if self.updater is not None:
            return trial.try_update(self.updater, document, {rule.name: after})
        return trial.send(self.operation, document.user, **trial.acting(self.operation, document))


def _movers(session: Session, subject: Subject, rule: Transitions) -> Iterator[Mover]:
    for updater in subject.updaters:
        if rule.name in subject.requested(updater.operation):
            yield Mover(updater.operation, updater)
    for key, action in session.contract.actions_of.get(subject.collection, ()):
        if action.does == "act" and rule.name in dict(action.sets) and not action.why:
            yield Mover(session.contract.operations[key], to=dict(action.sets)[rule.name])


def _beginnings(subject: Subject, rule: Transitions) -> Plan:
    """The cases of new documents."""
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    about = ids(subject.creators[0])
    yield Case(rule.id, f"{rule.name} begins as {' or '.join(rule.initial)}", partial(_begun, **of), "", about)
    if rule.name not in subject.requested(subject.creators[0]):
        return
    for state in rule.values:
        begins = state in rule.initial
        promise = f"{rule.name} may begin so" if begins else f"{rule.name} may not begin otherwise"
        yield Case(rule.id, promise, partial(_begin, **of, state=state), str(state), about, decisive=not begins)


def _begun(trial: Trial, subject: Subject, rule: Transitions) -> None:
    document = trial.create(subject, drop=(rule.name,))
    for where, seen in views(trial, document):
        if seen.get(rule.name, rule.initial[0]) not in rule.initial:
            raise Broken(f"{rule.name} to be {' or '.join(rule.initial)}", f"{where} shows {seen[rule.name]!r}")


def _begin(trial: Trial, subject: Subject, rule: Transitions, state: Any) -> None:
    operation = trial.creator(subject)
    body = {**trial.body(subject, operation, trial.user), rule.name: state}
    exchange, _ = trial.try_create(subject, trial.user, body, fixed=(rule.name,))
    if state in rule.initial:
        accepted(exchange, f"a new document with {rule.name} {state!r}")
    else:
        status = rule.status_among(operation.statuses)
        refused_as(exchange, {status}, f"a new document with {rule.name} {state!r}")


def _reach(trial: Trial, subject: Subject, rule: Transitions, movers: list[Mover], state: Any) -> Document:
    """A document in that state, by allowed moves."""
    takes = rule.name in subject.requested(subject.creators[0])
    if takes and (not rule.initial or state in rule.initial):
        body = {**trial.body(subject, trial.creator(subject), trial.user), rule.name: state}
        _, document = trial.try_create(subject, trial.user, body)
        if document is not None and document.shown.get(rule.name, state) == state:
            return document
    document = trial.create(subject)
    start = document.shown.get(rule.name)
    for step in _way(rule, start, state):
        mover = next((one for one in movers if one.to in (None, step)), None)
        if mover is None:
            raise NotExercised(f"no operation moves {rule.name} to {step}")
        exchange = mover.move(trial, rule, document, step)
        if not exchange.ok:
            raise NotExercised(f"a move to {step} was refused: {exchange.told(80)}")
    return document


def _way(rule: Transitions, start: Any, goal: Any) -> list[Any]:
    """The values that lead to the goal; a document without one may take any."""
    if start is None:
        return [goal]
    ways: deque[list[Any]] = deque([[start]])
    seen = {start}
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way[1:]
        for after in rule.moves.get(way[-1], ()):
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    raise NotExercised(f"no allowed moves lead from {start} to {goal}")


def _move(
    trial: Trial, subject: Subject, rule: Transitions, mover: Mover, movers: list[Mover], before: Any, after: Any
) -> None:
    document = _reach(trial, subject, rule, movers, before)
    exchange = mover.move(trial, rule, document, after)
    if before == after and mover.to is not None and not exchange.ok:
        raise NotExercised(f"whether {mover.operation} is taken where nothing moves is not said")
    if rule.allows(before, after):
        accepted(exchange, f"the move of {rule.name} from {before!r} to {after!r}")
        wanted = after
    else:
        status = rule.status_among(mover.operation.statuses)
        refused_as(exchange, {status}, f"the move of {rule.name} from {before!r} to {after!r}")
        wanted = before
    if subject.observable and trial.look(document).get(rule.name) != wanted:
        raise Broken(f"{rule.name} to be {wanted!r} then", f"a read shows {trial.look(document).get(rule.name)!r}")


def states(trial: Trial, subject: Subject, rule: Transitions) -> Iterator[Document]:
    """A new document in each state that allowed moves lead to."""
    movers = [*_movers(trial.session, subject, rule)]
    for state in rule.values:
        with suppress(NotExercised):
            yield _reach(trial, subject, rule, movers, state)


ATTACK = Attack(plan, bound_on_update=True, states=states)
