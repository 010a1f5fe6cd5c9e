"""What a path has one of, as `/rooms/{id}/hours`: what a `PUT` holds is what a read shows then, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import ScopeRule
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.replacement import optional
from specdouble.verify.document import Document
from specdouble.verify.equality import same
from specdouble.verify.identity import User
from specdouble.verify.places import refusals_of, request_about
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as
from specdouble.verify.values import merged


@dataclass(frozen=True)
class Single:
    """What a path has one of, below documents of another collection.

    Args:
        subject: what it is.
        updater: what puts it.
        reader: what reads it.
        name: the parameter that names what it lies below.
        parent: the documents that it lies below.
    """

    subject: Subject
    updater: Updater
    reader: Operation
    name: str
    parent: Subject

    @property
    def writer(self) -> Operation:
        """The operation that puts it."""
        return self.updater.operation

    def put(self, trial: Trial, above: Document, *, full: bool) -> dict[str, Any]:
        """Put what is required, or all that may be; what was sent.

        Raises:
            NotExercised: it is refused.
        """
        body = trial.session.bodies.make(self.subject, self.writer, above.user, full)
        parts = trial.as_of_now(self.writer, above.user, request_about(trial, self.writer, self.name, above))
        exchange = trial.send(self.writer, above.user, **parts, body=self.subject.wrapped(self.writer, body))
        if not exchange.ok:
            raise NotExercised(f"{self.writer} was refused: {exchange.told(80)}")
        return body

    def read(self, trial: Trial, above: Document) -> dict[str, Any]:
        """How a read shows it.

        Raises:
            Broken: it is refused.
            NotExercised: it shows no document.
        """
        exchange = trial.send(self.reader, above.user, **request_about(trial, self.reader, self.name, above))
        accepted(exchange, f"{self.reader} of what was put")
        found = exchange.shown(self.subject.action(self.reader))
        if not isinstance(found, dict):
            raise NotExercised(f"{self.reader} shows no document")
        return found


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for what is put below documents of another collection, one below each."""
    for single in _singles(session, subject):
        writer, reader, parent = single.writer, single.reader, single.parent
        about = ids(writer)  # before anything is put, no read is taken
        promise = f"{writer} keeps what it is sent"
        yield Case(Names.read_your_writes, promise, partial(_kept, single=single), "", about)
        promise = f"{writer} leaves nothing of what it does not hold"
        run = partial(_leaves_nothing, single=single, names=optional(session, subject, single.updater))
        yield Case(Names.replacement, promise, run, "", about)
        for rule in parent.resource.of(ScopeRule):
            pairs = session.crowd.apart(parent.resource, rule) if not rule.is_opened else []
            able = [
                pair
                for pair in pairs
                if all(session.crowd.may_ask(asked.id, user) for user in pair for asked in (writer, reader))
            ]
            for one, other in able[:1]:
                promise = f"what lies below another's document is not found by {writer} nor by {reader}"
                run = partial(_by_another, single=single, rule=rule, one=one, other=other)
                yield Case(rule.id, promise, run, f"{one.name}'s, by {other.name}", about)


def _singles(session: Session, subject: Subject) -> Iterator[Single]:
    contract = session.contract
    own = [(contract.operations[key], action) for key, action in contract.actions_of.get(subject.collection, ())]
    for writer, action in own if subject.resource.single else ():
        reading = (one for one, other in own if one.path == writer.path and other.does == "read")
        reader = next(reading, None)
        if reader is None or action.does != "replace" or writer.document_body is None:
            continue
        name = next((name for name, _, _ in reversed(session.ledger.kinds.named(writer, {}))), "")
        parent = session.subjects.get(session.named_by(writer, name) or "")
        if parent is not None and parent.creators and session.guard.forbids(writer) is None:
            yield Single(subject, Updater(writer, action), reader, name, parent)


def _visible(subject: Subject, sent: dict[str, Any]) -> dict[str, Any]:
    """What of a body a read has to show: the properties that are declared for both."""
    declared = subject.resource.properties
    return {one: value for one, value in sent.items() if one in declared and not declared[one].get("writeOnly")}


def _kept(trial: Trial, single: Single) -> None:
    above = trial.create(single.parent)
    sent = single.put(trial, above, full=True)
    seen = single.read(trial, above)
    for one, value in _visible(single.subject, sent).items():
        if one not in seen or not single.subject.keeps(one, value, seen[one]):
            told = shown(seen[one]) if one in seen else "no such property"
            raise Broken(f"{one} to be {shown(value)}, as it was put", f"a read shows {told}")


def _leaves_nothing(trial: Trial, single: Single, names: list[str]) -> None:
    above = trial.create(single.parent)
    single.put(trial, above, full=True)
    before = single.read(trial, above)
    least = single.put(trial, above, full=False)
    after = single.read(trial, above)
    left_out = [one for one in names if one not in least and before.get(one) not in (None, "", [], {})]
    if not left_out:
        raise NotExercised("nothing can be left out")
    requested = single.subject.requested(single.writer)
    for one in left_out:
        usual = merged(requested[one], trial.contract.resolve).get("default")
        if before[one] != usual and same(before[one], after.get(one)):
            raise Broken(f"{one} to be gone, as the replacement does not hold it", f"it is {shown(after[one])} still")


def _by_another(trial: Trial, single: Single, rule: ScopeRule, one: User, other: User) -> None:
    above, writer, reader = trial.create(single.parent, one), single.writer, single.reader
    body = single.put(trial, above, full=True)
    before = single.read(trial, above)
    parts = request_about(trial, reader, single.name, above)
    what = f"{other.name} asking for what lies below {one.name}'s document"
    refused_as(trial.send(reader, other, **parts), refusals_of(rule, reader), what, strict=True)
    least = {key: value for key, value in body.items() if key in single.subject.required(writer)}
    parts = request_about(trial, writer, single.name, above)
    exchange = trial.send(writer, other, **parts, body=single.subject.wrapped(writer, least))
    if single.read(trial, above) != before:
        raise Broken("what lies below another's document to stay as it was", f"{other.name} changed it by {writer}")
    refused_as(exchange, refusals_of(rule, writer), what, strict=True)
