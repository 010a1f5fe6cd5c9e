"""References: only what names a document that exists for the caller is taken, and a refusal stores nothing."""

from __future__ import annotations

from typing import Any

from specdouble.contract.rule import ScopeRule
from specdouble.rules.references.attack import body, deletion, path
from specdouble.rules.references.attack.names import known_to, named_by, names_of_none
from specdouble.rules.references.rule import OnDelete, References
from specdouble.verify.attack import Attack, Write
from specdouble.verify.case import Missing, Plan
from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.problem import NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged


def plan(session: Session, subject: Subject, rule: References | OnDelete) -> Plan:
    """The cases of one rule."""
    if isinstance(rule, OnDelete):
        yield from deletion.plan(session, subject, rule)
    else:
        yield from _of_reference(session, subject, rule)


def _of_reference(session: Session, subject: Subject, rule: References) -> Plan:
    writers: list[Updater | None] = []
    if subject.creators and rule.name in subject.requested(subject.creators[0]):
        writers.append(None)
    movable = [one for one in subject.updaters if rule.name in subject.requested(one.operation)]
    writers += [] if rule.name in subject.bound_on_update else movable
    target, parent = session.subjects[rule.target], path.parent_of(subject, rule)
    if parent is not None:
        yield from path.plan(subject, rule, target, parent)
    elif not writers:
        yield Missing(rule.id, f"no operation takes {rule.name}")
        return
    for writer in writers:
        yield from body.plan(session, subject, rule, target, writer)
    closed = [one for one in target.resource.of(ScopeRule) if not one.is_opened]
    if target.resource.owner and closed and len(session.crowd) < 2 and not rule.of_anyone:
        yield Missing(rule.id, "another's: needs a second user in the settings")


def value(session: Session, subject: Subject, rule: References, schema: Any, user: User, like: object = None) -> Any:  # noqa: ARG001
    """The id of a document that the user may refer to; a list of it where the property holds several."""
    target, trial = session.subjects[rule.target], Trial(session)
    try:
        new = rule.name in subject.once and target.creators
        found = named_by(rule, trial.create(target, user)) if new else known_to(trial, rule, user)
    except NotExercised:
        if session.bodies.property_fits(schema, None):
            return None  # the first of a collection that refers to itself refers to nothing
        raise
    return [found] if kind(merged(schema, session.contract.resolve)) == "array" else found


def another(trial: Trial, rule: References) -> Any:
    """What names a new document."""
    return named_by(rule, trial.create(trial.subject(rule.target)))


def offend(trial: Trial, subject: Subject, rule: References, write: Write, _beside: Document) -> dict[str, Any]:
    """The body, with what names no document."""
    schema = subject.requested(write.operation).get(rule.name)
    if schema is None:
        raise NotPromised
    known = known_to(trial, rule, trial.user)
    is_list = kind(merged(schema, trial.contract.resolve)) == "array"
    for pick in names_of_none(trial.session, rule).values():
        none = pick(known)
        sent = [none] if is_list else none
        is_free = bool(rule.key) or trial.session.ledger.owned(rule.target, none) is None
        if is_free and trial.session.bodies.property_fits(schema, sent):
            return {**write.body, rule.name: sent}
    raise NotExercised(f"the schema takes no {rule.name} that names none")


ATTACK = Attack(plan, value=value, another=another, offend=offend)
