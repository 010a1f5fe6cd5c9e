"""Replacements: what a `PUT` leaves out is gone, and the same one a second time changes nothing (RFC 9110, 9.3.4)."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.equality import same
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject, Updater, required
from specdouble.verify.trial import Trial, accepted
from specdouble.verify.values import kind, merged

CREATED = 201
CREATES_NOTHING = "a PUT of what is there to replace it (RFC 9110, 9.3.4)"


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the replacements of one collection."""
    if not subject.creators or not subject.observable:
        return
    creator = subject.creators[0]
    if subject.puts(creator) and _tells_apart(creator):
        promise = f"{creator} creates once what it names"
        yield Case(Names.replacement, promise, partial(_created_once, subject=subject), "", ids(creator), decisive=True)
    for updater in subject.updaters:
        if updater.action.does != "replace" or updater.id_in_body:
            continue
        about = ids(updater.operation)
        of: dict[str, Any] = {"subject": subject, "updater": updater}
        promise = f"{updater.operation} a second time changes nothing"
        yield Case(Names.replacement, promise, partial(_twice, **of), "", about)
        if _is_whole(session, subject, updater):
            promise = f"{updater.operation} leaves nothing of what it does not hold"
            run = partial(_leaves_nothing, **of)
            yield Case(Names.replacement, promise, run, "", about, decisive=True)


def _tells_apart(operation: Operation) -> bool:
    """Whether the contract has one success for what is new, and another for what was there."""
    return len([status for status in operation.statuses if status.startswith("2")]) > 1


def _created_once(trial: Trial, subject: Subject) -> None:
    body = trial.body(subject, trial.creator(subject), trial.user)
    call = trial.create_call(subject, trial.user, body)
    first = trial.resend(call)
    if trial.adopt(subject, trial.user, first) is None or first.status != CREATED:
        raise NotExercised(f"a PUT to a new path does not say that it creates: {first.told(60)}")
    again = trial.resend(call)
    if again.status == CREATED:
        raise Broken("the same PUT a second time to replace what the first has created", "it says 201 again")


def _hold_replaced(exchange: Exchange) -> None:
    if exchange.status == CREATED and exchange.method == "PUT" and _tells_apart(exchange.call.operation):
        raise Broken(CREATES_NOTHING, "it says 201, that it has created it")


def _is_whole(session: Session, subject: Subject, updater: Updater) -> bool:
    """Whether the body is a whole document: it must hold what a new one must, but for the id that its path holds."""
    needed = set(subject.required(subject.creators[0])) - {subject.resource.id}
    return (
        bool(needed)
        and needed <= set(subject.required(updater.operation))
        and bool(optional(session, subject, updater))
    )


def optional(session: Shared, subject: Subject, updater: Updater) -> list[str]:
    """The properties that a replacement may leave out, and of which no rule says that they stay."""
    requested, kept = subject.requested(updater.operation), subject.resource
    bound = {*subject.required(updater.operation), *subject.server_set, *subject.bound_on_update, *subject.once}
    # What every document must have stays, unless it is sent, where no default says what would take its place.
    bound |= {name for name in required(session.contract, kept.schema)
              if not session.bodies.property_fits(kept.properties.get(name, {}), None)
              and "default" not in merged(requested.get(name, {}), session.contract.resolve)}  # fmt: skip
    free = [name for name in requested if name not in bound and name in kept.properties]
    return [name for name in free if kind(merged(requested[name], session.contract.resolve)) != "boolean"]


def _leaves_nothing(trial: Trial, subject: Subject, updater: Updater) -> None:
    document = trial.create(subject, full=True)
    before = trial.look(document)
    exchange = trial.try_update(updater, document, {})
    if not exchange.ok:
        raise NotExercised(f"a replacement without what may be left out was refused: {exchange.told(80)}")
    after, sent = trial.look(document), subject.unwrapped(exchange.call)
    for name in optional(trial.session, subject, updater):
        value = before.get(name)
        usual = merged(subject.requested(updater.operation)[name], trial.contract.resolve).get("default")
        if name in sent:
            continue
        is_another = name in after and not same(after[name], usual) and not same(after[name], value)
        if usual is not None and is_another:
            raise Broken(f"{name} to be {shown(usual)}, as it is where it is not sent", f"it is {shown(after[name])}")
        if value in (None, "", [], {}, usual):
            continue
        if same(value, after.get(name)):
            raise Broken(f"{name} to be gone, as the replacement does not hold it", f"it is {shown(value)} still")


def _twice(trial: Trial, subject: Subject, updater: Updater) -> None:
    document = trial.create(subject)
    body = _whole(trial, subject, updater, document)
    exchange = trial.try_update(updater, document, body)
    if not exchange.ok:  # what a body must hold is another promise than what a second one does
        raise NotExercised(f"a replacement with all that may be sent was refused: {exchange.told(80)}")
    _hold_replaced(exchange)
    one = trial.look(document)
    if subject.versions & subject.unwrapped(exchange.call).keys():
        raise NotExercised("the same request a second time names a version that is gone")
    accepted(trial.try_update(updater, document, body), "the same replacement a second time")
    other = trial.look(document)
    for name in body:
        if name in one and one[name] != other.get(name):
            told = f"{name} was {shown(one[name])}, and is {shown(other.get(name))}"
            raise Broken("the same replacement a second time to change nothing", told)


def _whole(trial: Trial, subject: Subject, updater: Updater, document: Document) -> dict[str, Any]:
    """All that the operation's body may hold, without what a change cannot set."""
    made = trial.session.bodies.make(subject, updater.operation, document.user, True)
    return {name: value for name, value in made.items() if name not in subject.bound_on_update}
