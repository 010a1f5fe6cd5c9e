"""What is kept of what was sent: answer, read and list show it, and the same."""

from __future__ import annotations

from typing import Any

from specdouble.verify.bodies import shown
from specdouble.verify.document import Document
from specdouble.verify.equality import same
from specdouble.verify.problem import Broken
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, views
from specdouble.verify.values import kind, merged

Body = dict[str, Any]


def wrong(subject: Subject, sent: Body, seen: Body) -> str | None:
    """The first property that is not seen as it was sent."""
    for name, value in sent.items():
        if name in subject.server_set or name not in subject.resource.properties:
            continue
        if subject.resource.properties[name].get("writeOnly") is True:
            continue  # no answer may show it (OpenAPI 3.0, 4.7.24.2)
        if not subject.shows(name, value):
            continue  # the ids of others are sent, say, and the others shown
        if value is None and subject.resource.why:
            continue  # of what is left out and of what is null, servers often keep what they please
        shown_so = name in seen and subject.keeps(name, value, seen[name])
        if not shown_so:
            return name
    return None


def hold(trial: Trial, document: Document, sent: Body, verb: str) -> None:
    """Hold that answer, read and list show what was sent, and the same."""
    first: dict[str, tuple[str, Any]] = {}
    for where, seen in views(trial, document):
        name = wrong(document.subject, sent, seen)
        if name is not None and (name in seen or _missing_everywhere(trial, document, name, sent[name])):
            told = shown(seen[name]) if name in seen else "none"
            raise Broken(f"{name} to be {shown(sent[name])}, as it was {verb}", f"{where} shows {told}")
        for name in (sent.keys() & seen.keys()) - document.subject.server_set:
            if name in document.subject.resource.properties and not document.subject.shows(name, sent[name]):
                continue  # the create's own answer may show what no read can
            before, value = first.setdefault(name, (where, seen[name]))
            if not same(value, seen[name]) and not same(seen[name], value):
                told = f"{before} shows {shown(value)}, {where} {shown(seen[name])}"
                raise Broken(f"the answer to show {name} as it is stored", told)


def _missing_everywhere(trial: Trial, document: Document, name: str, value: object) -> bool:
    """Whether a property that is not shown is not shown either where all that can be true is."""
    subject = document.subject
    creator = trial.creator(subject)
    flags = {
        one: True
        for one, schema in subject.requested(creator).items()
        if one in subject.resource.properties and kind(merged(schema, trial.contract.resolve)) == "boolean"
    }
    if name not in subject.requested(creator):
        return True
    if name in subject.once:
        return True
    if _is_left_out_as_nothing(trial, document, name, value):
        return False
    return not _is_shown(trial, subject, {**flags, name: value}, name)


def _is_left_out_as_nothing(trial: Trial, document: Document, name: str, value: object) -> bool:
    """Whether answers leave out what is false, 0 or empty, as Go's and protobuf's writers of JSON do by themselves.

    They do where another value is shown, and where the contract says nothing else of what is left out.
    """
    subject = document.subject
    schema = merged(subject.resource.properties[name], trial.contract.resolve)
    another = {"boolean": True, "integer": 7, "number": 7, "string": trial.session.fresh.word()}.get(kind(schema))
    if value or value is None or another is None or schema.get("default", value) != value:
        return False
    if not trial.session.bodies.property_fits(subject.requested(trial.creator(subject))[name], another):
        return False
    return _is_shown(trial, subject, {name: another}, name)


def _is_shown(trial: Trial, subject: Subject, values: Body, name: str) -> bool:
    """Whether a new document with these values shows the one of that name."""
    other = trial.create(subject, **values)
    seen = trial.look(other) if subject.observable else other.shown
    return name in seen and subject.keeps(name, values[name], seen[name])
