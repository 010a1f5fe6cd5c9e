"""Computed properties: right on each write, whatever the client sends for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import isclose
from operator import attrgetter
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.expression_tree import Constant, walk
from specdouble.rules.computed.rule import Computed
from specdouble.verify.attack import Attack
from specdouble.verify.bodies import shown
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks.bulk import bodies_of
from specdouble.verify.document import Document
from specdouble.verify.places import children, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, views
from specdouble.verify.values import kind, merged

MOST = 3  # numbers of an expression that are tried
CENT = 0.005  # what a server may round away: amounts of money have two places


def plan(session: Session, subject: Subject, rule: Computed) -> Plan:
    """The cases of one rule."""
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    creator, about = subject.creators[0], ids(subject.creators[0])
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    yield Case(rule.id, f"{rule} on create", partial(_created, **of), "a usual document", about, decisive=True)
    for name in _inputs(subject, rule, creator):
        run = partial(_with_another, **of, name=name)
        yield Case(rule.id, f"{rule} on create", run, f"with another {name}", about, decisive=True)
    promise = f"a client's {rule.name} has no effect on create"
    yield Case(rule.id, promise, partial(_sent, **of), "", about, decisive=True)
    if any(attack.states and other.name in (rule.reads or ()) for other, attack in subject.attacks):
        yield Case(rule.id, f"{rule} in each state", partial(_in_each_state, **of), "", about)
    yield from _of_counts(session, subject, rule)
    for bulk in bulks(session, subject):
        run = partial(_together, subject=subject, rule=rule, bulk=bulk)
        yield Case(rule.id, f"{rule} on create by {bulk.operation}", run, "", ids(bulk.operation), decisive=True)
    for updater in subject.updaters:
        on_it = ids(updater.operation)
        for name in _inputs(subject, rule, updater.operation):
            if name not in subject.bound_on_update:
                promise = f"{rule} after a change"
                yield Case(rule.id, promise, partial(_changed, **of, updater=updater, name=name), f"of {name}", on_it)
        promise = f"a client's {rule.name} has no effect on {updater.operation}"
        yield Case(rule.id, promise, partial(_sent_again, **of, updater=updater), "", on_it)


def _of_counts(session: Session, subject: Subject, rule: Computed) -> Plan:
    """The cases of what the server itself sets and the value is made of: it may count what lies below."""
    if not subject.observable or subject.server_set.isdisjoint(rule.reads or ()):
        return
    for child in children(session, subject):
        run = partial(_counted, subject=subject, rule=rule, child=child)
        yield Case(rule.id, f"{rule} once there is something below", run, child.collection, ids(*child.creators[:1]))


def _inputs(subject: Subject, rule: Computed, operation: Operation) -> list[str]:
    """What it is made of that the operation takes."""
    taken = subject.requested(operation)
    return [name for name in taken if name in (rule.reads or ()) and name not in subject.server_set]


def _full(trial: Trial, subject: Subject, rule: Computed) -> dict[str, Any]:
    """A body with all that it is made of."""
    operation = trial.creator(subject)
    body, taken = trial.body(subject, operation, trial.user), subject.requested(operation)
    for name in _inputs(subject, rule, operation):
        if body.get(name) is None:
            body[name] = trial.session.bodies.value(subject, name, taken[name], trial.user)
    return body


def _hold(trial: Trial, rule: Computed, document: Document) -> None:
    """Hold what is shown to what the expression makes of it."""
    for where, seen in views(trial, document):
        known = {**document.sent, **seen}
        known.pop(rule.name, None)
        wanted = rule.value(known)
        if wanted is None:
            raise NotExercised(f"`{rule.expression}` has no value for {shown(known)}")
        if rule.name not in seen:
            raise Broken(f"{rule.name} to be {shown(wanted)}, which is `{rule.expression}`", f"{where} shows none")
        if not _same(wanted, seen[rule.name]):
            raise Broken(
                f"{rule.name} to be {shown(wanted)}, which is `{rule.expression}`",
                f"{where} shows {shown(seen[rule.name])}",
            )


def _same(wanted: Any, seen: Any) -> bool:
    numbers = [one for one in (wanted, seen) if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) == 2:
        return isclose(wanted, seen, rel_tol=1e-6, abs_tol=CENT)
    return bool(wanted == seen)


def _created(trial: Trial, subject: Subject, rule: Computed) -> None:
    _hold(trial, rule, trial.create(subject, **_full(trial, subject, rule)))


def _together(trial: Trial, subject: Subject, rule: Computed, bulk: Bulk) -> None:
    bodies = [{**body, **_full(trial, subject, rule)} for body in bodies_of(trial, bulk, bulk.usual)]
    for document in bulk.make(trial, bulk.place(trial), bodies):
        if document is not None:
            _hold(trial, rule, document)


def _in_each_state(trial: Trial, subject: Subject, rule: Computed) -> None:
    for document in trial.in_each_state(subject, rule.reads or ()):
        _hold(trial, rule, document)


def _counted(trial: Trial, subject: Subject, rule: Computed, child: Subject) -> None:
    """What the server counts changes by itself, and what is made of it with it."""
    document = trial.create(subject)
    before = trial.look(document)
    trial.create_in(child, document.user, under(trial, child, document))
    after = trial.look(document)
    if all(before.get(name) == after.get(name) for name in rule.reads or ()):
        raise NotExercised(f"nothing that {rule.name} is made of changes with what lies below")
    _hold(trial, rule, document)


def _with_another(trial: Trial, subject: Subject, rule: Computed, name: str) -> None:
    body = _full(trial, subject, rule)
    taken = 0
    for value in _others(trial, subject, rule, trial.creator(subject), name, body.get(name)):
        _, document = trial.try_create(subject, trial.user, {**body, name: value})
        if document is not None:
            _hold(trial, rule, document)
            taken += 1
    if not taken:
        raise NotExercised(f"no other {name} was taken")


def _others(
    trial: Trial, subject: Subject, rule: Computed, operation: Operation, name: str, held: object
) -> Iterator[Any]:
    """Other values of a property that its schema takes: of numbers the bounds, the schema's and the expression's."""
    declared = subject.requested(operation)[name]
    schema, bodies = merged(declared, trial.contract.resolve), trial.session.bodies
    found: list[Any] = []
    if isinstance(held, bool):
        found = [not held]
    elif isinstance(held, int | float):
        near = [number + step for number in _numbers(rule) for step in (0, 1, -1)]
        found = [schema.get("minimum"), schema.get("maximum"), held + 3, held - 1, *near]
    elif schema.get("enum"):
        found = [*schema["enum"]]
    elif kind(schema) == "string":
        found = [trial.session.fresh.value(declared)]
    elif isinstance(held, list):  # more of it and less
        found = [[*held, *held], held[:-1]]
    yield from (one for one in found if one not in (held, None) and bodies.property_fits(declared, one))


def _numbers(rule: Computed) -> list[int | float]:
    """The numbers that the expression names: where its value may change."""
    named = (node.value for node in walk(rule.compiled.tree) if isinstance(node, Constant))
    return [one for one in named if isinstance(one, int | float) and not isinstance(one, bool)][:MOST]


def _false(held: object) -> Any:
    """A value that is not the computed one."""
    if isinstance(held, bool):
        return not held
    if isinstance(held, int | float):
        return held + 7
    return f"{held} not so" if isinstance(held, str) else None


def _sent(trial: Trial, subject: Subject, rule: Computed) -> None:
    model = trial.create(subject, **_full(trial, subject, rule))
    value = _false(model.shown.get(rule.name))
    body = {**_full(trial, subject, rule), rule.name: value}
    exchange, document = trial.try_create(subject, trial.user, body)
    if document is None:
        raise NotExercised(f"a request that holds {rule.name} is refused: {exchange.told(80)}")
    _hold(trial, rule, document)


def _changed(trial: Trial, subject: Subject, rule: Computed, updater: Updater, name: str) -> None:
    document = trial.create(subject, **_full(trial, subject, rule))
    _hold(trial, rule, document)
    held, taken = {**document.sent, **document.shown}.get(name), 0
    for value in _others(trial, subject, rule, updater.operation, name, held):
        if trial.try_update(updater, document, {name: value}).ok:
            document.sent = {**document.sent, name: value}
            _hold(trial, rule, document)
            taken += 1
    if not taken:
        raise NotExercised(f"no other {name} was taken")


def _sent_again(trial: Trial, subject: Subject, rule: Computed, updater: Updater) -> None:
    document = trial.create(subject, **_full(trial, subject, rule))
    value = _false(document.shown.get(rule.name))
    needed = {name: document.sent[name] for name in subject.required(updater.operation) if name in document.sent}
    exchange = trial.try_update(updater, document, {**needed, rule.name: value})
    if not exchange.ok:
        control = trial.try_update(updater, document, needed)
        accepted(control, "a change without it")
        raise NotExercised(f"a request that holds {rule.name} is refused: {exchange.told(80)}")
    _hold(trial, rule, document)


ATTACK = Attack(plan, inputs=attrgetter("reads"))
