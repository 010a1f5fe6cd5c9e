"""Deletes: what was deleted is in no list, cannot be changed or deleted again, and takes what lies below it along."""

from __future__ import annotations

from functools import partial

from specdouble.contract import Operation
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.places import children, place, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.refusal import GONE
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, refused_as

NOT_FOUND, CREATED = "404", 201


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the deletes of one collection."""
    if not subject.creators or not subject.deleters or not subject.observable:
        return
    operation = subject.deleters[0]
    about = ids(operation)
    if NOT_FOUND in operation.statuses:
        promise = f"{operation} finds no document that it has deleted"
        yield Case(Names.deletion, promise, partial(_twice, subject=subject), "", about, decisive=True)
    for lister in subject.listers:
        promise = f"{operation} takes its document out of {lister}"
        run = partial(_listed, subject=subject.seen_in(lister))
        yield Case(Names.deletion, promise, run, "", ids(operation, lister), decisive=True)
    for updater in subject.updaters:
        if NOT_FOUND in updater.operation.statuses and not _revives(updater):
            promise = f"{updater.operation} finds no document that was deleted"
            run = partial(_changed, subject=subject, updater=updater)
            yield Case(Names.deletion, promise, run, "", ids(updater.operation), decisive=True)
    yield from _of_children(session, subject, operation)


def _of_children(session: Session, subject: Subject, operation: Operation) -> Plan:
    """The cases of what lies below a deleted document."""
    for child in (one for one in children(session, subject) if one.observable):
        for below in (*child.readers, *child.listers[:1]):
            promise = f"{below} finds nothing below what was deleted"
            run = partial(_below, subject=subject, child=child, operation=below)
            yield Case(Names.deletion, promise, run, "", ids(operation, below))
        if child.listers and subject.puts(subject.creators[0]):
            promise = f"{child.listers[0]} shows nothing below what is created anew"
            run = partial(_anew, subject=subject, child=child)
            yield Case(Names.deletion, promise, run, "", ids(operation, child.listers[0]))


def _revives(updater: Updater) -> bool:
    """Whether an update may create the document that its path names (RFC 9110, 9.3.4)."""
    return updater.operation.method == "put" and "201" in updater.operation.statuses


def _gone(trial: Trial, document: Document) -> None:
    exchange = trial.delete(document)
    if not exchange.ok:
        raise NotExercised(f"a delete was refused: {exchange.told(80)}")


def _twice(trial: Trial, subject: Subject) -> None:
    document, _ = trial.create(subject), trial.create(subject)
    _gone(trial, document)
    refused_as(trial.delete(document), GONE, "a second delete of the same document")


def _listed(trial: Trial, subject: Subject) -> None:
    with place(trial, subject) as there:
        document, other = there.create(trial), there.create(trial)
        if str(document.id) not in _keys(trial, subject, document, document.id):
            raise NotExercised("the list does not show the new document")
        _gone(trial, there.made.pop(0))
        left = _keys(trial, subject, document, None)
        if str(document.id) in left:
            raise Broken("a deleted document to be in no list", "it is still shown")
        # A search by the values of the one that was deleted has never shown the other.
        if str(other.id) not in left and str(other.id) not in _keys(trial, subject, other, other.id):
            raise Broken("the other document to be in the list still", "it is gone too")


def _keys(trial: Trial, subject: Subject, document: Document, until: object) -> set[str]:
    shown = trial.listed(subject, document.user, trial.listing(document), until=until)
    return {str(one.get(subject.key)) for one in shown}


def _changed(trial: Trial, subject: Subject, updater: Updater) -> None:
    document, _ = trial.create(subject), trial.create(subject)
    trial.update(updater, document, trial.session.bodies.change(subject, updater))
    changes = trial.kept(updater, document, trial.session.bodies.change(subject, updater))
    call = trial.update_call(updater, document, changes)
    _gone(trial, document)
    parts = {"path": call.path, "query": call.query, "headers": call.headers}
    exchange = trial.send(call.operation, trial.user, **parts, body=call.body)
    refused_as(exchange, GONE, "a change of a document that was deleted")
    if trial.look_for(document, trial.user) is not None:
        raise Broken("a deleted document to stay so", "a refused change has brought it back")


def _below(trial: Trial, subject: Subject, child: Subject, operation: Operation) -> None:
    parent = trial.create(subject)
    document = trial.create_in(child, trial.user, under(trial, child, parent))
    trial.look(document)
    _gone(trial, parent)
    if operation in child.readers:
        found = trial.look_for(document, trial.user) is not None
    else:
        place_of = trial.session.surroundings(operation, trial.user, None, known=trial.listing(document))
        exchange = trial.send(operation, trial.user, **place_of)
        shown = exchange.at(child.action(operation).envelope)
        entries = shown if exchange.ok and isinstance(shown, list) else []
        found = any(isinstance(one, dict) and child.named(one).get(child.key) == document.id for one in entries)
    if found:
        raise Broken(f"what lies below a deleted document of {subject.collection} to be gone", "it is still shown")


def _anew(trial: Trial, subject: Subject, child: Subject) -> None:
    """What takes the name of a deleted document is another one: what lay below that is not its own."""
    parent = trial.create(subject)
    document = trial.create_in(child, trial.user, under(trial, child, parent))
    around = trial.listing(document)

    def is_shown() -> bool:
        return any(one.get(child.key) == document.id for one in trial.listed(child, trial.user, around))

    if not is_shown():
        raise NotExercised("the list does not show the new document")
    _gone(trial, parent)
    again = trial.resend(parent.made.call)
    if trial.adopt(subject, trial.user, again) is None or again.status != CREATED:  # else it may be the old one, back
        raise NotExercised(f"the name of a deleted document is not given again: {again.told(80)}")
    if is_shown():
        raise Broken(
            f"nothing to lie below a new document of {subject.collection}", "it has what lay below the old one"
        )
