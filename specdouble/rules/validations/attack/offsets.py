"""Times whose texts stand in another order than their instants: of two moments an offset tells which is the earlier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import partial
from itertools import permutations
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.validations.rule import Validation
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Plan, ids
from specdouble.verify.exchange import Exchange
from specdouble.verify.moment import moment
from specdouble.verify.problem import NotExercised
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as
from specdouble.verify.values import merged

Body = dict[str, Any]

AHEAD = timezone(timedelta(hours=5))
APART = timedelta(hours=1)  # less than the offset: the texts are the other way round
_AS_INSTANT = "timestamp("  # CEL's conversion: without it texts are compared, and their order is the rule's


def plan(subject: Subject, rule: Validation) -> Plan:
    """The cases of an expression that compares moments, on each operation that sets two of them."""
    if _AS_INSTANT not in rule.expression or rule.path or rule.is_transition or not subject.creators:
        return
    updaters = [(one.operation, one) for one in subject.updaters if not one.id_in_body]
    for operation, updater in [(subject.creators[0], None), *updaters]:
        bound = subject.bound_on_update if updater is not None else frozenset[str]()
        times = [name for name in _times(subject, rule, operation) if name not in bound]
        if len(times) > 1:
            run = partial(_compared, subject=subject, rule=rule, operation=operation, updater=updater, times=times)
            promise = f"`{rule.expression}` is of instants, whatever the offsets, on {operation.id}"
            yield Case(rule.id, promise, run, "", ids(operation))


def _times(subject: Subject, rule: Validation, operation: Operation) -> list[str]:
    resolve, ruled = subject.contract.resolve, rule.names or frozenset()
    schemas = {name: merged(schema, resolve) for name, schema in subject.requested(operation).items() if name in ruled}
    return [name for name, schema in schemas.items() if schema.get("format") == "date-time"]


def _compared(
    trial: Trial, subject: Subject, rule: Validation, operation: Operation, updater: Updater | None, times: list[str]
) -> None:
    usual = trial.body(subject, subject.creators[0], trial.user, full=True)
    for one, other in permutations(times, 2):
        start = moment(usual.get(one)) or moment(usual.get(other)) or datetime.now(UTC).replace(microsecond=0)
        later = start + APART
        alike = {one: _written(start, AHEAD), other: _written(later, AHEAD)}
        kept = {**alike, other: _written(later, UTC)}
        broken = {one: _written(later, UTC), other: _written(start, AHEAD)}
        if not _tells(subject, rule, usual, alike, kept, broken):
            continue
        if not _sent(trial, subject, updater, alike).ok:
            raise NotExercised(f"{operation} takes no {shown(alike)}, whose texts stand in the same order")
        accepted(_sent(trial, subject, updater, kept), f"{shown(kept)}, which keeps `{rule.expression}`,")
        exchange = _sent(trial, subject, updater, broken)
        status = rule.status_among(operation.statuses)
        refused_as(exchange, {status}, f"{shown(broken)}, which breaks `{rule.expression}`,")
        return
    raise NotExercised(f"no two moments tell what `{rule.expression}` says of their order")


def _written(when: datetime, zone: tzinfo) -> str:
    return when.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "Z")


def _tells(subject: Subject, rule: Validation, usual: Body, alike: Body, kept: Body, broken: Body) -> bool:
    """Whether the rule tells the bodies apart, and no other validation does."""
    others = [one for one in subject.resource.of(Validation) if one.id != rule.id and not one.is_transition]
    known = [one for one in others if one.names is not None and one.names <= usual.keys()]
    every_other = all(one.holds({**usual, **body}) for one in known for body in (alike, kept, broken))
    holds = rule.holds({**usual, **alike}) and rule.holds({**usual, **kept})
    return every_other and holds and rule.is_false({**usual, **broken})


def _sent(trial: Trial, subject: Subject, updater: Updater | None, changes: Body) -> Exchange:
    if updater is not None:
        return trial.try_update(updater, trial.create(subject, full=True), changes, as_it_is=True)
    body = trial.body(subject, trial.creator(subject), trial.user, full=True) | changes
    return trial.try_create(subject, trial.user, body, as_it_is=True)[0]
