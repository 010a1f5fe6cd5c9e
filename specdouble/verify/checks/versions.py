"""Versions that a change names: where the server counts them, an old one is refused, and one is used once."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, refused_as

REFUSALS = {409, 412}  # RFC 9110, 15.5.10 and 15.5.13


def plan(_session: Session, subject: Subject) -> Plan:
    """The cases for the updates of one collection that name the version which they change."""
    if not subject.creators or not subject.observable:
        return
    for updater in subject.updaters:
        about = ids(updater.operation)
        for name in sorted(subject.naming_a_state(updater.operation)):
            run = partial(_old, subject=subject, updater=updater, name=name)
            promise = f"{updater.operation} refuses an old {name}"
            yield Case(Names.concurrency, promise, run, "", about, decisive=True)
            run = partial(_once, subject=subject, updater=updater, name=name)
            promise = f"{updater.operation} takes a {name} once"
            yield Case(Names.concurrency, promise, run, "at the same time", about)


def _counted(trial: Trial, subject: Subject, updater: Updater, name: str) -> tuple[Document, Any]:
    """A document, and the version that it had before it was changed.

    Raises:
        NotExercised: a change leaves it as it was: then it is a property as others are.
    """
    document = trial.create(subject)
    old = trial.look(document).get(name)
    trial.update(updater, document, trial.session.bodies.change(subject, updater))
    new = trial.look(document).get(name)
    if old is None or new is None or new == old:
        raise NotExercised(f"a change leaves {name} at {shown(new)}")
    document.shown[name] = new
    return document, old


def _old(trial: Trial, subject: Subject, updater: Updater, name: str) -> None:
    document, old = _counted(trial, subject, updater, name)
    before = trial.look(document)
    changes = trial.session.bodies.change(subject, updater)
    exchange = trial.try_update(updater, document, {**changes, name: old})
    refused_as(exchange, REFUSALS, f"a change of {name} {old}, which was changed already,")
    if trial.look(document) != before:
        raise Broken("a refused change to change nothing", "the document changed", Names.refused_leaves_no_trace)


def _once(trial: Trial, subject: Subject, updater: Updater, name: str) -> None:
    document, _ = _counted(trial, subject, updater, name)
    bodies = [trial.session.bodies.change(subject, updater) for _ in range(CLIENTS)]
    answers = trial.volley([trial.update_call(updater, document, body) for body in bodies])
    taken: list[Exchange] = [answer for answer in answers if answer.ok]
    if len(taken) > 1:
        told = f"{len(taken)} of {len(answers)} changes at the same time were taken"
        raise Broken(f"{name} {shown(document.shown[name])} to be changed once", told)
