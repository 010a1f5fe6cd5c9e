"""A value within its scope and in another one: of two users, below two parents, with another value of a property."""

from __future__ import annotations

import re
from functools import partial
from itertools import product
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import PropertyRule, ScopeRule
from specdouble.rules.unique.attack.key import alike, body_of, made, statuses
from specdouble.rules.unique.rule import Unique
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.places import parents
from specdouble.verify.problem import NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, accepted, refused_as
from specdouble.verify.values import merged


def scopes(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Plan:
    """The cases of a value in one scope and in another."""
    resource = subject.resource
    yield from _of_users(session, subject, rule, creator)
    for name in rule.within:
        if name not in (resource.owner, resource.tenant) and name in subject.taken(creator):
            run = partial(_across_values, subject=subject, rule=rule, name=name)
            yield Case(rule.id, f"another {name} may have the {rule.name}", run, "", ids(creator))
    for parameter, name in subject.action(creator).scope:
        parent = session.implied.get(parameter)
        if name in rule.within and parent is not None:
            run = partial(_across_parents, subject=subject, rule=rule, parameter=parameter, parent=parent)
            yield Case(rule.id, f"below another {parameter} the {rule.name} may be taken", run, "", ids(creator))
    yield from _unnamed_parents(session, subject, rule, creator)


def _of_users(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Plan:
    resource, crowd = subject.resource, session.crowd
    by_owner = resource.owner in rule.within
    by_tenant = resource.tenant in rule.within
    # Two users have documents below parents of their own, where the scope is a parent: nothing is shared then.
    by_parent = any(name not in (resource.owner, resource.tenant) for name in rule.within)
    for one, other in crowd.pairs(creator) if not by_parent else ():
        apart = by_owner or (by_tenant and (one, other) in crowd.foreigners())
        together = not by_owner and (not by_tenant or (one, other) in crowd.colleagues())
        of: dict[str, Any] = {"subject": subject, "rule": rule, "one": one, "other": other}
        whom = f"{one.name} and {other.name}"
        if apart:
            yield Case(rule.id, f"another scope may have the {rule.name}", partial(_across, **of), whom, ids(creator))
        elif together and not _is_closed_to(session, subject, rule, one, other):
            yield Case(rule.id, f"all of the scope share the {rule.name}", partial(_within, **of), whom, ids(creator))
    if by_owner and len(crowd) < 2:
        yield Missing(rule.id, "across the scope: needs a second user in the settings")
    elif by_tenant and not by_owner and not crowd.foreigners():
        yield Missing(rule.id, "across the scope: needs a user of another organization in the settings")


def _is_closed_to(session: Session, subject: Subject, rule: Unique, one: User, other: User) -> bool:
    """Whether the value names a document of the one user that the other may not name: it is refused for that."""
    for named in subject.resource.of(PropertyRule):
        target = session.subjects.get(named.refers_to or "") if named.name == rule.name else None
        if target is None:
            continue
        for scope in target.resource.of(ScopeRule):
            if not scope.is_opened and (one, other) in session.crowd.apart(target.resource, scope):
                return True
    return False


def _unnamed_parents(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Plan:
    """The cases of parents that the path calls otherwise than the property does, as what it holds tells."""
    known = {name for _, name in subject.action(creator).scope}
    told = subject.taken(creator).keys() | {subject.resource.owner, subject.resource.tenant}
    names = [name for name in rule.within if name not in known | told]
    for name, (parameter, parent) in product(names, parents(session, subject, creator)):
        if not parent.creators:
            continue
        run = partial(_across_unnamed, subject=subject, rule=rule, name=name, parameter=parameter, parent=parent)
        yield Case(rule.id, f"below another {parameter} the {rule.name} may be taken", run, "", ids(creator))


def _other_body(trial: Trial, subject: Subject, rule: Unique, first: Document, other: Any) -> dict[str, Any]:
    return {**body_of(trial, subject, rule, other), rule.name: first.sent[rule.name]}


def _across(trial: Trial, subject: Subject, rule: Unique, one: Any, other: Any) -> None:
    first = made(trial, subject, rule, one)
    made(trial, subject, rule, other)  # the control: such a request of the other is accepted
    exchange, _ = trial.try_create(subject, other, _other_body(trial, subject, rule, first, other))
    accepted(exchange, f"{other.name}'s {rule.name}, which only {one.name} has,")


def _within(trial: Trial, subject: Subject, rule: Unique, one: Any, other: Any) -> None:
    first = made(trial, subject, rule, one)
    made(trial, subject, rule, other)
    exchange, _ = trial.try_create(subject, other, _other_body(trial, subject, rule, first, other))
    refused_as(exchange, statuses(rule, exchange.call.operation), f"{other.name}'s {rule.name}, which {one.name} has,")


def _across_values(trial: Trial, subject: Subject, rule: Unique, name: str) -> None:
    first = made(trial, subject, rule, full=True)
    schema = subject.taken(trial.creator(subject))[name]
    options = [value for value in merged(schema, trial.contract.resolve).get("enum") or () if value != first.sent[name]]
    value = options[0] if options else moved(first.sent[name]) or trial.session.fresh.value(schema)
    if value == first.sent[name]:
        raise NotExercised(f"no other {name} is known")
    if name in subject.chosen and name not in subject.once:
        raise NotExercised(f"not any {name} is taken")
    exchange, _ = trial.try_create(subject, trial.user, {**alike(trial, subject, rule, first.sent), name: value})
    accepted(exchange, f"the {rule.name} with another {name}")
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent))
    refused_as(exchange, statuses(rule, exchange.call.operation), f"the {rule.name} with the same {name}")


def moved(value: object) -> str | None:
    """A date or a time a year later; None where the value is neither (RFC 3339, 5.6)."""
    found = re.match(r"(\d{4})(-\d\d-\d\d(?:[Tt ].*)?)$", value) if isinstance(value, str) else None
    return f"{int(found[1]) + 1:04}{found[2]}" if found else None


def _across_unnamed(trial: Trial, subject: Subject, rule: Unique, name: str, parameter: str, parent: Subject) -> None:
    first = made(trial, subject, rule)
    shown, led = first.shown.get(name), first.around.get("path", {}).get(parameter)
    if shown is None or str(shown) != str(led):
        raise NotPromised
    _across_parents(trial, subject, rule, parameter, parent.collection)


def _across_parents(trial: Trial, subject: Subject, rule: Unique, parameter: str, parent: str) -> None:
    first = made(trial, subject, rule)
    other = trial.create(trial.subject(parent)).id
    call = trial.create_call(subject, trial.user, alike(trial, subject, rule, first.sent))
    path = {**call.path, parameter: other}
    exchange = trial.send(call.operation, trial.user, path=path, query=call.query, headers=call.headers, body=call.body)
    trial.adopt(subject, trial.user, exchange)
    accepted(exchange, f"the {rule.name} below another {parameter}")
