"""Which of two times or numbers must come first, and what must be there at the least, though no expression says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

from specdouble.verify.orders import spans
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, REFUSALS, Probe, Sight, new_trial
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged, within

MOST = 12  # pairs that are tried; those first whose names say that they are a span
TIMES = 2  # that either order is tried
_FORMATS = {"date-time": "%Y-%m-%dT%H:%M:%SZ", "date": "%Y-%m-%d"}
_DAYS = (10, 20, 30, 40)  # from now on


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The pairs of properties of which one must come before the other, and those of which one must be sent."""
    if not subject.creators:
        return
    yield from _alternatives(session, subject)
    for one, other in _pairs(session, subject)[:MOST]:
        trial = new_trial(session, subject)
        with suppress(*INCONCLUSIVE):
            order = _Pair(trial, subject, one, other).order()
            if order is not None:
                first, sign, second = order
                said = f"{first} comes {'before' if sign == '<' else 'no later than'} {second}"
                told = f"!has(self.{first}) || !has(self.{second}) || self.{first} {sign} self.{second}"
                rule = {"rule": told, "message": f"{said}."}
                words = f"a create is refused unless {said}"
                yield Sight("x-validations", subject.resource.pointer, [rule], words, trial.exchanges)


def _alternatives(session: Session, subject: Subject) -> Iterator[Sight]:
    """The properties of which a create must send one at least, whichever that is."""
    creator = subject.creators[0]
    optional = {*subject.requested(creator)} - {*subject.required(creator)}
    for name in [one for one in session.held(creator) if one in optional and one in subject.resource.properties]:
        trial = new_trial(session, subject)
        with suppress(*INCONCLUSIVE):
            others = _instead_of(trial, subject, name)
            if others:
                names = [name, *others]
                rule = {
                    "rule": " || ".join(f"has(self.{one})" for one in names),
                    "message": f"{' or '.join(names)} is there.",
                }
                words = f"a create without {' and '.join(names)} is refused, with one of them it is accepted"
                yield Sight("x-validations", subject.resource.pointer, [rule], words, trial.exchanges)


def _instead_of(trial: Trial, subject: Subject, name: str) -> list[str]:
    """What makes a create accepted that is refused without a property of another name."""
    creator = trial.creator(subject)
    full = trial.body(subject, creator, trial.user, full=True)

    def takes(*more: str) -> bool:
        body = trial.body(subject, creator, trial.user) | {one: full[one] for one in more}
        without = {one: value for one, value in body.items() if one != name}
        exchange, _ = trial.try_create(subject, trial.user, without, as_it_is=True)
        if not exchange.ok and exchange.status not in REFUSALS:
            raise NotExercised(f"{creator} answers {exchange.told(60)}")
        return exchange.ok

    usual = trial.body(subject, creator, trial.user)
    others = [one for one in full if one not in usual and one.isidentifier() and one in subject.resource.properties]
    if not name.isidentifier() or not others or any(takes() for _ in range(TIMES)) or not takes(*others):
        return []
    return [one for one in others if takes(one)]


def _pairs(session: Session, subject: Subject) -> list[tuple[str, str]]:
    """The properties that can be compared, two by two."""
    kinds: dict[str, list[str]] = {}
    for name, schema in subject.requested(subject.creators[0]).items():
        what = _comparable(merged(schema, session.contract.resolve))
        free = name not in {*subject.chosen, *subject.server_set, *session.implied}
        if what and free and name.isidentifier() and name in subject.resource.properties:
            kinds.setdefault(what, []).append(name)
    known = list(spans([name for names in kinds.values() for name in names]))
    others = [pair for names in kinds.values() for pair in combinations(names, 2)]
    return known + [pair for pair in others if pair not in known and pair[::-1] not in known]


def _comparable(schema: dict[str, Any]) -> str:
    """What a property is compared as; empty where it has no order, or but a few values."""
    if schema.get("enum"):
        return ""
    if kind(schema) in ("integer", "number"):
        return "number"
    return str(schema.get("format")) if schema.get("format") in _FORMATS else ""


@dataclass
class _Pair:
    """Two properties under trial, by creates in which everything else is usual."""

    trial: Trial
    subject: Subject
    one: str
    other: str

    def order(self) -> tuple[str, str, str] | None:
        """Which comes first, by which sign, and which comes second; None where either order is taken."""
        low, high = self.values()
        if self.takes(low, high) and not self.takes(high, low):
            first, second, is_turned = self.one, self.other, False
        elif self.takes(high, low) and not self.takes(low, high):
            first, second, is_turned = self.other, self.one, True
        else:
            return None
        if not self.holds(is_turned):
            return None
        return first, "<=" if self.takes(low, low) else "<", second

    def holds(self, is_turned: bool) -> bool:
        """Whether the order alone decides, time after time, and not one of the values."""
        values = self.several()
        for low, high in list(pairwise(values))[:: len(values) - 2 or 1]:
            for _ in range(TIMES):
                right, wrong = ((high, low), (low, high)) if is_turned else ((low, high), (high, low))
                if not self.takes(*right) or self.takes(*wrong):
                    return False
        return True

    def values(self) -> tuple[Any, Any]:
        """Two values that both properties may have, the less first."""
        values = self.several()
        return values[0], values[-1]

    def several(self) -> list[Any]:
        """Values that both properties may have, from the least on."""
        bodies, schemas = self.trial.session.bodies, self.subject.requested(self.subject.creators[0])
        schema = merged(schemas[self.one], self.trial.contract.resolve)
        written = _FORMATS.get(str(schema.get("format")))
        if written:
            now = datetime.now(UTC)
            found: list[Any] = [(now + timedelta(days=days)).strftime(written) for days in _DAYS]
        else:
            found = [within(schema, number) for number in (2, 3, 4, 5)]
        fitting = [one for one in found if all(bodies.property_fits(schemas[name], one) for name in self.names)]
        if len({*fitting}) < 3:
            raise NotExercised(f"no three values are known that {self.one} and {self.other} may have")
        return fitting

    @property
    def names(self) -> tuple[str, str]:
        """Both."""
        return self.one, self.other

    def takes(self, first: object, second: object) -> bool:
        """Whether a create with these values is accepted.

        Raises:
            NotExercised: the answer says neither.
        """
        trial = self.trial
        creator = trial.creator(self.subject)
        body = trial.body(self.subject, creator, trial.user) | {self.one: first, self.other: second}
        exchange, _ = trial.try_create(self.subject, trial.user, body, as_it_is=True)
        if not exchange.ok and exchange.status not in REFUSALS:
            raise NotExercised(f"{creator} answers {exchange.told(60)}")
        return exchange.ok


PROBE = Probe(_see, founds=True)
