"""Defaults: filled in on creation where the request leaves the property out, and only there."""

from __future__ import annotations

from functools import partial

from specdouble.rules.default.rule import Default
from specdouble.verify.attack import Attack
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.equality import same
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, views
from specdouble.verify.values import plausible


def plan(_session: Session, subject: Subject, rule: Default) -> Plan:
    """The cases of a default."""
    about = ids(subject.creators[0])
    if rule.name in subject.required(subject.creators[0]):
        yield Missing(rule.id, f"{rule.name} is required: the default is never filled in")
        return
    promise = f"{rule.name} is {rule.value!r} where it is not sent"
    yield Case(
        rule.id, promise, partial(_left_out, subject=subject, rule=rule, full=False), "minimal", about, decisive=True
    )
    yield Case(
        rule.id,
        promise,
        partial(_left_out, subject=subject, rule=rule, full=True),
        "all else sent",
        about,
        decisive=True,
    )
    if rule.name in subject.requested(subject.creators[0]):
        run = partial(_sent, subject=subject, rule=rule)
        yield Case(rule.id, f"a {rule.name} that is sent wins over its default", run, "", about)


def _left_out(trial: Trial, subject: Subject, rule: Default, full: bool) -> None:
    document = trial.create(subject, full=full, drop=(rule.name,))
    if rule.name in document.sent:
        raise NotExercised(f"without {rule.name} no body was found that keeps the contract's other rules")
    for where, seen in views(trial, document):
        if rule.name not in seen or not same(rule.value, seen[rule.name]):
            found = shown(seen[rule.name]) if rule.name in seen else "none"
            raise Broken(f"{rule.name} to be {shown(rule.value)}", f"{where} shows {found}")


def _sent(trial: Trial, subject: Subject, rule: Default) -> None:
    schema = subject.requested(subject.creators[0])[rule.name]
    value = plausible(schema, trial.contract.resolve, trial.session.fresh.word())
    document = trial.create(subject, **{rule.name: value})
    for where, seen in views(trial, document):
        found = seen.get(rule.name)
        if same(rule.value, found) and not same(value, found):
            expected = f"{rule.name} to be {shown(value)}, as sent"
            raise Broken(expected, f"{where} shows {shown(found)}")


ATTACK = Attack(plan)
