"""Which moves a state may make: each is tried from each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.verify.document import Document
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, REFUSALS, Probe, Sight, let_go, new_trial, property_pointer, sent
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, view
from specdouble.verify.values import merged

MOST = 8  # values; of more, the moves are too many to try


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The properties with few values of which some follow others, and some do not."""
    for updater in subject.updaters[:1] if subject.creators else ():
        for name, schema in subject.requested(updater.operation).items():
            values = merged(schema, session.contract.resolve).get("enum") or []
            texts = [one for one in values if isinstance(one, str)]
            if not 1 < len(texts) <= MOST or name not in subject.resource.properties:
                continue
            trial = new_trial(session, subject)
            with suppress(*INCONCLUSIVE):
                moves = _Lifecycle(trial, subject, updater, name, texts).moves()
                if moves is not None:
                    at = property_pointer(session.contract, subject, name)
                    yield Sight("x-transitions", at, moves, f"some moves of {name} are refused", trial.exchanges)


class _Lifecycle:
    """The moves of one property, as they are found out."""

    def __init__(self, trial: Trial, subject: Subject, updater: Updater, name: str, values: list[str]) -> None:
        self.trial, self.subject, self.updater = trial, subject, updater
        self.name, self.values = name, values
        self.ways: dict[str, list[str]] = {}  # the moves that lead to a value from a new document

    def moves(self) -> dict[str, list[str]] | None:
        """The moves that are accepted, and how a document begins; None where all are, or a value was never reached."""
        model = self.trial.create(self.subject)
        first = model.shown.get(self.name)
        self.ways = {first: []} if first in self.values else {value: [value] for value in self.beginnings()}
        found: dict[str, list[str]] = {}
        while waiting := [value for value in self.ways if value not in found]:
            found[waiting[0]] = self.followers(waiting[0])
        refused = any(len(after) < len(self.values) - 1 for after in found.values())
        moved = any(found.values())
        if not refused or not moved or len(found) < len(self.values):
            return None
        initial = self.initial(first) if first in self.values and self.name not in model.sent else []
        return found | ({"initial": initial} if initial else {})

    def initial(self, first: str) -> list[str]:
        """The values that a document may begin with, first that of which none is sent; none where it may with any."""
        can_be_sent = self.name in self.subject.requested(self.subject.creators[0])
        others = [one for one in self.values if one != first] if can_be_sent else []
        taken = [one for one in others if self.begins(one)]
        return [first, *taken] if len(taken) < len(others) or not can_be_sent else []

    def begins(self, value: str) -> bool:
        """Whether a new document can have the value."""
        let_go(self.trial.session)
        answer = self.trial.adopt(self.subject, self.trial.user, sent(self.trial, self.subject, **{self.name: value}))
        return answer is not None and view(self.trial, answer).get(self.name) == value

    def beginnings(self) -> list[str]:
        """The values that a document without one may take."""
        found = []
        for value in self.values:
            document = self.trial.create(self.subject)
            if self.trial.try_update(self.updater, document, {self.name: value}).ok:
                found.append(value)
        return found

    def followers(self, value: str) -> list[str]:
        """The values that may follow."""
        found = []
        for after in self.values:
            if after == value:
                continue
            answer = self.trial.try_update(self.updater, self.at(value), {self.name: after})
            if answer.ok:
                found.append(after)
                self.ways.setdefault(after, [*self.ways[value], after])
            elif answer.status not in REFUSALS:
                raise NotExercised(f"a move is answered {answer.status}")
        return found

    def at(self, value: str) -> Document:
        """A new document in that state, and in the place of those that were moved before."""
        let_go(self.trial.session)
        document = self.trial.create(self.subject)
        for step in self.ways[value]:
            self.trial.update(self.updater, document, {self.name: step})
        return document


PROBE = Probe(_see)
