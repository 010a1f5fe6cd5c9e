"""Whether a number that the server sets is the sum, the difference or the product of two that are sent."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import permutations
from typing import Any

from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, Probe, Sight, new_trial, property_pointer
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, view
from specdouble.verify.values import kind, merged, within

# What is sent for one property after another, a document in each row: no two ways to compute give the same in all.
_VALUES = ((7, 3, 11, 5, 13), (4, 9, 6, 17, 10), (12, 5, 8, 3, 19))
_WAYS: dict[str, Callable[[Any, Any], Any]] = {"*": operator.mul, "+": operator.add, "-": operator.sub}


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The numbers that no request takes, and that are made of two others in each document."""
    parts, wholes = _sent(session, subject), _set(session, subject)
    if len(parts) < 2 or not wholes:
        return
    trial = new_trial(session, subject)
    with suppress(*INCONCLUSIVE):
        shown = [_document(trial, subject, parts, row) for row in _VALUES]
        for name in wholes:
            found = [one for one in _expressions(parts) if all(_is(name, one, document) for document in shown)]
            if len(found) == 1:
                expression = "self.{} {} self.{}".format(*found[0])
                at = property_pointer(session.contract, subject, name)
                words = f"{name} is {expression} in each of {len(shown)} documents"
                yield Sight("x-computed", at, expression, words, trial.exchanges)


def _sent(session: Session, subject: Subject) -> dict[str, Any]:
    """The numbers that a create takes, and their schemas; of many the first."""
    if not subject.creators:
        return {}
    own = subject.resource.properties.keys() - session.implied
    taken = {name: schema for name, schema in subject.requested(subject.creators[0]).items() if name in own}
    numbers = [name for name, schema in taken.items() if name.isidentifier() and _is_number(session, schema)]
    return {name: taken[name] for name in numbers[: len(_VALUES[0])]}


def _set(session: Session, subject: Subject) -> list[str]:
    """The numbers that no request takes."""
    writers = (*subject.creators, *(one.operation for one in subject.updaters))
    sent = {name for one in writers for name in subject.taken(one)} | {subject.resource.id, *session.implied}
    known = subject.resource.properties.items()
    return [name for name, schema in known if name not in sent and _is_number(session, schema)]


def _is_number(session: Session, declared: object) -> bool:
    schema = merged(declared, session.contract.resolve)
    return kind(schema) in ("integer", "number") and not schema.get("enum")


def _document(trial: Trial, subject: Subject, parts: Mapping[str, Any], row: tuple[int, ...]) -> dict[str, Any]:
    """What a new document shows that was made of these numbers, as near as its schema comes to them."""
    resolve = trial.contract.resolve
    values: dict[str, Any] = {
        name: within(merged(schema, resolve), one) for (name, schema), one in zip(parts.items(), row, strict=False)
    }
    return view(trial, trial.create(subject, **values))


def _expressions(parts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The ways to make a number of two others; where their order tells nothing, one of the two."""
    for one, other in permutations(parts, 2):
        yield from ((one, sign, other) for sign in _WAYS if sign == "-" or one < other)


def _is(name: str, expression: tuple[str, str, str], document: Mapping[str, Any]) -> bool:
    one, sign, other = expression
    whole, *parts = (document.get(each) for each in (name, one, other))
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (whole, *parts)):
        return False
    return math.isclose(whole or 0, _WAYS[sign](*parts), abs_tol=1e-6)


PROBE = Probe(_see)
