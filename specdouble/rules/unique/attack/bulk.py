"""Documents that are created together: no two of them have the same key, nor one that is there already."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from specdouble.rules.unique.attack.key import alike, body_of, whole
from specdouble.rules.unique.attack.variant import Pair, pairs
from specdouble.rules.unique.rule import Unique, UniqueKey, UniqueTogether
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.case import Case, Plan, ids
from specdouble.verify.checks.bulk import leaves_none
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, refused_as

SPELLINGS = 4  # of what is the same, that are tried


def of_bulk(session: Session, subject: Subject, rule: UniqueKey) -> Plan:
    """The cases of creates in bulk, where a new document counts by itself."""
    if not rule.counts({}) or not subject.creators or not {*rule.fields} & subject.taken(subject.creators[0]).keys():
        return
    for bulk in (one for one in bulks(session, subject) if one.is_whole):
        promise = f"{bulk.operation} creates no two documents with the same {' and '.join(rule.fields)}"
        of: dict[str, Any] = {"bulk": bulk, "rule": rule}
        about = ids(bulk.operation)
        yield Case(rule.id, promise, partial(_among_themselves, **of), "among them", about, decisive=True)
        yield Case(rule.id, promise, partial(_beside_another, **of), "beside one that is there", about, decisive=True)
        equal = (one for one in _pairs(session, subject, rule) if one.equal)
        for pair in islice(equal, 1, SPELLINGS):  # the first is of the same
            yield Case(rule.id, promise, partial(_spelled, **of, pair=pair), f"among them, {pair.what}", about)
            run = partial(_spelled_beside, **of, pair=pair)
            yield Case(rule.id, promise, run, f"beside one that is there, {pair.what}", about)


def _pairs(session: Session, subject: Subject, rule: UniqueKey) -> Iterator[Pair]:
    return pairs(session, subject, rule, subject.creators[0]) if isinstance(rule, Unique) else iter(())


def _body(trial: Trial, subject: Subject, rule: UniqueKey) -> dict[str, Any]:
    if isinstance(rule, UniqueTogether):
        return whole(trial, subject, rule)
    assert isinstance(rule, Unique)
    return body_of(trial, subject, rule, trial.user)


def _among_themselves(trial: Trial, bulk: Bulk, rule: UniqueKey) -> None:
    place, subject = bulk.place(trial), bulk.subject
    number = max(bulk.least, 2)
    bulk.make(trial, place, [_body(trial, subject, rule) for _ in range(number)])  # the control: others are taken
    bodies = [_body(trial, subject, rule) for _ in range(number - 1)]
    exchange = bulk.send(trial, place, [*bodies, alike(trial, subject, rule, bodies[0])])
    refused_as(
        exchange, {rule.status_among(bulk.operation.statuses)}, f"two documents at once with the same {_names(rule)}"
    )


def _spelled(trial: Trial, bulk: Bulk, rule: Unique, pair: Pair) -> None:
    place, subject = bulk.place(trial), bulk.subject
    first = _body(trial, subject, rule)
    others = [_body(trial, subject, rule) for _ in range(max(bulk.least, 2) - 2)]
    bulk.make(trial, place, [{**first, rule.name: one} for one, _ in (pair.mint() for _ in range(max(bulk.least, 1)))])
    one, other = pair.mint()
    twins = [{**first, rule.name: one}, {**alike(trial, subject, rule, first), rule.name: other}]
    exchange = bulk.send(trial, place, [*others, *twins])
    refused_as(
        exchange,
        {rule.status_among(bulk.operation.statuses)},
        f"two documents at once of {rule.name} {one!r} and {other!r}",
    )


def _spelled_beside(trial: Trial, bulk: Bulk, rule: Unique, pair: Pair) -> None:
    place, subject = bulk.place(trial), bulk.subject
    one, other = pair.mint()
    others = [_body(trial, subject, rule) for _ in range(max(bulk.least - 1, 0))]
    first = {**_body(trial, subject, rule), rule.name: one}
    bulk.make(trial, place, [first, *others])  # the control, and what is there
    others = [_body(trial, subject, rule) for _ in range(max(bulk.least - 1, 0))]
    twin = {**alike(trial, subject, rule, first), rule.name: other}
    exchange = bulk.send(trial, place, [*others, twin])
    refused_as(exchange, {rule.status_among(bulk.operation.statuses)}, f"{rule.name} {other!r} beside {one!r}")


def _beside_another(trial: Trial, bulk: Bulk, rule: UniqueKey) -> None:
    place, subject = bulk.place(trial), bulk.subject
    there, *_ = bulk.make(trial, place, [_body(trial, subject, rule) for _ in range(bulk.least)])
    if there is None:
        raise NotExercised(f"{bulk.operation} does not show what it was sent first")
    others = [_body(trial, subject, rule) for _ in range(max(bulk.least - 1, 1))]
    exchange = bulk.send(trial, place, [*others, alike(trial, subject, rule, there.sent)])
    refused_as(exchange, {rule.status_among(bulk.operation.statuses)}, f"a second {_names(rule)}, among others,")
    leaves_none(trial, bulk, place, others, exchange)


def _names(rule: UniqueKey) -> str:
    return " and ".join(rule.fields)
