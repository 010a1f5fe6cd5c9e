"""Representations: `HEAD` tells what `GET` tells, and `Accept` chooses among those that are declared (RFC 9110)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any

from specdouble.contract import Operation, Response
from specdouble.contract.media_type import essence
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import request_about, tellers
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import unlike_but_fitting

NOT_ACCEPTABLE = 406
UNMET = "application/x-specdouble"  # a media type that nobody declares
STRANGE = ("text/csv", "application/xml;q=0.1", "nonsense", "application/json;q=0")
SAME = ("etag", "content-type", "last-modified")  # header fields in which HEAD and GET agree, where both tell them


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for what reads one collection."""
    if not subject.creators:
        return
    for operation in (*subject.readers, *subject.listers):
        head = _head_of(session, operation)
        if head is not None:
            yield from _heads(session, subject, operation, head)
        elif operation in subject.readers[:1]:
            yield from _undeclared_heads(session, subject, operation)
        yield from _declared_types(subject.seen_in(operation), operation)
    for operation, _ in tellers(session, subject):
        yield from _declared_types(subject, operation)
    for operation in (*subject.readers[:1], *subject.listers[:1]):
        promise = f"{operation} does not fail at any Accept"
        for accept in STRANGE:
            run = partial(_does_not_fail, subject=subject, operation=operation, accept=accept)
            yield Case(Names.conformance, promise, run, accept, ids(operation))


def _parts(trial: Trial, operation: Operation, document: Document) -> dict[str, Any]:
    """A request of the operation that shows the document."""
    if operation in document.subject.readers:
        return trial.place(operation, document)
    for told, name in tellers(trial.session, document.subject):
        if told is operation:
            return request_about(trial, operation, name, document)
    place = trial.listing(document)
    return dict(trial.session.surroundings(operation, document.user, None, known=place))


# HEAD


def _head_of(session: Session, operation: Operation) -> Operation | None:
    """The HEAD that the contract declares beside a GET."""
    others = session.contract.operations.values()
    return next((one for one in others if one.method == "head" and one.path == operation.path), None)


def _heads(session: Session, subject: Subject, operation: Operation, head: Operation) -> Plan:
    of: dict[str, Any] = {"subject": subject.seen_in(operation), "operation": operation, "head": head}
    tried: dict[str, Callable[[Trial], None]] = {"a document": partial(_same_head, **of)}
    if operation in subject.readers:
        tried["an id of none"] = partial(_head_of_none, **of)
        for one, other in session.crowd.pairs()[:1]:
            tried[f"{one.name}'s, by {other.name}"] = partial(_head_by_another, **of, one=one, other=other)
    if operation in subject.readers and subject.deleters:
        tried["a deleted document"] = partial(_head_of_deleted, **of)
    for what, run in tried.items():
        # That HEAD finds nothing at all may be what is wrong with it.
        promise, about = f"{head} tells what GET tells", ids(head, operation)
        yield Case(Names.header_fields, promise, run, what, about, decisive=True, unaided=True)


def _undeclared_heads(session: Session, subject: Subject, operation: Operation) -> Plan:
    """The cases of a HEAD of which the contract says nothing: a server that takes it answers as GET does."""
    answers = {"default": Response("default", "", {}, {})}  # no schema is held against what nobody declares
    head = replace(operation, method="head", responses=answers)
    of: dict[str, Any] = {"subject": subject, "operation": operation, "head": head}
    tried: dict[str, Callable[[Trial], None]] = {
        "a document": partial(_same_head, **of), "an id of none": partial(_head_of_none, **of)
    }  # fmt: skip
    if operation.security and () not in operation.security:
        tried["without credentials"] = partial(_head_by_nobody, **of)
    for one, other in session.crowd.pairs()[:1]:
        tried[f"{one.name}'s, by {other.name}"] = partial(_head_by_another, **of, one=one, other=other)
    for what, run in tried.items():
        promise = f"{head}, where it is taken, tells what GET tells"
        yield Case(Names.header_fields, promise, partial(_where_taken, run=run, **of), what, ids(operation))


def _where_taken(
    trial: Trial, subject: Subject, operation: Operation, head: Operation, run: Callable[[Trial], None]
) -> None:
    document = trial.create(subject)
    if not trial.send(head, trial.user, **_parts(trial, operation, document)).ok:
        raise NotPromised
    run(trial)


def _hold_alike(trial: Trial, operation: Operation, head: Operation, user: User, parts: Mapping[str, Any]) -> Exchange:
    """Hold that a HEAD is answered as the GET of the same is; the answer to that."""
    told = trial.send(operation, user, **parts)
    known = {one.name for one in head.parameters}
    kept = {where: {name: one for name, one in held.items() if name in known or where == "headers"}
            for where, held in parts.items()}  # fmt: skip
    short = trial.send(head, user, **kept)
    if short.status != told.status:
        raise Broken(f"{head} to answer {told.status}, as GET does (RFC 9110, 9.3.2)", f"it answered {short.status}")
    for name in SAME:
        one, other = told.headers.get(name), short.headers.get(name)
        if None not in (one, other) and one != other:
            raise Broken(f"{head} to tell the {name} that GET tells, {one}", f"it tells {other}")
    return told


def _same_head(trial: Trial, subject: Subject, operation: Operation, head: Operation) -> None:
    document = trial.create(subject)
    told = _hold_alike(trial, operation, head, trial.user, _parts(trial, operation, document))
    if not told.ok:
        raise NotExercised(f"a read of a new document was refused: {told.told(80)}")


def _head_of_none(trial: Trial, subject: Subject, operation: Operation, head: Operation) -> None:
    document, name = trial.create(subject), subject.action(operation).id
    schema: Any = next((one.schema for one in operation.parameters if one.name == name), {})
    nobodys = unlike_but_fitting(document.id, partial(trial.session.bodies.property_fits, schema))
    _hold_alike(trial, operation, head, trial.user, _parts(trial, operation, replace(document, id=nobodys)))


def _head_by_nobody(trial: Trial, subject: Subject, operation: Operation, head: Operation) -> None:
    document = trial.create(subject)
    parts = {**_parts(trial, operation, document), "authorization": {}}
    if trial.send(operation, trial.user, **parts).refused and trial.send(head, trial.user, **parts).ok:
        raise Broken(
            f"{head} without credentials to be refused, as GET is", "the server answered as if they were there"
        )


def _head_of_deleted(trial: Trial, subject: Subject, operation: Operation, head: Operation) -> None:
    document = trial.create(subject)
    parts = _parts(trial, operation, document)
    if not trial.delete(document).ok:
        raise NotExercised("a delete was refused")
    _hold_alike(trial, operation, head, trial.user, parts)


def _head_by_another(
    trial: Trial, subject: Subject, operation: Operation, head: Operation, one: User, other: User
) -> None:
    document = trial.create(subject, one)
    _hold_alike(trial, operation, head, other, _parts(trial, operation, document))


# Accept


def _types(operation: Operation) -> list[str]:
    """The media types that a success is declared with."""
    found = next((one for status, one in sorted(operation.responses.items()) if status.startswith("2")), None)
    return [one for one in found.content if "*" not in one] if found else []


def _declared_types(subject: Subject, operation: Operation) -> Iterator[Case]:
    about, types = ids(operation), _types(operation)
    of: dict[str, Any] = {"subject": subject, "operation": operation}
    for one, other in permutations(types, 2) if len({essence(one) for one in types}) > 1 else ():
        promise = f"{operation} answers with what Accept weighs most"
        run = partial(_chosen, **of, wanted=one, accept=f"{other};q=0.2, {one};q=0.9", alone=(one, other))
        yield Case(Names.header_fields, promise, run, f"{one} before {other}", about, decisive=True)
        run = partial(_chosen, **of, wanted=one, accept=f"{other};q=0, {one};q=0.1", alone=(one, other))
        yield Case(Names.header_fields, promise, run, f"no {other}", about, decisive=True)
    if types and str(NOT_ACCEPTABLE) in operation.statuses:
        promise = f"{operation} refuses an Accept that it cannot meet"
        yield Case(Names.header_fields, promise, partial(_unmet, **of, types=types), "", about, decisive=True)


def _asked(trial: Trial, operation: Operation, document: Document, accept: str) -> Exchange:
    parts = _parts(trial, operation, document)
    return trial.send(operation, trial.user, **{**parts, "headers": {**parts.get("headers", {}), "Accept": accept}})


def _chosen(
    trial: Trial, subject: Subject, operation: Operation, wanted: str, accept: str, alone: tuple[str, str]
) -> None:
    """Where each type is answered that is asked for alone, the weights of several count (RFC 9110, 12.4.2)."""
    document = trial.create(subject)
    for one in alone:
        answer = _asked(trial, operation, document, one)
        if answer.status == NOT_ACCEPTABLE or (answer.ok and answer.type != essence(one)):
            told = f"the server answered {answer.status} with {answer.type or 'no content'}"
            raise Broken(f"{operation} to answer with {one}, which it declares and alone is accepted", told)
        if not answer.ok:
            raise NotExercised(f"the same request was refused: {answer.told(80)}")
    answer = _asked(trial, operation, document, accept)
    if answer.type != essence(wanted):
        told = f"the server answered {answer.status} with {answer.type or 'no content'}"
        raise Broken(f"{operation} to answer with {wanted} where {accept!r} is accepted", told)


def _unmet(trial: Trial, subject: Subject, operation: Operation, types: list[str]) -> None:
    document = trial.create(subject)
    control = _asked(trial, operation, document, types[0])
    if not control.ok:
        raise NotExercised(f"the same request was refused: {control.told(80)}")
    answer = _asked(trial, operation, document, UNMET)
    if answer.status != NOT_ACCEPTABLE:
        raise Broken(f"{operation} to refuse an Accept of {UNMET} with 406", f"it answered {answer.told(80)}")


def _does_not_fail(trial: Trial, subject: Subject, operation: Operation, accept: str) -> None:
    """Whatever it answers is judged, a failure above all: 406 and the usual answer are both right (RFC 9110, 12.1)."""
    _asked(trial, operation, trial.create(subject), accept)
