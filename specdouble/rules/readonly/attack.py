"""Read-only properties: what a client sends for one has no effect, and is no reason to refuse."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.readonly.rule import ReadOnly
from specdouble.verify.attack import Attack
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.equality import same
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, view, views
from specdouble.verify.values import merged, plausible
from specdouble.verify.wrapper import properties_sent

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d")  # its zone and fraction left out


def plan(session: Session, subject: Subject, rule: ReadOnly) -> Plan:
    """The cases of a read-only property."""
    if not subject.creators and not subject.updaters:
        yield Missing(rule.id, f"no operation writes documents of {subject.collection}")
        return
    created = f"a client's {rule.name} has no effect on create"
    held = rule.name in (subject.resource.owner, subject.resource.tenant) and len(session.crowd) > 1
    for what in ("plausible", "null", "of another type", *(["another user's"] if held else [])):
        if subject.creators:
            run = partial(_client_value, subject=subject, rule=rule, updater=None, what=what)
            yield Case(rule.id, created, run, what, ids(subject.creators[0]), decisive=True)
        for updater in subject.updaters:
            run = partial(_client_value, subject=subject, rule=rule, updater=updater, what=what)
            promise = f"a client's {rule.name} has no effect on update"
            yield Case(rule.id, promise, run, what, ids(updater.operation), decisive=True)


def _sent_value(trial: Trial, subject: Subject, rule: ReadOnly, operation: Operation, what: str, own: Any) -> Any:
    """What a client sends, as the request's schema has it, where that names the property."""
    schema = properties_sent(subject.contract, operation).get(rule.name, subject.resource.properties[rule.name])
    if what == "null":
        return None
    if what == "of another type":
        return 17 if not isinstance(own, int) else "seventeen"
    if what == "another user's":
        others = [user for user in trial.session.crowd if user is not trial.session.crowd.users.get(trial.user.name)]
        for user in others:
            value = user.id if rule.name == subject.resource.owner else user.tenant
            if rule.name in (subject.resource.owner, subject.resource.tenant) and value and value != own:
                return value
        raise NotExercised("no other user's value is known")
    if isinstance(own, str) and len(own) == 24 and all(char in "0123456789abcdef" for char in own):
        return own[::-1] if own[::-1] != own else "0" * 24
    if rule.name in subject.stamps or merged(schema, trial.contract.resolve).get("format") == "date-time":
        return "2001-02-03T04:05:06.789Z"
    writable = {key: one for key, one in schema.items() if key != "readOnly"}
    # Of an id that is a text: should it have an effect, it is one that this run has made up.
    is_name = rule.name == subject.resource.id and isinstance(own, str)
    return trial.session.fresh.value(writable) if is_name else _another(trial, rule, writable, own)


def _another(trial: Trial, rule: ReadOnly, schema: dict[str, Any], own: Any) -> Any:
    """A plausible value that the document has not: else it could not be told from the client's."""
    value = plausible(schema, trial.contract.resolve, "client")
    if value != own:
        return value
    if isinstance(value, int | float):
        return not value if isinstance(value, bool) else value + 1
    choices = merged(schema, trial.contract.resolve).get("enum") or ()
    others = [one for one in choices if one not in (own, None)]
    if not others:
        raise NotExercised(f"no other {rule.name} is known than the document has")
    return others[0]


def _client_value(trial: Trial, subject: Subject, rule: ReadOnly, updater: Updater | None, what: str) -> None:
    model = trial.create(subject)
    operation = updater.operation if updater else trial.creator(subject)
    value = _sent_value(trial, subject, rule, operation, what, model.shown.get(rule.name))
    if updater is None:
        body = {**trial.body(subject, trial.creator(subject), trial.user), rule.name: value}
        exchange, document = trial.try_create(subject, trial.user, body)
        before = None
    else:
        document, before = model, view(trial, model).get(rule.name)
        exchange = trial.try_update(updater, model, {**_harmless(subject, updater, model), rule.name: value})
    if exchange.refused and not _is_let_in(trial, subject, updater, rule, value):
        if rule.name in properties_sent(subject.contract, exchange.call.operation):
            raise NotExercised(f"{rule.name} can be sent, and {shown(value)} does not fit its schema")
        return  # the request does not fit its schema: what is refused has no effect
    if not exchange.ok:
        _unless_others_are_refused(trial, subject, updater, model)
        accepted(exchange, f"a request with {rule.name} {shown(value)}, which the server sets,")
    assert document is not None
    for where, seen in views(trial, document):
        if rule.name in seen and value is not None and is_clients(value, seen[rule.name]):
            raise Broken(f"{rule.name} to be set by the server alone", f"{where} shows the client's {shown(value)}")
        stays = before is not None and rule.name not in subject.stamps
        if stays and seen.get(rule.name) != before and not _moves_of_itself(trial, subject, updater, rule, model):
            raise Broken(f"{rule.name} to stay {shown(before)}", f"{where} shows {shown(seen.get(rule.name))}")


def is_clients(value: Any, seen: Any) -> bool:
    """Whether what is shown is what a client has sent: in other letters, say, or a time without its zone."""
    if same(value, seen) or not (isinstance(value, str) and isinstance(seen, str)):
        return same(value, seen)
    own, other = (text.strip().casefold().replace(" ", "t") for text in (value, seen))
    told = _MOMENT.match(own)
    return own == other != "" or (told is not None and other.startswith(told.group()))


def _moves_of_itself(trial: Trial, subject: Subject, updater: Updater | None, rule: ReadOnly, model: Document) -> bool:
    """Whether a change that does not send the property moves it too: a revision, or a time that nothing says is one."""
    if updater is None:
        return False
    seen = view(trial, model).get(rule.name)
    trial.tick(seen if isinstance(seen, str) else None)  # a number counts changes more often than seconds
    return trial.try_update(updater, model, _harmless(subject, updater, model)).ok and (
        view(trial, model).get(rule.name) not in (seen, None)
    )


def _is_let_in(trial: Trial, subject: Subject, updater: Updater | None, rule: ReadOnly, value: Any) -> bool:
    """Whether the request's schema, or its being open, lets the property and its value in."""
    operation = updater.operation if updater else subject.creators[0]
    named = properties_sent(subject.contract, operation)
    if rule.name not in named:
        return subject.is_open(operation)
    schema = named[rule.name]
    fits: bool = schema.get("readOnly") is True or trial.session.bodies.property_fits(schema, value)
    return fits


def _harmless(subject: Subject, updater: Updater, model: Document) -> dict[str, Any]:
    """What the operation asks for, as it is."""
    return {name: model.sent[name] for name in subject.required(updater.operation) if name in model.sent}


def _unless_others_are_refused(trial: Trial, subject: Subject, updater: Updater | None, model: Document) -> None:
    """Not exercised where any property that the schema does not name is refused."""
    extra = {"specdoubleProbe": "extra"}
    if updater is None:
        exchange, _ = trial.try_create(
            subject, trial.user, {**trial.body(subject, trial.creator(subject), trial.user), **extra}
        )
    else:
        exchange = trial.try_update(updater, model, {**_harmless(subject, updater, model), **extra})
    if not exchange.ok:
        raise NotExercised("properties that the schema does not name are refused, whichever they are")


ATTACK = Attack(plan, shows="setting")
