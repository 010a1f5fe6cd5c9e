"""Several properties that no two documents have the same together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from specdouble.rules.unique.attack.condition import conditions
from specdouble.rules.unique.attack.key import alike, beside, on_side, variations, whole
from specdouble.rules.unique.attack.moved import moves
from specdouble.rules.unique.rule import UniqueTogether
from specdouble.verify.attack import Write
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as


def of_several(session: Session, subject: Subject, rule: UniqueTogether) -> Plan:
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    creator, names = subject.creators[0], " and ".join(rule.names)
    held = {subject.resource.owner, subject.resource.tenant, *(name for _, name in subject.action(creator).scope)}
    told = [name for name in rule.names if name in subject.taken(creator)]
    if not told or {*rule.names} - {*told} - held:
        yield Missing(rule.id, f"{creator} does not take {names}")
        return
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    about = ids(creator)
    taken = f"taken {names} are refused on create"
    yield Case(rule.id, taken, partial(_taken_together, **of), "", about, decisive=True)
    for name in told:
        promise = f"with another {name}, {' and '.join(one for one in rule.names if one != name)} may be taken"
        yield Case(rule.id, promise, partial(_another_of, **of, name=name), "", about)
    yield Case(rule.id, f"one of many creates at once gets {names}", partial(_race_together, **of), "", about)
    if subject.deleters:
        yield Case(
            rule.id, f"{names} are free once their document was deleted", partial(_freed_together, **of), "", about
        )
    for updater in subject.updaters:
        if {*told} & subject.taken(updater.operation).keys() - subject.bound_on_update:
            promise = f"a change to taken {names} is refused"
            yield Case(rule.id, promise, partial(_moved_together, **of, updater=updater), "", ids(updater.operation))
    yield from _users(session, subject, rule, told)
    yield from conditions(subject, rule)
    yield from moves(subject, rule)


def _users(session: Session, subject: Subject, rule: UniqueTogether, told: list[str]) -> Plan:
    """The cases of two users, where both may send the same."""
    parents = {name for _, name in subject.action(subject.creators[0]).scope}
    compared = {*rule.names, *rule.within}
    if parents & compared or any(name in subject.chosen for name in told):
        return
    for one, other in session.crowd.pairs(subject.creators[0]):
        foreign = (one, other) in session.crowd.foreigners()
        apart = subject.resource.owner in compared or (subject.resource.tenant in compared and foreign)
        told_as = "another user may have the same" if apart else "all users share what is taken"
        if apart or (one, other) in session.crowd.colleagues() or subject.resource.tenant not in compared:
            run = partial(_of_another, subject=subject, rule=rule, one=one, other=other, apart=apart)
            yield Case(rule.id, told_as, run, f"{one.name} and {other.name}", ids(subject.creators[0]))


def _refused_together(exchange: Exchange, rule: UniqueTogether, what: str) -> None:
    refused_as(exchange, {rule.status_among(exchange.call.operation.statuses)}, what)


def _taken_together(trial: Trial, subject: Subject, rule: UniqueTogether) -> None:
    first = beside(trial, subject, rule, counts=True)
    body = alike(trial, subject, rule, first.sent)
    exchange, _ = trial.try_create(subject, trial.user, body, as_it_is=True)
    _refused_together(exchange, rule, f"a second {' and '.join(rule.names)}")


def _another_of(trial: Trial, subject: Subject, rule: UniqueTogether, name: str) -> None:
    first = beside(trial, subject, rule, counts=True)
    alone = replace(rule, names=(name,))
    body = next(variations(trial, subject, alone, trial.creator(subject), first.sent), None)
    if body is None:
        raise NotExercised(f"no other {name} is known")
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, body), fixed=rule.fields)
    accepted(exchange, f"another {name} beside the same {' and '.join(one for one in rule.names if one != name)}")


def _freed_together(trial: Trial, subject: Subject, rule: UniqueTogether) -> None:
    first = beside(trial, subject, rule, counts=True)
    if not trial.delete(first).ok:
        raise NotExercised("a delete was refused")
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent), as_it_is=True)
    accepted(exchange, f"the {' and '.join(rule.names)} of a deleted document")


def _race_together(trial: Trial, subject: Subject, rule: UniqueTogether) -> None:
    body = on_side(trial, subject, rule, whole(trial, subject, rule))
    bodies = [alike(trial, subject, rule, body) for _ in range(CLIENTS)]
    exchanges = trial.volley([trial.create_call(subject, trial.user, one) for one in bodies])
    won = [one for one in (trial.adopt(subject, trial.user, x) for x in exchanges) if one is not None]
    if len(won) > 1:
        raise Broken(f"one of {CLIENTS} creates at once to be accepted", f"{len(won)} were")
    if not won:
        raise NotExercised(f"none of {CLIENTS} creates at once was accepted: {exchanges[0].told(80)}")


def _moved_together(trial: Trial, subject: Subject, rule: UniqueTogether, updater: Updater) -> None:
    first, second = (beside(trial, subject, rule, counts=True) for _ in range(2))
    taken = subject.taken(updater.operation).keys() - subject.bound_on_update
    changes = {name: first.sent[name] for name in rule.names if name in first.sent and name in taken}
    held = {**second.sent, **second.shown}
    if any(held.get(name) != first.sent.get(name) for name in rule.names if name in first.sent and name not in taken):
        raise NotExercised(f"{updater.operation} does not change all of {' and '.join(rule.names)}")
    exchange = trial.try_update(updater, second, changes, as_it_is=True)
    _refused_together(exchange, rule, f"a change to taken {' and '.join(rule.names)}")
    accepted(trial.try_update(updater, first, changes, as_it_is=True), "a change to what a document has itself")


def _of_another(trial: Trial, subject: Subject, rule: UniqueTogether, one: User, other: User, apart: bool) -> None:
    body = on_side(trial, subject, rule, whole(trial, subject, rule, one))
    first = trial.create(subject, one, **body)
    trial.create(subject, other)  # the control: such a request of the other is accepted
    exchange, _ = trial.try_create(subject, other, alike(trial, subject, rule, first.sent), as_it_is=True)
    if apart:
        accepted(exchange, f"{other.name}'s {' and '.join(rule.names)}, which only {one.name} has,")
    else:
        _refused_together(exchange, rule, f"{other.name}'s {' and '.join(rule.names)}, which {one.name} has,")


def keep(session: Session, subject: Subject, rules: Sequence[UniqueTogether], write: Write) -> dict[str, Any]:
    """The body with another value of one property, where another request has had the same together."""
    body = write.body
    for rule in rules:
        document, before = write.document(body), write.before or {}
        told = [name for name in rule.names if name in document]
        if write.before is not None and all(document[name] == before.get(name) for name in told):
            continue
        key = (rule.id, json.dumps([document[name] for name in told], sort_keys=True, default=str))
        if key not in session.keys:
            session.keys.add(key)
            continue
        body = next(variations(Trial(session), subject, rule, write.operation, body, write.fixed), body)
    return body
