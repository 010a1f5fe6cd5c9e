"""References by a path: only what names a document that exists is taken, where a create lies below it."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.rules.references.attack.names import statuses_of
from specdouble.rules.references.rule import References
from specdouble.verify.case import Case, Plan, ids
from specdouble.verify.checks.refusals import marked_body
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, refused_as, views
from specdouble.verify.values import unlike_but_fitting

NOT_FOUND = 404


def parent_of(subject: Subject, rule: References) -> str | None:
    """The parameter of the create's path that the property holds."""
    scope = subject.action(subject.creators[0]).scope if subject.creators else ()
    return next((parameter for parameter, name in scope if name == rule.name), None)


def plan(subject: Subject, rule: References, target: Subject, parent: str) -> Plan:
    """The cases of a create below the document that is referred to."""
    creator = subject.creators[0]
    of: dict[str, Any] = {"subject": subject, "rule": rule, "parent": parent}
    yield Case(rule.id, f"{rule.name} is the document that the path names", partial(_held, **of), "", ids(creator))
    refused = f"{creator} below no document is refused"
    yield Case(rule.id, refused, partial(_below_none, **of), "an id of none", ids(creator), decisive=True)
    if target.creators and target.deleters:
        run = partial(_below_deleted, **of, target=target)
        yield Case(rule.id, refused, run, "a deleted one", ids(creator), decisive=True)


def _held(trial: Trial, subject: Subject, rule: References, parent: str) -> None:
    document = trial.create(subject)
    named = document.around["path"][parent]
    for where, seen in views(trial, document):
        if str(seen.get(rule.name, named)) != str(named):
            raise Broken(f"{rule.name} to be {named!r}, as the path says", f"{where} shows {seen[rule.name]!r}")


def _below_none(trial: Trial, subject: Subject, rule: References, parent: str) -> None:
    known = trial.session.referents.of(rule.target, trial.user)
    parameter = next(one for one in trial.creator(subject).parameters if one.name == parent)
    nowhere = unlike_but_fitting(known, partial(trial.session.bodies.property_fits, parameter.schema))
    _refused_below(trial, subject, rule, parent, nowhere)


def _below_deleted(trial: Trial, subject: Subject, rule: References, parent: str, target: Subject) -> None:
    document = trial.create(target)
    if not trial.delete(document).ok:
        raise NotExercised("a delete was refused")
    _refused_below(trial, subject, rule, parent, document.id)


def _refused_below(trial: Trial, subject: Subject, rule: References, parent: str, value: object) -> None:
    """Hold that nothing is created below a document that is not there; below one that is, the same body is taken."""
    body = marked_body(trial, subject)
    call = trial.create_call(subject, trial.user, body)
    parameter = next(one for one in call.operation.parameters if one.name == parent)
    if not trial.session.bodies.property_fits(parameter.schema, value):
        raise NotExercised(f"the parameter takes no {value!r}")
    path = {**call.path, parent: value}
    exchange = trial.send(call.operation, trial.user, path=path, query=call.query, body=call.body)
    refused_as(exchange, {NOT_FOUND, *statuses_of(rule, exchange)}, f"{parent} {value!r}, the id of no document,")
    control, _ = trial.try_create(subject, trial.user, body)
    if not control.ok:
        raise NotExercised(f"the same body was refused below a document that is there: {control.told(80)}")
