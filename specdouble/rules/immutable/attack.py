"""Immutable properties: another value is refused on update, the same is not."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.rules.immutable.rule import Immutable
from specdouble.verify.attack import Attack, Write
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks.refusals import refused_update
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as, view
from specdouble.verify.values import merged


def plan(session: Session, subject: Subject, rule: Immutable) -> Plan:
    """The cases of an immutable property."""
    updaters = [one for one in subject.updaters if rule.name in subject.requested(one.operation)]
    updaters = updaters or [one for one in subject.updaters if subject.is_open(one.operation)]
    if not subject.creators or not updaters:
        yield Missing(rule.id, f"no operation changes documents of {subject.collection}")
        return
    for updater in updaters:
        about = ids(updater.operation)
        of: dict[str, Any] = {"subject": subject, "rule": rule, "updater": updater}
        yield Case(
            rule.id, f"another {rule.name} is refused on update", partial(_changed, **of), "", about, decisive=True
        )
        run = partial(_spelled_otherwise, **of)
        yield Case(rule.id, f"{rule.name} stays as it is spelled", run, "in another case", about)
        run = partial(_unchanged, **of)
        yield Case(rule.id, f"the same {rule.name} is accepted on update", run, "", about, unaided=True)
        promise = f"{updater.operation} refused by a rule changes nothing"
        run = partial(_trace, **of)
        yield Case(Names.refused_leaves_no_trace, promise, run, f"another {rule.name}", about)
        for name, schema in subject.requested(updater.operation).items():
            if name != rule.name and merged(schema, session.contract.resolve).get("enum"):
                run = partial(_changed_later, **of, state=name)
                yield Case(rule.id, f"another {rule.name} is refused in every {name}", run, "", about, decisive=True)
        names = {other.name for other, attack in subject.attacks if attack.states}
        for name in sorted(names):
            run, what = partial(_changed_in_each, **of, state=name), "whatever operation leads there"
            yield Case(rule.id, f"another {rule.name} is refused in every {name}", run, what, about)


def _value_of(trial: Trial, subject: Subject, rule: Immutable, other_than: object) -> Any:
    """Another value for the property, one that every other rule takes."""
    schema = subject.requested(subject.creators[0]).get(rule.name) or subject.resource.properties[rule.name]
    for other, attack in subject.attacks:
        if other.name == rule.name and attack.another:
            return attack.another(trial, other)
    options = merged(schema, trial.contract.resolve).get("enum") or []
    value = next((one for one in options if one not in (other_than, None)), None)
    if value is None:
        value = _varied(trial.session.bodies.value(subject, rule.name, schema, trial.user), other_than)
    if not trial.session.bodies.property_fits(schema, value):
        value = trial.session.fresh.value(schema)  # a pattern, or a length, takes no more characters
    if value == other_than or not trial.session.bodies.property_fits(schema, value):
        raise NotExercised(f"no other value was found that {rule.name} takes")
    return value


def _varied(value: object, other_than: object) -> Any:
    if value != other_than:
        return value
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def _changed(trial: Trial, subject: Subject, rule: Immutable, updater: Updater) -> None:
    document = trial.create(subject, full=True)
    before = view(trial, document)
    value = _value_of(trial, subject, rule, before.get(rule.name))
    exchange = trial.try_update(updater, document, {rule.name: value})
    _hold_fixed(trial, subject, rule, updater, document, exchange, f"{before.get(rule.name)!r} to {value!r}", before)
    if not exchange.ok and view(trial, document) != before:
        raise Broken("a refused update to change nothing", "the document changed", "refused_leaves_no_trace")


def _spelled_otherwise(trial: Trial, subject: Subject, rule: Immutable, updater: Updater) -> None:
    """The same in another case may be taken for the same, but is not kept in the place of it."""
    document = trial.create(subject, full=True)
    before = view(trial, document).get(rule.name)
    other = before.swapcase() if isinstance(before, str) else before
    schema = subject.requested(updater.operation).get(rule.name) or {}
    if other == before or not trial.session.bodies.property_fits(schema, other):
        raise NotExercised(f"{rule.name} {before!r} has no other case")
    trial.try_update(updater, document, {rule.name: other})
    after = view(trial, document).get(rule.name)
    if after != before:
        raise Broken(f"{rule.name} to stay {before!r}, however a change spells it", f"it became {after!r}")


def _trace(trial: Trial, subject: Subject, rule: Immutable, updater: Updater) -> None:
    """What is sent beside it and would be taken by itself is not done either."""
    usual = view(trial, trial.create(subject, full=True)).get(rule.name)
    refused_update(trial, subject, updater, {rule.name: _value_of(trial, subject, rule, usual)})


def _changed_later(trial: Trial, subject: Subject, rule: Immutable, updater: Updater, state: str) -> None:
    """Lead a document from state to state, as far as the server takes it, and try to change it in each."""
    document = trial.create(subject, full=True)
    reached = {view(trial, document).get(state)}
    left = [one for one in _states(trial, subject, updater, state) if one not in reached]
    while left:
        value = next((one for one in left if trial.try_update(updater, document, {state: one}).ok), None)
        if value is None:
            break
        left.remove(value)
        before = view(trial, document)
        other = _value_of(trial, subject, rule, before.get(rule.name))
        exchange = trial.try_update(updater, document, {rule.name: other})
        told = f"{before.get(rule.name)!r} to {other!r} where {state} is {value!r}"
        _hold_fixed(trial, subject, rule, updater, document, exchange, told, before)


def _changed_in_each(trial: Trial, subject: Subject, rule: Immutable, updater: Updater, state: str) -> None:
    """Try to change it in each state in which anything may be changed."""
    for document in trial.in_each_state(subject, (state,)):
        before = view(trial, document)
        own, other = before.get(rule.name), _value_of(trial, subject, rule, before.get(rule.name))
        if not trial.try_update(updater, document, {rule.name: own}).ok:
            continue
        exchange = trial.try_update(updater, document, {rule.name: other})
        told = f"{own!r} to {other!r} where {state} is {before.get(state)!r}"
        _hold_fixed(trial, subject, rule, updater, document, exchange, told, before)


def _hold_fixed(
    trial: Trial, subject: Subject, rule: Immutable, updater: Updater, document: Document, exchange: Exchange,
    told: str, before: dict[str, Any],
) -> None:  # fmt: skip
    """Hold that a change was refused; a property that the operation does not know may be passed over as well."""
    if exchange.ok and rule.name not in subject.requested(updater.operation):
        after = view(trial, document)
        if after.get(rule.name) != before.get(rule.name):
            raise Broken(f"{rule.name} to stay", f"it became {after.get(rule.name)!r}")
        return
    refused_as(exchange, {rule.status_among(updater.operation.statuses)}, f"a change of {rule.name} from {told}")


def _states(trial: Trial, subject: Subject, updater: Updater, name: str) -> list[Any]:
    schema = merged(subject.requested(updater.operation)[name], trial.contract.resolve)
    return [one for one in schema["enum"] if one is not None]


def _unchanged(trial: Trial, subject: Subject, rule: Immutable, updater: Updater) -> None:
    document = trial.create(subject, full=True)
    own = view(trial, document).get(rule.name)
    exchange, operation = trial.try_update(updater, document, {rule.name: own}), updater.operation
    why = trial.session.baselines.missing(ids(operation))
    if why and not (exchange.status == rule.status_among(operation.statuses) and rule.name in exchange.told(500)):
        raise NotExercised(why)  # it takes no update that is known, and does not say that this is the reason
    accepted(exchange, f"an update with the same {rule.name}")


def offend(trial: Trial, subject: Subject, rule: Immutable, write: Write, _beside: Document) -> dict[str, Any]:
    """The body, with another value than the document has."""
    if write.before is None or rule.name not in subject.requested(write.operation):
        raise NotPromised
    return {**write.body, rule.name: _value_of(trial, subject, rule, write.before.get(rule.name))}


ATTACK = Attack(plan, bound_on_update=True, offend=offend)
