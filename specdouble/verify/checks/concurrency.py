"""Requests at the same time: of changes of different properties, and of creates, none is lost."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.places import place
from specdouble.verify.privilege import tells_of_rights
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged, other_than, plausible

ROUNDS = 3
ENOUGH = 2  # answers to requests at the same time: where the network spoils one, the others are judged
MOST_AT_ONCE = 4  # changes of one document


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the documents of one collection."""
    if not subject.creators or not subject.observable:
        return
    for updater in subject.updaters:
        names = _apart(session, subject, updater) if updater.partial else []
        if len(names) > 1:
            promise = f"of changes by {updater.operation} at the same time none is lost"
            run = partial(_changed, subject=subject, updater=updater, names=names)
            yield Case(Names.concurrency, promise, run, "different properties", ids(updater.operation), decisive=True)
    if not subject.bounding:
        promise = f"of documents that {subject.creators[0]} makes at the same time none is lost"
        run = partial(_created, subject=subject)
        yield Case(Names.concurrency, promise, run, "", ids(subject.creators[0]), decisive=True)


def _apart(session: Session, subject: Subject, updater: Updater) -> list[str]:
    """Properties of which each can be changed by itself."""
    bound = subject.bound_together
    if bound is None:
        return []
    ruled = {*subject.chosen, *subject.server_set, *subject.bound_on_update, *session.implied, *bound}
    found: dict[str, list[str]] = {"plain": [], "boolean": []}
    for name, schema in subject.requested(updater.operation).items():
        what = kind(merged(schema, session.contract.resolve))
        if name in ruled or name not in subject.resource.properties:
            continue
        if what in ("string", "number", "integer"):
            found["plain"].append(name)
        elif what == "boolean" and not tells_of_rights(name):
            found["boolean"].append(name)
    # `archived` may take the document out of sight: a truth is changed where there are no two others.
    lacking = max(2 - len(found["plain"]), 0)
    return [*found["plain"][:MOST_AT_ONCE], *found["boolean"][:lacking]]


def _changed(trial: Trial, subject: Subject, updater: Updater, names: list[str]) -> None:
    schemas = subject.requested(updater.operation)
    document = trial.create(subject)
    for _ in range(ROUNDS):
        sent = {name: _another(trial, document, name, schemas[name]) for name in names}
        calls = [trial.update_call(updater, document, {name: value}) for name, value in sent.items()]
        if any(subject.unwrapped(call).keys() != {name} for call, name in zip(calls, sent, strict=True)):
            raise NotExercised(f"{updater.operation} takes no change of one property alone")
        answers = trial.volley(calls, ENOUGH)
        taken = [name for answer in answers if answer.ok for name in subject.unwrapped(answer.call)]
        if len(taken) < 2:
            raise NotExercised("the server takes one of several changes at the same time")
        _hold(trial, updater, document, {name: sent[name] for name in taken})
        document = trial.create(subject)


def _another(trial: Trial, document: Document, name: str, schema: Any) -> Any:
    """A value that the document does not have: what is lost would be seen of no other."""
    value = plausible(schema, trial.contract.resolve, trial.session.fresh.word())
    return other_than(document.held.get(name), value, partial(trial.session.bodies.property_fits, schema))


def _hold(trial: Trial, updater: Updater, document: Document, sent: dict[str, Any]) -> None:
    seen = trial.look(document)
    for name, value in sent.items():
        if document.subject.keeps(name, value, seen.get(name)) or (
            name not in seen and not _is_shown(trial, updater, document, name, value)
        ):
            continue
        expected = f"{name} to be {shown(value)}, which one of {len(sent)} changes at the same time has set"
        raise Broken(expected, f"a read shows {shown(seen[name]) if name in seen else 'none'}")


def _is_shown(trial: Trial, updater: Updater, document: Document, name: str, value: object) -> bool:
    """Whether a read shows the property once it is set by a change that is alone."""
    trial.update(updater, document, {name: value})
    return document.subject.keeps(name, value, trial.look(document).get(name))


def _created(trial: Trial, subject: Subject) -> None:
    trial.look(trial.create(subject))  # the control: where one that is made alone is not shown, nothing is lost here
    with place(trial, subject) as there:
        creator = trial.creator(subject)
        bodies = [trial.body(subject, creator, there.user) for _ in range(CLIENTS)]
        calls = [trial.create_call(subject, there.user, body, around=there.around) for body in bodies]
        answers = trial.volley(calls, ENOUGH)
        made = [one for one in (trial.adopt(subject, there.user, answer) for answer in answers) if one is not None]
        there.made += made
        if len(made) < 2:
            raise NotExercised("the server takes one of several creates at the same time")
        names = [str(one.id) for one in made]
        if len(set(names)) < len(names):
            raise Broken("documents that are made at the same time to have ids of their own", f"they are {names}")
        for document in made:
            if trial.look_for(document, document.user) is None:
                raise Broken("each document that was made at the same time as others to be there",
                             f"{document.id} is not")  # fmt: skip
