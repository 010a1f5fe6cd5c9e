"""Which properties are times that the server's clock sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.rules.timestamp.rule import named_like
from specdouble.verify.document import Document
from specdouble.verify.moment import moment
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, Probe, Sight, new_trial, property_pointer
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, view

_ANOTHER_EVENT = re.compile(r"updat|modif|chang|edit|last|expire|(?:^|_)(?:end|due|next)", re.IGNORECASE)


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The properties that show the time of creation, or of the last change."""
    if not subject.creators:
        return
    trial = new_trial(session, subject)
    with suppress(*INCONCLUSIVE):
        document = trial.create(subject)
        before = dict(view(trial, document))
        stamps = [name for name in _unsent(subject, document, before) if _is_now(session, document, before[name])]
        after = _changed(trial, subject, document, before[stamps[0]]) if stamps else None
        for name in stamps:
            event = _event(name, before, after)
            if event == "created" and names_another_event(name):
                continue  # it has not come yet: `stateUpdatedAt` of a state that was never updated
            words = f"{name} shows the time at which a document was {event}"
            at = property_pointer(session.contract, subject, name)
            yield Sight("x-timestamp", at, event, words, trial.exchanges)


def names_another_event(name: str) -> bool:
    """Whether a property is called after another event than that a document is created."""
    return _ANOTHER_EVENT.search(name) is not None


def _event(name: str, before: dict[str, Any], after: dict[str, Any] | None) -> str:
    """Of which event a property shows the time."""
    if after is None:
        return named_like(name) or "created"
    return "created" if after.get(name) == before[name] else "updated"


def _unsent(subject: Subject, document: Document, shown: dict[str, Any]) -> list[str]:
    return [name for name in shown if name not in document.sent and name in subject.resource.properties]


def _is_now(session: Session, document: Document, value: object) -> bool:
    """Whether a value tells the moment of the create."""
    is_text = isinstance(value, str) and "T" in value  # a number may be anything
    told = moment(value) if is_text else None
    allowed = session.settings.clock_skew + document.made.elapsed
    return told is not None and abs(told.timestamp() - document.made.started) <= allowed


def _changed(trial: Trial, subject: Subject, document: Document, stamp: object) -> dict[str, Any] | None:
    """The document after a change at a later moment than this one; None where none was accepted."""
    for updater in subject.updaters:
        for name, schema in subject.requested(updater.operation).items():
            if name == updater.id_in_body or name in subject.server_set:
                continue
            value = trial.session.bodies.value(subject, name, schema, trial.user)
            trial.tick(stamp)
            if trial.try_update(updater, document, {name: value}).ok:
                return view(trial, document)
    return None


PROBE = Probe(_see)
