"""Soft deletion: what was deleted is found by nobody, only a deletion does it, and unique values are free or taken."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from specdouble.contract import Operation, Rule
from specdouble.rules.softdelete.rule import SoftDelete
from specdouble.verify.attack import Attack, attack_of
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.refusal import GONE
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, refused_as, view, views

MARKED: dict[str, Any] = {"time": "2001-02-03T04:05:06Z", "true": True}


def plan(_session: Session, subject: Subject, rule: SoftDelete) -> Plan:
    """The cases of one rule."""
    if not subject.creators or not subject.deleters:
        lacking = "deletes" if subject.creators else "creates"
        yield Missing(rule.id, f"no operation {lacking} documents of {subject.collection}", decisive=True)
        return
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    deleter = subject.deleters[0]
    for operation in (*subject.readers, deleter):
        promise = f"{operation} finds no document that was deleted"
        run = partial(_asked_for, **of, operation=operation)
        yield Case(rule.id, promise, run, "", ids(operation, deleter), decisive=operation is not deleter)
    for updater in subject.updaters:
        promise = f"{updater.operation} finds no document that was deleted"
        run = partial(_changed, **of, updater=updater)
        yield Case(rule.id, promise, run, "", ids(updater.operation, deleter))
    if subject.listers:
        promise = f"{subject.listers[0]} shows no document that was deleted"
        yield Case(rule.id, promise, partial(_listed, **of), "", ids(subject.listers[0], deleter), decisive=True)
    promise = f"{rule.name} tells a deleted document from one that is there"
    yield Case(rule.id, promise, partial(_told, **of), "", ids(deleter))
    yield from _of_clients(subject, rule)
    if [*_unique(subject)]:
        promise = f"the unique values of a deleted document are {rule.names}"
        yield Case(rule.id, promise, partial(_named, **of), "", ids(subject.creators[0], deleter), decisive=True)


def _of_clients(subject: Subject, rule: SoftDelete) -> Plan:
    """The cases of clients that send the property themselves, where a request can hold it."""
    writers = [(subject.creators[0], None), *((one.operation, one) for one in subject.updaters)]
    for operation, updater in writers:
        if rule.name in subject.requested(operation) or subject.is_open(operation):
            promise = f"a client's {rule.name} deletes nothing by {operation}"
            run = partial(_sent, subject=subject, rule=rule, updater=updater)
            yield Case(rule.id, promise, run, "", ids(operation))


def _unique(subject: Subject) -> Iterator[Rule]:
    """The rules by which two documents of one request are in each other's way."""
    return (rule for rule in subject.resource.rules if attack_of(rule).once)


def _deleted(trial: Trial, document: Document) -> Exchange:
    """A delete, which must be taken."""
    trial.look(document)  # the control: what was not there before proves nothing
    exchange = trial.delete(document)
    if not exchange.ok:
        raise NotExercised(f"a delete was refused: {exchange.told(80)}")
    return exchange


def _made_with_another(trial: Trial, subject: Subject) -> tuple[Document, Document]:
    """A document, and one after it: the id of the first is surely no other's once it is gone, and may be written to."""
    return trial.create(subject), trial.create(subject)


def _hiding(rule: SoftDelete, operation: Operation) -> set[int]:
    """The statuses that say that a document is not there: the rule's own, where it says one."""
    return {rule.status_among(operation.statuses), *(() if rule.status else GONE)}


def _asked_for(trial: Trial, subject: Subject, rule: SoftDelete, operation: Operation) -> None:
    document, _ = _made_with_another(trial, subject)
    parts = trial.place(operation, document)
    _deleted(trial, document)
    exchange = trial.send(operation, document.user, **parts)
    refused_as(exchange, _hiding(rule, operation), f"{operation} of a document that was deleted")


def _changed(trial: Trial, subject: Subject, rule: SoftDelete, updater: Updater) -> None:
    document, _ = _made_with_another(trial, subject)
    changes = trial.session.bodies.change(subject, updater)
    trial.update(updater, document, changes)
    call = trial.update_call(updater, document, trial.kept(updater, document, changes))
    _deleted(trial, document)
    exchange = trial.resend(call)
    if exchange.ok and subject.puts(updater.operation) and "201" in updater.operation.statuses:
        return  # it makes the document that its path names (RFC 9110, 9.3.4)
    refused_as(exchange, _hiding(rule, updater.operation), "a change of a document that was deleted")
    if trial.look_for(document, document.user) is not None:
        raise Broken("a deleted document to stay so", "a refused change has brought it back")


def _listed(trial: Trial, subject: Subject, rule: SoftDelete) -> None:
    document, other = _made_with_another(trial, subject)
    around = trial.listing(document)
    before = _keys(trial, subject, document, around)
    if not {str(document.id), str(other.id)} <= before:
        raise NotExercised("the list does not show the new documents")
    _deleted(trial, document)
    after = _keys(trial, subject, document, around)
    if str(document.id) in after:
        raise Broken(f"a document with {rule.name} to be in no list", "it is still shown")
    if str(other.id) not in after:
        raise Broken("the document that was not deleted to be in the list still", "it is gone too")


def _keys(trial: Trial, subject: Subject, document: Document, around: dict[str, Any]) -> set[str]:
    return {str(one.get(subject.key)) for one in trial.listed(subject, document.user, around)}


def _told(trial: Trial, subject: Subject, rule: SoftDelete) -> None:
    document = trial.create(subject)
    for where, seen in views(trial, document):
        if rule.is_deleted(seen):
            raise Broken(f"a new document to have no {rule.name}", f"{where} shows {seen[rule.name]!r}")
    exchange = _deleted(trial, document)
    shown = exchange.shown(subject.action(subject.deleters[0]))
    if isinstance(shown, dict) and rule.name in shown and not rule.is_deleted(shown):
        raise Broken(f"the answer to a deletion to show {rule.name}", f"it shows {shown[rule.name]!r}")


def _sent(trial: Trial, subject: Subject, rule: SoftDelete, updater: Updater | None) -> None:
    value = MARKED[rule.holds]
    if updater is None:
        body = {**trial.body(subject, trial.creator(subject), trial.user), rule.name: value}
        exchange, document = trial.try_create(subject, trial.user, body)
    else:
        document = trial.create(subject)
        changes = {**trial.session.bodies.change(subject, updater), rule.name: value}
        exchange = trial.try_update(updater, document, changes)
    if document is None or not exchange.ok:
        return  # what is refused has no effect
    if subject.observable and trial.look_for(document, document.user) is None:
        raise Broken(f"a client's {rule.name} to have no effect", "the document is gone")
    if rule.is_deleted(view(trial, document)):
        raise Broken(f"a client's {rule.name} to have no effect", "the document has it")


def _named(trial: Trial, subject: Subject, rule: SoftDelete) -> None:
    document = trial.create(subject, full=True)
    call, statuses = document.made.call, document.made.call.operation.statuses
    again = trial.resend(call)
    trial.adopt(subject, document.user, again)
    if not again.refused:
        raise NotExercised("the same document is taken twice: nothing of it is unique")
    _deleted(trial, document)
    exchange = trial.resend(call)
    trial.adopt(subject, document.user, exchange)
    what = "a document with the unique values of one that was deleted"
    if rule.names == "taken":
        refused_as(exchange, {one.status_among(statuses) for one in _unique(subject)}, what)
    elif not exchange.ok:
        raise Broken(f"{what} to be accepted", f"the server answered {exchange.told()}")


ATTACK = Attack(plan)
