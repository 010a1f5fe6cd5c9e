"""Timestamps: the server's clock, in the contract's format, moved by changes alone."""

from __future__ import annotations

import re
from functools import partial
from operator import attrgetter
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.timestamp.rule import Timestamp
from specdouble.verify.attack import Attack
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks.bulk import bodies_of
from specdouble.verify.checks.header_fields import new_and_in_each_state
from specdouble.verify.moment import moment
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, views

_MOMENT = re.compile(r"(.*\d[Tt ]\d\d:\d\d:\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
# No clock of a run is near either: a stamp that is one of them was the client's.
LONG_AGO = ("2001-02-03T04:05:06.789Z", "2099-02-03T04:05:06.789Z")


def plan(session: Session, subject: Subject, rule: Timestamp) -> Plan:
    """The cases of one rule."""
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    about = ids(subject.creators[0])
    yield Case(rule.id, f"{rule.name} is the server's clock at creation", partial(_now, **of), "", about, decisive=True)
    yield Case(rule.id, f"{rule.name} is written as the contract shows it", partial(_format, **of), "", about)
    yield Case(rule.id, f"{rule.name} is in order", partial(_order, **of), "", about)
    for value in LONG_AGO:
        run = partial(_from_client, **of, value=value)
        yield Case(rule.id, f"a client's {rule.name} has no effect on create", run, value, about)
    for updater in subject.updaters:
        yield from _of_updater(subject, rule, updater)
    for operation in subject.acts:
        action = subject.action(operation)
        if action.sets and not action.why:
            run = partial(_acted, **of, operation=operation)
            yield Case(rule.id, f"{_moved(rule)} {operation}", run, "", ids(operation), unaided=True)
    for bulk in bulks(session, subject):
        promise = f"{rule.name} is the server's clock at creation by {bulk.operation}"
        yield Case(rule.id, promise, partial(_together, rule=rule, bulk=bulk), "", ids(bulk.operation), decisive=True)


def _of_updater(subject: Subject, rule: Timestamp, updater: Updater) -> Plan:
    of: dict[str, Any] = {"subject": subject, "rule": rule, "updater": updater}
    about = ids(updater.operation)
    move = _moves if rule.event == "updated" else _stays
    promise = f"{rule.name} moves forward with a change" if rule.event == "updated" else f"{rule.name} stays"
    for what in ("one", "two"):
        yield Case(rule.id, promise, partial(move, **of), f"{what} in a row", about)
    yield Case(rule.id, f"a client's {rule.name} has no effect on update", partial(_client_update, **of), "", about)
    if any(attack.reach for _, attack in subject.attacks):
        run = partial(_changed_in_each_state, **of)
        yield Case(rule.id, f"{_moved(rule)} a change in each state", run, "", about, unaided=True)


def _moved(rule: Timestamp) -> str:
    return f"{rule.name} moves forward with" if rule.event == "updated" else f"{rule.name} stays at"


def _stamp(view: dict[str, Any], rule: Timestamp) -> Any:
    if rule.name not in view:
        raise NotExercised(f"no answer shows {rule.name}")
    return view[rule.name]


def _now(trial: Trial, subject: Subject, rule: Timestamp) -> None:
    document = trial.create(subject)
    skew = trial.session.settings.clock_skew
    for where, view in views(trial, document):
        stamp = moment(_stamp(view, rule))
        if stamp is None:
            raise Broken(f"{rule.name} to tell a moment with its time zone", f"{where} shows {view[rule.name]!r}")
        away = abs(stamp.timestamp() - document.made.started)
        if away > skew + document.made.elapsed:
            raise Broken(
                f"{rule.name} to be the time of creation", f"{where} shows {view[rule.name]!r}, {away:.0f} s away"
            )
    others = [_stamp(view, rule) for _, view in views(trial, document)]
    if len(set(map(str, others))) > 1:
        raise Broken(f"{rule.name} to stay as it was answered", f"a read shows {others[1]!r} after {others[0]!r}")


def _together(trial: Trial, rule: Timestamp, bulk: Bulk) -> None:
    """Each of several that one request creates is as new as the request."""
    made = bulk.make(trial, bulk.place(trial), bodies_of(trial, bulk, bulk.usual))
    for document in (one for one in made if one is not None):
        told = _stamp(trial.look(document), rule)
        stamp = moment(told)
        away = abs(stamp.timestamp() - document.made.started) if stamp else 0
        if stamp is None or away > trial.session.settings.clock_skew + document.made.elapsed:
            raise Broken(f"{rule.name} of each to be the time of creation", f"a read shows {told!r}")


def _format(trial: Trial, subject: Subject, rule: Timestamp) -> None:
    example = subject.resource.properties[rule.name].get("example")
    if not isinstance(example, str):
        raise NotExercised("the contract gives no example of it")
    shape = _shape(example)
    documents = [trial.create(subject) for _ in range(2)]
    for document in documents:
        for where, view in views(trial, document):
            if not re.fullmatch(shape, str(_stamp(view, rule))):
                raise Broken(f"{rule.name} to be written like {example}", f"{where} shows {view[rule.name]!r}")


def _shape(example: str) -> str:
    """The pattern of texts in the form of an example.

    Of a moment, a fraction of a second may be there or not, and UTC be `Z` or an offset (RFC 3339, 5.6): whoever reads
    the one reads the other.
    """
    moment_like = _MOMENT.fullmatch(example)
    shape = re.sub(r"\d", r"\\d", re.escape(moment_like[1] if moment_like else example))
    return shape + r"(\.\d+)?(Z|[+-]\d\d:\d\d)" if moment_like else shape


def _order(trial: Trial, subject: Subject, rule: Timestamp) -> None:
    first = trial.create(subject)
    trial.tick(_stamp(first.shown, rule))
    second = trial.create(subject)
    one, other = moment(_stamp(first.shown, rule)), moment(_stamp(second.shown, rule))
    if one is None or other is None or one > other:
        moments = f"{first.shown[rule.name]!r}, then {second.shown[rule.name]!r}"
        raise Broken(f"{rule.name} of a later document to be later", f"they are {moments}")
    stamps = {stamp.event: stamp.name for stamp in subject.resource.of(Timestamp)}
    if {"created", "updated"} <= stamps.keys():
        created, updated = (moment(second.shown.get(stamps[event])) for event in ("created", "updated"))
        if created and updated and updated < created:
            raise Broken("the last change to be no earlier than the creation", f"{updated} is before {created}")


def _from_client(trial: Trial, subject: Subject, rule: Timestamp, value: str) -> None:
    body = {**trial.body(subject, trial.creator(subject), trial.user), rule.name: value}
    exchange, document = trial.try_create(subject, trial.user, body)
    if document is None:
        raise NotExercised(f"a request with {rule.name} was refused: {exchange.told(80)}")
    for where, view in views(trial, document):
        if _stamp(view, rule) == value:
            raise Broken(f"{rule.name} to be the server's", f"{where} shows the client's {value}")


def _client_update(trial: Trial, subject: Subject, rule: Timestamp, updater: Updater) -> None:
    document = trial.create(subject)
    exchange = trial.try_update(
        updater, document, {**trial.session.bodies.change(subject, updater), rule.name: LONG_AGO[0]}
    )
    if not exchange.ok:
        raise NotExercised(f"an update with {rule.name} was refused: {exchange.told(80)}")
    for where, view in views(trial, document):
        if _stamp(view, rule) == LONG_AGO[0]:
            raise Broken(f"{rule.name} to be the server's", f"{where} shows the client's {LONG_AGO[0]}")


def _moves(trial: Trial, subject: Subject, rule: Timestamp, updater: Updater) -> None:
    document = trial.create(subject)
    stamp = _stamp(document.shown, rule)
    for _ in range(2):
        before = moment(stamp)
        trial.tick(stamp)
        change = trial.session.bodies.change(subject, updater)
        if not change:
            raise NotExercised(
                f"{updater.operation} takes no text that no rule speaks of: what it sends may be no change"
            )
        exchange = trial.try_update(updater, document, change)
        accepted(exchange, "an update")
        for where, view in views(trial, document):
            stamp = _stamp(view, rule)
            after = moment(stamp)
            if before is None or after is None or after <= before:
                raise Broken(f"{rule.name} to move forward with a change", f"{where} shows {stamp!r} still")
        away = abs(after.timestamp() - exchange.started) if after else 0
        if away > trial.session.settings.clock_skew + exchange.elapsed:
            raise Broken(f"{rule.name} to be the time of the change", f"it is {away:.0f} s away")


def _acted(trial: Trial, subject: Subject, rule: Timestamp, operation: Operation) -> None:
    """An operation that sets a state changes the document, wherever it does set it."""
    sets = dict(subject.action(operation).sets)
    for document in new_and_in_each_state(trial, subject):
        seen = trial.look(document)
        trial.tick(_stamp(seen, rule))
        if not trial.send(operation, document.user, **trial.acting(operation, document)).ok:
            continue
        after = trial.look(document)
        if all(seen.get(name) == after.get(name) for name in sets):
            continue
        _hold(rule, seen, after, str(operation))
        return
    raise NotExercised(f"{operation} moves no document that was made")


def _stays(trial: Trial, subject: Subject, rule: Timestamp, updater: Updater) -> None:
    document = trial.create(subject)
    before = _stamp(document.shown, rule)
    trial.tick(before)
    accepted(trial.try_update(updater, document, trial.session.bodies.change(subject, updater)), "an update")
    for where, view in views(trial, document):
        if _stamp(view, rule) != before:
            raise Broken(f"{rule.name} to stay {before}", f"{where} shows {view[rule.name]} after an update")


def _changed_in_each_state(trial: Trial, subject: Subject, rule: Timestamp, updater: Updater) -> None:
    tried, changes = 0, trial.session.bodies.change(subject, updater)
    for document in trial.in_each_state(subject) if changes else ():
        before = trial.look(document)
        trial.tick(_stamp(before, rule))
        changes = trial.session.bodies.change(subject, updater)
        if not trial.try_update(updater, document, changes).ok:
            continue
        after = trial.look(document)
        if any(before.get(name) != after.get(name) for name in changes):
            _hold(rule, before, after, f"{updater.operation} in another state")
            tried += 1
    if not tried:
        raise NotExercised(f"{updater.operation} changes no document in any state")


def _hold(rule: Timestamp, before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    """Hold that a change has moved the time forward, or left it, as the rule says."""
    was, stamp = moment(before[rule.name]), moment(_stamp(after, rule))
    if rule.event == "updated" and (was is None or stamp is None or stamp <= was):
        raise Broken(f"{rule.name} to move forward with {what}", f"a read shows {after[rule.name]!r} still")
    if rule.event == "created" and after[rule.name] != before[rule.name]:
        raise Broken(f"{rule.name} to stay {before[rule.name]}", f"a read shows {after[rule.name]} after {what}")


ATTACK = Attack(plan, stamp=attrgetter("event"))
