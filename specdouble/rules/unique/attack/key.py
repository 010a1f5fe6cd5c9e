"""Requests and documents that have a key: a new one, that of another, one that counts or does not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.solver import SECONDS, Wish
from specdouble.rules.unique.rule import Unique, UniqueKey, UniqueTogether
from specdouble.verify.attack import attack_of
from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.patterns import matching
from specdouble.verify.problem import NotExercised
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged


def statuses(rule: Unique, operation: Operation) -> set[int]:
    """What the operation answers to a request that breaks the rule."""
    return {rule.status_among(operation.statuses)}


def body_of(trial: Trial, subject: Subject, rule: Unique, user: User, full: bool = False) -> dict[str, Any]:
    """A body that the server must accept, with a new value for the rule, whether one is asked for or not."""
    operation = trial.creator(subject)
    schema = subject.taken(operation)[rule.name]
    usual = trial.body(subject, operation, user, full)
    value = usual.get(rule.name) or trial.session.bodies.value(subject, rule.name, schema, user)
    return on_side(trial, subject, rule, {**usual, rule.name: value})


def made(
    trial: Trial, subject: Subject, rule: Unique, user: User | None = None, /, full: bool = False, **changes: Any
) -> Document:
    """A new document with a value for the rule."""
    body = body_of(trial, subject, rule, user or trial.user, full)
    document = trial.create(subject, user, full, **{**body, **changes})
    if not rule.counts({**document.sent, **document.shown}):
        raise NotExercised(f"a new document is none of those for which `{rule.where}` holds")
    return document


# That of another, and a new one


def alike(trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any]) -> dict[str, Any]:
    """The body of another document with the same key: what else must be new is, or it would be refused for that."""
    schemas, others = subject.taken(trial.creator(subject)), subject.once - {*rule.fields}
    fresh = {
        name: trial.session.bodies.value(subject, name, schemas[name], trial.user)
        for name in body
        if name in others and name in schemas
    }
    return _apart(trial, subject, rule, {**body, **fresh})


def _apart(trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any]) -> dict[str, Any]:
    """The body with what no two documents may have together made new, but for what the rule speaks of."""
    operation = trial.creator(subject)
    for other in subject.resource.of(UniqueTogether):
        if other != rule and other.names[0] in body:
            body = next(variations(trial, subject, other, operation, body, rule.fields), body)
    return body


def whole(trial: Trial, subject: Subject, rule: UniqueKey, user: User | None = None) -> dict[str, Any]:
    """A body with a value for each property of the key, and together new ones."""
    user, operation = user or trial.user, trial.creator(subject)
    requested, body = subject.taken(operation), trial.body(subject, operation, user)
    for name in rule.fields:
        if name in requested and body.get(name) is None:
            body[name] = trial.session.bodies.value(subject, name, requested[name], user)
    varied = next(variations(trial, subject, rule, operation, body), None)
    if varied is None:
        raise NotExercised(f"no new value is known for {' or '.join(rule.fields)}")
    return varied


def variations(
    trial: Trial, subject: Subject, rule: UniqueKey, operation: Operation, body: dict[str, Any], fixed: Any = ()
) -> Iterator[dict[str, Any]]:
    """The body with another value of one property of the key, for each that may have any."""
    requested = subject.taken(operation)
    for name in rule.fields:
        if name not in requested or name in fixed or name in subject.server_set:
            continue
        another = _another(trial, subject, name, requested[name], body.get(name))
        if another is not None and trial.session.bodies.property_fits(requested[name], another):
            yield {**body, name: another}


def renewed(trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any]) -> dict[str, Any]:
    """The body with another value of each property of the key that may have any."""
    fresh = dict(body)
    for varied in variations(trial, subject, rule, trial.creator(subject), body):
        fresh |= {name: value for name, value in varied.items() if value != body.get(name)}
    return fresh


def _another(trial: Trial, subject: Subject, name: str, declared: object, held: object) -> Any:
    """Another value of a property; None where none is known."""
    schema, chosen = merged(declared, trial.contract.resolve), subject.chosen.get(name)
    if chosen is not None:
        make = attack_of(chosen).another
        if make is not None:
            return make(trial, chosen)
        return trial.session.fresh.value(declared) if name in subject.once else None
    if schema.get("enum"):
        return next((one for one in schema["enum"] if one not in (held, None)), None)
    return trial.session.fresh.value(declared) if kind(schema) in ("string", "integer", "number") else None


# Where some documents alone count


def on_side(
    trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any], *, counts: bool = True
) -> dict[str, Any]:
    """The body with as little changed as makes a document that counts, or one that does not.

    Raises:
        NotExercised: none was found.
    """
    operation = trial.creator(subject)
    requested = subject.taken(operation)
    names = (rule.condition.names("self") if rule.program else None) or frozenset[str]()
    if not rule.program or not names <= requested.keys():
        return body  # of what the server decides, the new document tells

    def is_there(document: Any, _before: Any = None) -> bool:
        # What is not sent the server may fill in, on either side.
        return names <= document.keys() and rule.counts(document) == counts

    if is_there(body):
        return body
    free = requested.keys() - {*subject.chosen, *subject.once, *subject.server_set, *rule.fields, *rule.within}
    wish = Wish(rule.condition.tree, (), counts, is_there)
    fits = partial(trial.session.bodies.fits, operation)
    solver = trial.contract.solver(subject.resource.schema, fits, frozenset(free), lambda text: matching(text, 0))
    found = next(solver.solutions([wish], body, None, SECONDS), None)
    if found is None:
        side = "holds" if counts else "does not hold"
        raise NotExercised(f"no body was found for which `{rule.where}` {side}")
    return found


def beside(trial: Trial, subject: Subject, rule: UniqueKey, *, counts: bool) -> Document:
    """A new document with a key of its own that counts, or does not."""
    body = on_side(trial, subject, rule, whole(trial, subject, rule), counts=counts)
    document = trial.create(subject, **body)
    hold_side(rule, document, counts)
    return document


def hold_side(rule: UniqueKey, document: Document, counts: bool) -> None:
    """Not exercised where a document that was made to count does not, or the other way."""
    if rule.counts({**document.sent, **document.shown}) != counts:
        raise NotExercised(f"a new document is on the other side of `{rule.where}`")
