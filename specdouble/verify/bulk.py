"""Creates in bulk: operations that make several documents at once, of what another makes one of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.creation import creates_many, creator_beside
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import parents
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import merged
from specdouble.verify.wrapper import document_schema, wrapped

FEW = 3  # documents that are made at once, where many may be
MULTI_STATUS = "207"  # RFC 4918, 11.1
# What an answer tells beside what was made, where some may be refused and the others made.
_REFUSED = {"errors", "failed", "failures", "invalid", "rejected", "skipped", "conflicts", "duplicates"}
_APART = re.compile(r"\b(partial|partly|skip|ignor|best.effort|each (item|one|of them) (by|on) its)", re.IGNORECASE)
MANY = 8  # as many as may be are made, up to here

Parts = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Bulk:
    """An operation that creates several documents at once.

    Args:
        subject: what it creates.
        operation: the operation.
        least: how many it takes at the least.
        most: how many it takes at the most; None where nothing says it.
        is_whole: whether nothing says that some may be made, and others refused.
    """

    subject: Subject
    operation: Operation
    least: int
    most: int | None
    is_whole: bool

    @property
    def usual(self) -> int:
        """How many are created where nothing else decides it."""
        most = FEW if self.most is None or self.most > MANY else self.most
        return max(self.least, most)

    def place(self, trial: Trial, user: User | None = None) -> Parts:
        """The parameters of a request that creates documents where no others are, if they lie below a parent."""
        user, above = user or trial.user, parents(trial.session, self.subject, self.operation)
        if not above or not above[-1][1].creators:
            return self.at(trial.session, user)
        name, of = above[-1]
        parent = trial.create(of, user)
        return self.at(trial.session, parent.user, {**parent.around.get("path", {}), name: parent.id})

    def at(self, session: Shared, user: User, path: Mapping[str, Any] | None = None) -> Parts:
        """The parameters of a request that creates documents where a path leads."""
        around: Parts = session.surroundings(self.operation, user, None, known={"path": path or {}})
        return around

    def send(
        self, trial: Trial, place: Parts, bodies: Sequence[Mapping[str, Any]], user: User | None = None
    ) -> Exchange:
        """Create documents together; the answer."""
        body = wrapped(trial.contract, self.operation, list(bodies))
        return trial.send(self.operation, user or trial.user, **place, body=body)

    def make(self, trial: Trial, place: Parts, bodies: Sequence[dict[str, Any]]) -> list[Document | None]:
        """Create documents together, in a way that must be accepted; None for each that the answer does not show.

        Raises:
            NotExercised: it is refused, or its answer shows none of them.
        """
        exchange = self.send(trial, place, bodies)
        if not exchange.ok:
            raise NotExercised(f"a request that keeps the contract was refused: {exchange.told(100)}")
        found = exchange.at(self.subject.action(self.operation).envelope)
        entries = [self.subject.named(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        made = [self._document(trial, place, body, entries, exchange) for body in bodies]
        if not any(made):
            raise NotExercised(f"{self.operation} shows nothing of what it was sent")
        return made

    def _document(
        self, trial: Trial, place: Parts, body: dict[str, Any], entries: list[dict[str, Any]], exchange: Exchange
    ) -> Document | None:
        marks = trial.marks(self.subject, body).items()
        entry = next((one for one in entries if any(one.get(name) == text for name, text in marks)), None)
        key = entry.get(self.subject.key) if entry is not None else None
        if entry is None or key is None:
            return None
        around = {"path": dict(place.get("path", {})), "query": dict(place.get("query", {}))}
        return Document(self.subject, key, trial.user, body, entry, exchange, around)


def bulks(session: Session, subject: Subject) -> Iterator[Bulk]:
    """The operations that create several of the documents, beside the one that creates one of them."""
    for key, _ in session.contract.actions_of.get(subject.collection, ()):
        operation = session.contract.operations[key]
        if not creates_many(session.contract, operation) or session.guard.forbids(operation) is not None:
            continue
        if creator_beside(session.contract, operation) in subject.creators[:1]:
            schema = merged(document_schema(session.contract, operation), session.contract.resolve)
            least, most = int(schema.get("minItems", 1)), schema.get("maxItems")
            yield Bulk(subject, operation, least, most, _is_whole(session, operation))


def _is_whole(session: Session, operation: Operation) -> bool:
    answer = operation.response(operation.success)
    media = answer.media() if answer is not None else None
    told = session.contract.properties(media.schema) if media is not None else {}
    tells_refused = MULTI_STATUS in operation.statuses or not _REFUSED.isdisjoint(map(str.lower, told))
    return not tells_refused and _APART.search(session.contract.said_of(operation)) is None
