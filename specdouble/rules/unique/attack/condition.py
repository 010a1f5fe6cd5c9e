"""Documents that do not count, where a condition says which do: their keys may be taken."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.rules.unique.attack.key import alike, beside, hold_side, on_side, renewed
from specdouble.rules.unique.rule import UniqueKey
from specdouble.verify.case import Case, Plan, ids
from specdouble.verify.problem import NotExercised
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as


def conditions(subject: Subject, rule: UniqueKey) -> Plan:
    """The cases of documents that do not count."""
    if not rule.where:
        return
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    about = ids(subject.creators[0])
    promise = f"where `{rule.where}` does not hold, {' and '.join(rule.fields)} may be taken"
    for what, first, second in (("the second", True, False), ("the first", False, True), ("both", False, False)):
        run = partial(_uncounted, **of, first=first, second=second)
        yield Case(rule.id, promise, run, what, about, decisive=True)
    names = rule.condition.names("self") or frozenset()
    for updater in subject.updaters:
        if names & subject.taken(updater.operation).keys():
            run = partial(_left_by_change, **of, updater=updater)
            yield Case(rule.id, promise, run, "after a change", ids(updater.operation), decisive=True)
            back = f"a change back, after which `{rule.where}` holds, is refused where the key is taken by then"
            yield Case(rule.id, back, partial(_brought_back, **of, updater=updater), "", ids(updater.operation))
        if names & subject.taken(updater.operation).keys() - subject.bound_on_update:
            promise = f"a change after which `{rule.where}` holds is refused where the key is taken"
            yield Case(rule.id, promise, partial(_counted_again, **of, updater=updater), "", ids(updater.operation))


def _uncounted(trial: Trial, subject: Subject, rule: UniqueKey, first: bool, second: bool) -> None:
    document = beside(trial, subject, rule, counts=first)
    body = on_side(trial, subject, rule, alike(trial, subject, rule, document.sent), counts=second)
    exchange, made = trial.try_create(subject, trial.user, body, as_it_is=True)
    if exchange.refused:  # for another reason, where it is with a key of its own, too
        alone = renewed(trial, subject, rule, alike(trial, subject, rule, body))
        answer, made = trial.try_create(subject, trial.user, alone, as_it_is=True)
        if not answer.ok:
            raise NotExercised(f"no new document is taken for which `{rule.where}` does not hold")
    if made is not None:
        hold_side(rule, made, second)
    accepted(exchange, f"the same {' and '.join(rule.fields)}, where one does not count,")


def _brought_back(trial: Trial, subject: Subject, rule: UniqueKey, updater: Updater) -> None:
    document = beside(trial, subject, rule, counts=True)
    held = {**rule.defaults, **document.sent, **document.shown}
    for name, value in subject.states(updater.operation):
        if held.get(name) is None or rule.counts({**held, name: value}):
            continue
        if not trial.try_update(updater, document, {name: value}, as_it_is=True).ok:
            continue
        body = on_side(trial, subject, rule, alike(trial, subject, rule, document.sent))
        exchange, _ = trial.try_create(subject, trial.user, body, as_it_is=True)
        if not exchange.ok:
            raise NotExercised(f"a key that does not count any more was refused: {exchange.told(80)}")
        exchange = trial.try_update(updater, document, {name: held[name]}, as_it_is=True)
        refused_as(exchange, {rule.status_among(updater.operation.statuses)}, f"a change of {name} back, beside it,")
        return
    raise NotExercised("no change takes a document out of those that count")


def _left_by_change(trial: Trial, subject: Subject, rule: UniqueKey, updater: Updater) -> None:
    """A document that a change takes out of those that count leaves its key to others."""
    taken = beside(trial, subject, rule, counts=True)
    held = {**taken.sent, **taken.shown}
    states = [{name: value} for name, value in subject.states(updater.operation)]
    for change in (one for one in states if not rule.counts({**held, **one})):
        if trial.try_update(updater, taken, change, as_it_is=True).ok:
            body = on_side(trial, subject, rule, alike(trial, subject, rule, taken.sent))
            exchange, _ = trial.try_create(subject, trial.user, body, as_it_is=True)
            accepted(exchange, f"the {' and '.join(rule.fields)} of one that was changed to {change}")
            return
    raise NotExercised("no change takes a document out of those that count")


def _counted_again(trial: Trial, subject: Subject, rule: UniqueKey, updater: Updater) -> None:
    taken = beside(trial, subject, rule, counts=True)
    body = on_side(trial, subject, rule, alike(trial, subject, rule, taken.sent), counts=False)
    exchange, other = trial.try_create(subject, trial.user, body, as_it_is=True)
    if other is None:
        raise NotExercised(f"a document that does not count was refused: {exchange.told(80)}")
    names = rule.condition.names("self") or frozenset()
    known = {**taken.sent, **taken.shown}
    changes = {name: known[name] for name in names if name in known and name in subject.taken(updater.operation)}
    if not changes or not rule.counts({**other.sent, **other.shown, **changes}):
        raise NotExercised("no change makes it count")
    exchange = trial.try_update(updater, other, changes, as_it_is=True)
    refused_as(exchange, {rule.status_among(updater.operation.statuses)}, "a change that makes a second one count")
