"""Whether a property names another document: ids of documents are taken, other texts are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.sight import REFUSALS, Probe, Sight, new_trial, property_pointer, sent
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged, unlike

NOT_FOUND = 404
FAR = 2**53 - 1  # a number that no document has


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The properties that hold ids of the documents of a collection."""
    for name in _candidates(session, subject):
        trial = new_trial(session)
        with suppress(NotExercised, Broken):
            target = _target(trial, subject, name)
            if target is not None:
                words = f"{name} is accepted with the id of a document of {target}, and refused with another"
                at = property_pointer(session.contract, subject, name)
                yield Sight("x-references", at, target, words, trial.exchanges)


def _candidates(session: Session, subject: Subject) -> list[str]:
    """The properties that hold one text or whole number, and that a client sends."""
    if not subject.creators:
        return []
    found = []
    for name, schema in subject.requested(subject.creators[0]).items():
        whole = merged(schema, session.contract.resolve)
        is_key = kind(whole) in ("string", "integer") and not whole.get("enum")
        if is_key and name in subject.resource.properties and name not in subject.server_set:
            found.append(name)
    return [name for name in found if name != subject.id_sent]


def _target(trial: Trial, subject: Subject, name: str) -> str | None:
    """The collection whose ids the property takes, and nothing like them."""
    if sent(trial, subject, **{name: _of_none(trial, subject, name)}).ok:
        return None
    subjects: dict[str, Subject] = trial.session.subjects
    for collection, other in subjects.items():
        if not (other.creators or other.listers) or collection == subject.collection:
            continue
        known = trial.session.reference_or_none(collection, trial.user)
        if known is not None and _takes_those_alone(trial, subject, name, known):
            return collection
    return None


def _of_none(trial: Trial, subject: Subject, name: str) -> Any:
    schema = subject.requested(subject.creators[0])[name]
    return trial.session.fresh_value(schema)


def _takes_those_alone(trial: Trial, subject: Subject, name: str, known: Any) -> bool:
    """Whether the id of a document is taken, and one like it of none is refused, time after time."""
    other = unlike(known) if isinstance(known, str) else FAR
    for _ in range(2):
        if not sent(trial, subject, **{name: known}).ok:
            return False
        if sent(trial, subject, **{name: other}).status not in REFUSALS | {NOT_FOUND}:
            return False
    return True


PROBE = Probe(_see)
