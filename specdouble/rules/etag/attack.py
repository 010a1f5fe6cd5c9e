"""Tags: told with every document, another after each change; conditions hold, and are there where one is asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.contract import Operation, Rule
from specdouble.rules.etag.rule import FIELD, IF_MATCH, Conditional, ETag
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks import header_fields
from specdouble.verify.document import Document
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, accepted, refused_as


def plan(session: Session, subject: Subject | None, rule: ETag | Conditional) -> Plan:
    """The cases of one rule."""
    if isinstance(rule, Conditional):
        yield from _required(session, rule)
        return
    assert subject is not None
    if not subject.creators or not subject.readers:
        lacking = "reads" if subject.creators else "creates"
        yield Missing(rule.id, f"no operation {lacking} documents of {subject.collection}", decisive=True)
        return
    promise = f"{subject.readers[0]} tells the {FIELD} of a document"
    yield Case(rule.id, promise, partial(_told, subject=subject), "", ids(subject.readers[0]), decisive=True)
    for updater in subject.updaters:
        promise = f"{updater.operation} gives the document another {FIELD}"
        run = partial(header_fields.gives_another_tag, subject=subject, updater=updater)
        yield Case(rule.id, promise, run, "", ids(updater.operation), decisive=True)
    yield from header_fields.conditions(subject, rule.id)


def _told(trial: Trial, subject: Subject) -> None:
    document = trial.create(subject)
    exchange = trial.send(subject.readers[0], document.user, **trial.place(subject.readers[0], document))
    accepted(exchange, "a read of a document that is there")
    if FIELD.lower() not in exchange.headers:
        raise Broken(f"the answer to tell the {FIELD}", f"it is {exchange.told(80)}")


# Where a condition must not be missing


def _required(session: Session, rule: Rule) -> Plan:
    operation = session.contract.operations[rule.about]
    subject = session.subjects[session.contract.actions[operation.id].collection]
    changing = [*(one.operation for one in subject.updaters), *subject.deleters, *subject.acts]
    if not subject.creators or operation not in changing:
        yield Missing(rule.id, f"no document is made that {operation} could change", decisive=True)
        return
    of: dict[str, Any] = {"subject": subject, "rule": rule, "operation": operation}
    promise = f"{operation} is refused without {IF_MATCH}"
    yield Case(rule.id, promise, partial(_without, **of), "", ids(operation), decisive=True)


def _without(trial: Trial, subject: Subject, rule: Rule, operation: Operation) -> None:
    document = trial.create(subject)
    parts = _change(trial, subject, operation, document)
    fields = {name: value for name, value in parts["headers"].items() if name.lower() != IF_MATCH.lower()}
    exchange = trial.send(operation, document.user, **{**parts, "headers": fields})
    refused_as(exchange, {rule.status_among(operation.statuses)}, f"a request without {IF_MATCH}", strict=True)
    # The control: the same request with it.
    taken = trial.send(operation, document.user, **parts)
    if not taken.ok:
        raise NotExercised(f"the same request with {IF_MATCH} is refused too: {taken.told(80)}")


def _change(trial: Trial, subject: Subject, operation: Operation, document: Document) -> dict[str, Any]:
    """The parts of a request that changes the document or deletes it."""
    updater = next((one for one in subject.updaters if one.operation == operation), None)
    if updater is None:
        parts = trial.acting(operation, document)
    else:
        changes = trial.kept(updater, document, trial.session.bodies.change(subject, updater))
        call = trial.update_call(updater, document, changes)
        parts = {"path": call.path, "query": call.query, "headers": call.headers, "body": call.body}
    tag = header_fields.tag_of(trial, document)
    return {**parts, "headers": {**parts.get("headers", {}), IF_MATCH: tag}}


ATTACK = Attack(plan)
