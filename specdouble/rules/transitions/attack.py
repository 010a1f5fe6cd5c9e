"""The moves of a state: every allowed one is made, every other one refused."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from specdouble.rules.transitions.rule import Transitions
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Document, Trial, accepted, refused_as
from specdouble.verify.values import merged


def plan(session: Session, subject: Subject, rule: Transitions) -> Plan:
    """The cases of a lifecycle: every move, allowed or not."""
    updaters = [one for one in subject.updaters if rule.name in subject.requested(one.operation)]
    if not subject.creators or not updaters:
        yield Missing(rule.id, f"no operation changes {rule.name}")
        return
    values = merged(subject.resource.properties[rule.name], session.contract.resolve).get("enum") or list(rule.moves)
    for updater in updaters:
        about = ids(updater.operation)
        for before in values:
            for after in values:
                allowed = rule.allows(before, after)
                promise = f"an allowed move of {rule.name} is accepted" if allowed else f"no other move of {rule.name}"
                of: dict[str, Any] = {
                    "subject": subject,
                    "rule": rule,
                    "updater": updater,
                    "before": before,
                    "after": after,
                }
                what = f"{before} to {after}"
                yield Case(rule.id, promise, partial(_move, **of), what, about, decisive=not allowed)


def _reach(trial: Trial, subject: Subject, rule: Transitions, updater: Updater, state: Any) -> Document:
    """A document in that state, by allowed moves."""
    takes = rule.name in subject.requested(subject.creators[0])
    if takes:
        body = {**trial.body(subject, trial.creator(subject), trial.user), rule.name: state}
        _, document = trial.try_create(subject, trial.user, body)
        if document is not None and document.shown.get(rule.name, state) == state:
            return document
    document = trial.create(subject)
    start = document.shown.get(rule.name)
    for step in _way(rule, start, state):
        trial.update(updater, document, {rule.name: step})
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


def _move(trial: Trial, subject: Subject, rule: Transitions, updater: Updater, before: Any, after: Any) -> None:
    document = _reach(trial, subject, rule, updater, before)
    exchange = trial.try_update(updater, document, {rule.name: after})
    if rule.allows(before, after):
        accepted(exchange, f"the move of {rule.name} from {before!r} to {after!r}")
        wanted = after
    else:
        status = rule.status_among(updater.operation.statuses)
        refused_as(exchange, {status}, f"the move of {rule.name} from {before!r} to {after!r}")
        wanted = before
    if subject.observable and trial.look(document).get(rule.name) != wanted:
        raise Broken(f"{rule.name} to be {wanted!r} then", f"a read shows {trial.look(document).get(rule.name)!r}")


ATTACK = Attack(plan, bound_on_update=True)
