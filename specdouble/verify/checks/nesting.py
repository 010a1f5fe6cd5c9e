"""Nested collections: what lies below a document is found below it alone, and by nobody who may not see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import ScopeRule
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.places import Pair, acting_on, actions_on, closing, parents, refusals_of, tellers, under
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, refused_as
from specdouble.verify.values import unlike_but_fitting

Parts = dict[str, Any]
NOT_FOUND = "404"


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for what lies below documents of other collections."""
    if not subject.creators or not subject.observable:
        return
    whole = subject
    for operation in _operations(whole):
        subject = whole.seen_in(operation)
        above = parents(session, subject, operation)
        for name, parent in above:
            if parent.creators:
                yield from _of_parent(subject, operation, name, is_nearest=name == above[-1][0])
        if above and above[-1][1].creators and above[-1][1].readers:
            yield from _of_none(subject, operation, *above[-1])
        yield from _of_others(session, subject, operation)
        yield from _of_namesakes(session, subject, operation)
    for operation, own in (*actions_on(session, whole), *tellers(session, whole)):
        if operation not in _operations(whole):
            yield from _of_action(session, whole, operation, own)


def _operations(subject: Subject) -> list[Operation]:
    updaters = [one.operation for one in subject.updaters if one.id_in_body is None]
    return [*subject.readers, *subject.listers, *subject.creators[:1], *updaters, *subject.deleters]


def _of_parent(subject: Subject, operation: Operation, name: str, *, is_nearest: bool) -> Plan:
    does, about = subject.action(operation).does, ids(operation)
    of: dict[str, Any] = {"subject": subject, "operation": operation, "name": name}
    if does == "list" and is_nearest:
        promise = f"{operation} shows what lies below {name}, and nothing else"
        yield Case(Names.nesting, promise, partial(_listed_below_another, **of), "", about, decisive=True)
    elif not (is_nearest and operation in subject.creators):
        promise = f"{operation} finds nothing below another {name}"
        yield Case(Names.nesting, promise, partial(_below_another, **of), "", about, decisive=True)


def _of_action(session: Session, subject: Subject, operation: Operation, own: str) -> Plan:
    """The cases of what is done to a document by the path that leads to it: `/rooms/{id}/bookings/{id}/cancel`."""
    above = dict(parents(session, subject, subject.creators[0]))
    for name, _, _ in session.ledger.kinds.named(operation, {})[:-1]:
        if name in above and above[name].creators:
            promise = f"{operation} finds nothing below another {name}"
            run = partial(_acting_below_another, subject=subject, operation=operation, name=name, own=own)
            yield Case(Names.nesting, promise, run, "", ids(operation), decisive=True)


def _of_none(subject: Subject, operation: Operation, name: str, parent: Subject) -> Plan:
    """A parent that can be read can be told to be missing; else an empty list below it is as good an answer."""
    is_beside = subject.action(operation).does == "list" or operation in subject.creators
    if is_beside and NOT_FOUND in operation.statuses:
        promise = f"{operation} finds nothing below a {name} that is not there"
        run = partial(_below_none, subject=subject, operation=operation, name=name, parent=parent)
        yield Case(Names.nesting, promise, run, "", ids(operation), decisive=True)


def _of_others(session: Session, subject: Subject, operation: Operation) -> Plan:
    if (subject.resource.owner or subject.resource.tenant) and operation not in subject.creators:
        return  # their own rules tell it; whose parent a new one may have, they do not
    closed, hidden = _closed(session, subject, operation), None
    if closed is None and not parents(session, subject, operation):
        # The path leads past the parent: what a list shows to its owner alone is closed there, too.
        hidden = next((one for one in subject.listers if _closed(session, subject, one)), None)
        closed = _closed(session, subject, hidden) if hidden is not None else None
    if closed is None:
        return
    rule, (one, other) = closed
    promise = f"what lies below another's document is not found by {operation}"
    run = partial(_by_another, subject=subject, rule=rule, operation=operation, one=one, other=other)
    if hidden is not None:
        run = partial(_past_parent, run=run, subject=subject.seen_in(hidden), one=one, other=other)
    yield Case(rule.id, promise, run, f"{one.name}'s, by {other.name}", ids(operation), decisive=True)


def _of_namesakes(session: Session, subject: Subject, operation: Operation) -> Plan:
    """Two users who do not see each other's documents may each have one of the same name, where clients choose it."""
    above, closed = parents(session, subject, operation), _closed(session, subject, operation)
    if len(above) != 1 or closed is None or operation in subject.creators:
        return
    name, parent = above[0]
    rule, (one, other) = closed
    can_go = bool(parent.deleters) and not parent.resource.id_path
    if not parent.creators or not parent.named_by_client or not can_go or parents(session, parent, parent.creators[0]):
        return
    promise = f"what lies below another's document is not found by {operation} below one's own of the same {name}"
    of: dict[str, Any] = {"subject": subject, "operation": operation, "name": name, "parent": parent}
    run = partial(_below_namesake, **of, one=one, other=other)
    yield Case(rule.id, promise, run, f"{one.name}'s, by {other.name}", ids(operation))


def _closed(session: Session, subject: Subject, operation: Operation) -> tuple[ScopeRule, Pair] | None:
    """The nearest rule that hides what the documents lie below, and two users whom it keeps apart."""
    told = ((rule, pairs[0]) for rule, pairs in closing(session, subject, operation) if pairs and not rule.is_opened)
    return next(told, None)


# A request about one document, whatever the operation does


def _parts(trial: Trial, operation: Operation, document: Document) -> Parts:
    """The request of an operation on the document, or beside it."""
    subject, does = document.subject, document.subject.action(operation).does
    if does == "list":
        place = trial.listing(document)
        return dict(trial.session.surroundings(operation, document.user, None, known=place))
    if operation in subject.creators and not subject.puts(operation):
        body = trial.body(subject, operation, document.user)
        call = trial.create_call(subject, document.user, body, around=document.around)
        return {"path": call.path, "query": call.query, "headers": call.headers, "body": call.body}
    updater = next((one for one in subject.updaters if one.operation is operation), None)
    if updater is None:
        return trial.place(operation, document)
    changes = trial.kept(updater, document, trial.session.bodies.change(subject, updater))
    call = trial.update_call(updater, document, changes)
    return {"path": call.path, "query": call.query, "headers": call.headers, "body": call.body}


def _holds(trial: Trial, operation: Operation, document: Document, parts: Parts, attempt: Callable[[], None]) -> None:
    """Make an attempt that must be refused and change nothing; the same request as it should be is taken then."""
    before = trial.look(document)
    attempt()
    if operation.method not in ("get", "head") and trial.look(document) != before:
        raise Broken("a refused request to change nothing", "the document changed", Names.refused_leaves_no_trace)
    control = trial.send(operation, document.user, **parts)
    if not control.ok:
        raise NotExercised(f"the same request was refused where it should be taken: {control.told(80)}")


def _by_another(trial: Trial, subject: Subject, rule: ScopeRule, operation: Operation, one: User, other: User) -> None:
    document = trial.create(subject, one)
    parts = _parts(trial, operation, document)

    def attempt() -> None:
        exchange = trial.send(operation, other, **parts)
        what = f"{other.name} asking for what lies below {one.name}'s document"
        refused_as(exchange, refusals_of(rule, operation), what, strict=True)

    _holds(trial, operation, document, parts, attempt)


def _below_namesake(
    trial: Trial, subject: Subject, operation: Operation, name: str, parent: Subject, one: User, other: User
) -> None:
    above = trial.create(parent, one)
    document = _created_below(trial, subject, operation, name, above)
    parts = _parts(trial, operation, document)
    lists = subject.action(operation).does == "list"

    def attempt() -> None:
        if not lists:
            exchange = trial.send(operation, other, **parts)
            refused_as(exchange, _not_found(operation), f"{one.name}'s document asked for by {other.name}")
        elif _is_in(trial, subject, document, trial.session.surroundings(operation, other, None, known=parts), other):
            raise Broken(f"{other.name}'s list below {name} {above.id!r} to be without {one.name}'s document",
                         "it is in there")  # fmt: skip

    if lists and not _is_in(trial, subject, document, parts):
        raise NotExercised("the list does not show the new document")
    with _namesake(trial, above, other):
        _holds(trial, operation, document, parts, attempt)


def _created_below(trial: Trial, subject: Subject, operation: Operation, name: str, above: Document) -> Document:
    """A new document below another, or one that names it where it is created elsewhere."""
    if name in dict(parents(trial.session, subject, trial.creator(subject))):
        return trial.create_in(subject, above.user, under(trial, subject, above))
    held = dict(subject.action(operation).scope).get(name)
    if held is None:
        raise NotExercised(f"nothing tells which property {name} is")
    return trial.create(subject, above.user, **{held: above.id})


@contextmanager
def _namesake(trial: Trial, document: Document, other: User) -> Iterator[None]:
    """Another user's document of the same name, as long as it is needed.

    Raises:
        NotExercised: a name is one user's alone.
    """
    subject = document.subject
    creator = trial.creator(subject)
    body, by_path = trial.body(subject, creator, other), subject.action(creator).id
    if by_path is None:
        body[subject.id_sent] = document.id
    call = trial.create_call(subject, other, body)
    exchange = trial.resend(replace(call, path={**call.path, by_path: document.id}) if by_path is not None else call)
    made = trial.adopt(subject, other, exchange)
    if made is None:
        raise NotExercised(f"a name is one user's alone: {exchange.told(80)}")
    if str(made.id) != str(document.id):
        raise NotExercised(f"{exchange.call.operation} gives another name than it was asked for")
    try:
        yield
    finally:
        with trial.session.ledger.sparing(document.id):
            gone = trial.delete(made).ok
        if not gone:
            trial.session.ledger.unnamed.append(exchange.call)


def _past_parent(trial: Trial, run: Callable[[Trial], None], subject: Subject, one: User, other: User) -> None:
    """Hold what a case holds, where the list that shows the document is closed to the other user."""
    document = trial.create(subject, one)
    place = trial.session.surroundings(subject.listers[0], other, None, known=trial.listing(document))
    if not trial.send(subject.listers[0], other, **place).refused:
        raise NotPromised
    run(trial)


def _below_another(trial: Trial, subject: Subject, operation: Operation, name: str) -> None:
    document = trial.create(subject)
    _led_astray(trial, document, operation, name, _parts(trial, operation, document))


def _acting_below_another(trial: Trial, subject: Subject, operation: Operation, name: str, own: str) -> None:
    """Of a document that is new, else of one in a state in which the operation is for it."""
    reason = None
    for document in chain([trial.create(subject)], trial.in_each_state(subject)):
        try:
            _led_astray(trial, document, operation, name, acting_on(trial, operation, own, document))
        except NotExercised as another:
            reason = another
        else:
            return
    assert reason is not None
    raise reason


def _led_astray(trial: Trial, document: Document, operation: Operation, name: str, parts: Parts) -> None:
    """Hold that a request about a document is refused below another parent."""
    elsewhere = _elsewhere(trial, document.subject, document, name, operation)

    def attempt() -> None:
        exchange = trial.send(operation, trial.user, **_led(parts, name, elsewhere))
        refused_as(exchange, _not_found(operation), f"a document asked for below another {name}")

    _holds(trial, operation, document, parts, attempt)


def _not_found(operation: Operation) -> set[int]:
    return {404} if NOT_FOUND in operation.statuses else set(range(400, 500))


def _elsewhere(trial: Trial, subject: Subject, document: Document, name: str, operation: Operation) -> Any:
    """The id of another document that the parameter may name, in which ours does not lie."""
    above = dict(parents(trial.session, subject, trial.creator(subject)))
    if name not in above:  # documents name it, and are created below something else
        return trial.create(dict(parents(trial.session, subject, operation))[name]).id
    parent = above[name]
    creator = trial.creator(parent)
    known = document.around.get("path", {})
    around = trial.session.surroundings(creator, trial.user, None, known={"path": known})
    return trial.create_in(parent, trial.user, around).id


def _led(parts: Parts, name: str, value: object) -> Parts:
    return {**parts, "path": {**parts.get("path", {}), name: value}}


def _listed_below_another(trial: Trial, subject: Subject, operation: Operation, name: str) -> None:
    document = trial.create(subject)
    there = _parts(trial, operation, document)
    elsewhere = _elsewhere(trial, subject, document, name, operation)
    if not _is_in(trial, subject, document, there):
        raise NotExercised("the list does not show the new document")
    if _is_in(trial, subject, document, _led(there, name, elsewhere)):
        raise Broken(f"the list below another {name} to be without the document", "it is in there")


def _is_in(
    trial: Trial, subject: Subject, document: Document, around: Mapping[str, Any], user: User | None = None
) -> bool:
    shown = trial.listed(subject, user or document.user, around, until=document.id)
    return any(one.get(subject.key) == document.id for one in shown)


def _deleted(trial: Trial, subject: Subject) -> Any:
    """The id of a document that this run has made and deleted."""
    document = trial.create(subject)
    if not trial.delete(document).ok:
        raise NotExercised("a delete was refused")
    return document.id


def _below_none(trial: Trial, subject: Subject, operation: Operation, name: str, parent: Subject) -> None:
    document = trial.create(subject)
    parts = _parts(trial, operation, document)
    known = parts["path"][name]
    parameter = next(one for one in operation.parameters if one.name == name)
    nowhere = unlike_but_fitting(known, partial(trial.session.bodies.property_fits, parameter.schema))
    if parent.named_by_client and parent.deleters:  # any other name may be that of another's document
        nowhere = _deleted(trial, parent)
    if not trial.session.bodies.property_fits(parameter.schema, nowhere):
        raise NotExercised(f"{name} takes no {nowhere!r}")

    def attempt() -> None:
        exchange = trial.send(operation, trial.user, **_led(parts, name, nowhere))
        refused_as(exchange, set(range(400, 500)), f"{operation} below {name} {nowhere!r}, which is not there,")

    _holds(trial, operation, document, parts, attempt)
