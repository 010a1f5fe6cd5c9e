"""Orders of a list: by a property's values, each document once, whatever is equal in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from specdouble.contract import Parameter
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Plan, ids
from specdouble.verify.list_parameters import direction_of, sort_of
from specdouble.verify.moment import moment
from specdouble.verify.orders import spans
from specdouble.verify.places import SMALL_PAGE, Place, place
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged

SHORT = {"type": "string", "maxLength": 9}
_COMPARED = ("string", "integer", "number")
_DESCENDING = re.compile(r"^-|[:_ .]desc(ending)?$|(?<=[a-z])Desc$", re.IGNORECASE)
_MARKS = re.compile(r"^[-+]|[:_ .](asc|desc)(ending)?$|(?<=[a-z])(Asc|Desc)$")


def cases(session: Session, subject: Subject, check: str) -> Plan:
    """The cases of the check, or of the rule, that has this id."""
    operation = subject.listers[0]
    about = ids(operation)
    for query, name, descending in orders(session, subject):
        what = ", ".join(f"{key}={value}" for key, value in query.items())
        of: dict[str, Any] = {"subject": subject, "query": query, "name": name}
        run = partial(_ordered, **of, descending=descending)
        yield Case(check, f"{operation} keeps the order that is asked for", run, what, about, decisive=True)
        promise = f"{operation} shows each of those that are equal in its order once"
        yield Case(check, promise, partial(_equals, **of), what, about)


def orders(session: Session, subject: Subject) -> Iterator[tuple[dict[str, Any], str, bool]]:
    """Each query that asks for an order, the property that it is by, and whether it is a descending one."""
    operation = subject.listers[0]
    sort, direction = sort_of(operation), direction_of(operation)
    if sort is None:  # one parameter may say both: `order=name:desc`
        sort, direction = direction, None
    if sort is None:
        return
    downward = _downward(session, direction)
    for value in _sortings(session, subject, sort):
        by = operation.listed.sorted_by(str(value))
        name = _MARKS.sub("", by)
        if name not in subject.resource.properties:
            continue
        yield {sort.name: value}, name, bool(_DESCENDING.search(by))
        if direction is not None and downward is not None and not _DESCENDING.search(by):
            yield {sort.name: value, direction.name: downward}, name, True


def _sortings(session: Session, subject: Subject, sort: Parameter) -> list[Any]:
    """The values by which a list is sorted: those that the contract tells, else the names of properties."""
    operation = subject.listers[0]
    choices = [*(operation.listed.sorts or merged(sort.schema, session.contract.resolve).get("enum") or ())]
    if choices or "sort" not in operation.listed.roles:
        return choices
    sent = subject.requested(subject.creators[0])
    plain = [name for name, one in sent.items() if kind(merged(one, session.contract.resolve)) in _COMPARED]
    return [name for name in plain if name not in subject.chosen][:1]


def _downward(session: Session, direction: Parameter | None) -> Any:
    """The value of the direction's parameter that asks for a descending order."""
    options = merged(direction.schema, session.contract.resolve).get("enum") or () if direction else ()
    return next((one for one in options if str(one).lower() in ("desc", "descending")), None)


def _changes(trial: Trial, subject: Subject, name: str) -> list[dict[str, Any]]:
    """What documents are made from that stand apart in the order; nothing where no client has a hand in it."""
    inputs = {
        one for rule, attack in subject.attacks if rule.name == name and attack.inputs
        for one in attack.inputs(rule) or ()
    }  # fmt: skip
    for source in (name, *sorted(inputs)):
        with suppress(NotExercised):
            values = _keys(trial, subject, source)
            if values:
                return [{source: value} for value in values[: subject.at_most(len(values))]]
    if name in subject.server_set:
        return []
    raise NotExercised(f"no values of {name} are known of which one comes first")


def _keys(trial: Trial, subject: Subject, name: str) -> list[Any]:
    """Values of a property in an order that no one would keep by chance; empty where no client sets it.

    Neither way is a later page of two or three of them in order as they were made.
    """
    creator = subject.requested(subject.creators[0])
    if name not in creator or name in subject.server_set:
        return []
    schema = merged(creator[name], trial.contract.resolve)
    if kind(schema) in ("integer", "number"):
        numbers = [100, 2, 30, 9, 10] if not schema.get("maximum", 100) < 100 else [5, 1, 4, 2, 3]
        candidates: list[Any] = numbers
    elif kind(schema) == "string" and not schema.get("enum") and not schema.get("format"):
        candidates = [f"{letter} {trial.fresh()}" for letter in "eadbc"]
        if not trial.session.bodies.property_fits(creator[name], candidates[0]):
            candidates = [f"{letter}{trial.session.fresh.value(SHORT)}" for letter in "eadbc"]
    elif schema.get("format") in ("date", "date-time"):
        candidates = _moments(trial, subject, name, is_day=schema["format"] == "date")
    else:
        raise NotExercised(f"no values of {name} are known of which one comes first")
    fitting = [one for one in candidates if trial.session.bodies.property_fits(creator[name], one)]
    if len(fitting) < 3:
        raise NotExercised(f"no values of {name} are known of which one comes first")
    return fitting


def _moments(trial: Trial, subject: Subject, name: str, *, is_day: bool) -> list[str]:
    """Days, or times of them, on the side of the usual one where a span has room for them."""
    requested = subject.requested(subject.creators[0])
    is_start = any(name == start for start, _ in spans(requested))
    usual = trial.body(subject, subject.creators[0], trial.user, full=True).get(name)
    first = moment(usual) or datetime.now(UTC).replace(microsecond=0)
    moments = [first + timedelta(days=-days if is_start else days) for days in (5, 1, 4, 2, 3)]
    return [str(one.date()) if is_day else one.strftime("%Y-%m-%dT%H:%M:%SZ") for one in moments]


def _ordered(trial: Trial, subject: Subject, query: dict[str, Any], name: str, descending: bool) -> None:
    changes = _changes(trial, subject, name)
    with place(trial, subject) as there:
        for change in changes or [{}] * SMALL_PAGE:
            document = there.create(trial, **change)
            trial.tick(document.shown.get(name) if name in subject.stamps else None)
        entries, _ = there.listed(trial, query)
        own = {str(one.id) for one in there.made}
        seen = [one.get(name) for one in entries if str(one.get(subject.key)) in own]
        if len(seen) < len(own):
            _hold_shown_without(trial, there, query, own)
        if len(seen) < len(own) or None in seen:
            raise NotExercised(f"the list does not show {name} of the new documents")
        if seen != sorted(seen, reverse=descending):  # type: ignore[type-var]
            way = "descending" if descending else "ascending"
            raise Broken(f"the list to be in {way} order of {name}", f"it is in the order {shown(seen)}")


def _hold_shown_without(trial: Trial, there: Place, query: Mapping[str, Any], own: set[str]) -> None:
    """Hold that a list without an order does not show what it does not show in that order either."""
    entries, _ = there.listed(trial, {})
    if own <= {str(one.get(there.subject.key)) for one in entries}:
        asked = ", ".join(f"{name}={value}" for name, value in query.items())
        raise Broken(
            f"the list with {asked} to show each document", "it leaves out some that the list without it shows"
        )


def _equals(trial: Trial, subject: Subject, query: dict[str, Any], name: str) -> None:
    values = [] if name in subject.once else _keys(trial, subject, name)
    if not values:
        raise NotExercised(f"no two documents can be made that are equal in {name}")
    with place(trial, subject) as there:
        for _ in range(subject.at_most(4 * SMALL_PAGE)):
            there.create(trial, **{name: values[0]})
        entries, _ = there.listed(trial, query)
        seen = [str(one.get(subject.key)) for one in entries]
        for document in there.made:
            if seen.count(str(document.id)) != 1:
                told = f"{document.id} is shown {seen.count(str(document.id))} times"
                raise Broken(f"pages in the order of {name} to show each document once, though it is equal", told)
