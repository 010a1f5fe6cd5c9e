"""Whether a property names another document: ids of documents are taken, other texts are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.verify.id_shape import counted
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, REFUSALS, Probe, Sight, new_trial, property_pointer, sent
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged, unlike

NOT_FOUND = 404
FAR = 2**53 - 1  # a number that no document has


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The properties that hold ids of the documents of a collection."""
    for name in _candidates(session, subject):
        trial = new_trial(session, subject)
        with suppress(*INCONCLUSIVE):
            target = _target(trial, subject, name)
            if target is not None:
                words = f"{name} is accepted with the id of a document of {target}, and refused with another"
                at = property_pointer(session.contract, subject, name)
                yield Sight("x-references", at, _annotation(trial, subject, name, target), words, trial.exchanges)


def _annotation(trial: Trial, subject: Subject, name: str, target: str) -> Any:
    """The collection, with whose documents may be named and what becomes of the property, where that is not usual."""
    said: dict[str, Any] = {"collection": target}
    with suppress(*INCONCLUSIVE):
        if _may_be_anothers(trial, subject, name, trial.subject(target)):
            said["visible"] = "anyone"
    with suppress(*INCONCLUSIVE):
        does = _on_delete(trial, subject, name, trial.subject(target))
        said |= {"onDelete": does} if does else {}
    return said if len(said) > 1 else target


def _may_be_anothers(trial: Trial, subject: Subject, name: str, target: Subject) -> bool:
    """Whether a document may be named that its owner alone sees."""
    if not target.creators or not (target.resource.owner or target.resource.tenant):
        return False
    for other in [other for one, other in trial.session.crowd.pairs() if one.name == trial.user.name]:
        document = trial.create(target, other)
        if trial.look_for(document, trial.user) is None:
            return sent(trial, subject, **{name: document.id}).ok
    return False


def _on_delete(trial: Trial, subject: Subject, name: str, target: Subject) -> str:
    """What becomes of a document when the one that it names is deleted; empty where nothing does, or none can be."""
    if not target.creators or not target.deleters or not subject.observable:
        return ""
    named = trial.create(target)
    document = trial.create(subject, **{name: named.id})
    exchange = trial.delete(named)
    if exchange.status in REFUSALS:
        is_free = bool(subject.deleters) and trial.delete(document).ok and trial.delete(named).ok
        return "restrict" if is_free else ""
    if not exchange.ok:
        return ""
    seen = trial.look_for(document, document.user)
    if seen is None:
        return "cascade"
    return "set-null" if seen.get(name) is None and subject.shows(name, None) else ""


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
        if _takes_those_alone(trial, subject, name, other):
            return collection
    return None


def _of_none(trial: Trial, subject: Subject, name: str) -> Any:
    schema = subject.requested(subject.creators[0])[name]
    return trial.session.fresh.value(schema)


def _takes_those_alone(trial: Trial, subject: Subject, name: str, target: Subject) -> bool:
    """Whether the id of a document is taken, and one like it of none is refused, time after time."""
    schema = subject.requested(subject.creators[0])[name]
    for _ in range(2):
        known = _one_of(trial, target)
        if known is None or not trial.session.bodies.property_fits(schema, known):
            return False  # no id of theirs can stand there: another collection's may
        if not sent(trial, subject, **{name: known}).ok:
            return False
        other = _like_none(trial, name, known)
        if sent(trial, subject, **{name: other}).status not in REFUSALS | {NOT_FOUND}:
            return False
    return True


def _like_none(trial: Trial, name: str, known: Any) -> Any:
    """An id like it of no document: one far from all where the next may be somebody's, as where ids count (`b12`)."""
    if not isinstance(known, str):
        return FAR
    other = unlike(known)
    return f"{counted(known)[0]}{FAR}" if trial.session.guard.joins_another(name, other) else other


def _one_of(trial: Trial, target: Subject) -> Any:
    """The id of a document, a new one where it can be made: a document may be named by one other alone."""
    with suppress(*INCONCLUSIVE):
        if target.creators:
            return trial.create(target).id
    return trial.session.referents.or_none(target.collection, trial.user)


PROBE = Probe(_see)
