"""Keys of requests: the same one twice, at once, with another body, of another user, and left out."""

from __future__ import annotations

from functools import partial

from specdouble.rules.idempotency.rule import Idempotency
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks import idempotency
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, refused_as


def plan(session: Session, _subject: None, rule: Idempotency) -> Plan:
    """The cases of one rule."""
    subject = _created(session, rule)
    if subject is None:
        yield Missing(rule.id, f"{rule.operation} is not known to create documents", decisive=True)
        return
    yield from idempotency.cases(session, subject, rule.id)
    if rule.required:
        promise = f"{rule.operation} is refused without {rule.header}"
        run = partial(_without, subject=subject, rule=rule)
        yield Case(rule.id, promise, run, "", ids(subject.creators[0]))


def _created(session: Session, rule: Idempotency) -> Subject | None:
    """What the operation creates."""
    found = (one for one in session.subjects.values() if one.creators and one.creators[0].id == rule.operation)
    return next(found, None)


def _without(trial: Trial, subject: Subject, rule: Idempotency) -> None:
    call = trial.create_call(subject, trial.user, trial.body(subject, trial.creator(subject), trial.user))
    fields = {name: value for name, value in call.headers.items() if name.lower() != rule.header.lower()}
    exchange = trial.send(call.operation, trial.user, path=call.path, query=call.query, headers=fields, body=call.body)
    trial.adopt(subject, trial.user, exchange)
    refused_as(exchange, {400, 422}, f"a request without {rule.header}")


ATTACK = Attack(plan)
