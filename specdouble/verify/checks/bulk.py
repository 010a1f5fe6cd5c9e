"""Creates in bulk: each document is as if it were created by itself, and where one is refused, none is there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import ScopeRule
from specdouble.verify.bodies import shown
from specdouble.verify.bulk import Bulk, Parts, bulks
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.kept_values import wrong
from specdouble.verify.checks.refusals import marked_body
from specdouble.verify.document import Document
from specdouble.verify.equality import same
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import closing, parents, refusals_of
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, accepted, refused_as
from specdouble.verify.values import kind, merged, unfitting

NOT_FOUND = "404"
LONGEST = 5000  # characters of a text that is sent


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the operations that create several documents of one collection."""
    for bulk in bulks(session, subject) if subject.observable else ():
        about = ids(bulk.operation)
        promise = f"{bulk.operation} makes each document that it is sent, as it is sent"
        yield Case(Names.read_your_writes, promise, partial(_kept, bulk=bulk), "", about)
        promise = f"{bulk.operation} refuses what does not fit, and nothing is left of it"
        for what, changes, without in misfits(session, bulk) if bulk.is_whole else ():
            run = partial(_refused, bulk=bulk, what=what, changes=changes, without=without)
            yield Case(Names.refused_leaves_no_trace, promise, run, what, about)
        if bulk.most is not None and bulk.most <= 2 * bulk.usual:
            promise = f"{bulk.operation}: more than {bulk.most} at once are refused"
            yield Case(Names.boundaries, promise, partial(_too_many, bulk=bulk), "", about)
        yield from _below_parents(session, bulk)


def _below_parents(session: Session, bulk: Bulk) -> Plan:
    about = ids(bulk.operation)
    above = parents(session, bulk.subject, bulk.operation)
    if above and above[-1][1].creators and above[-1][1].deleters and NOT_FOUND in bulk.operation.statuses:
        promise = f"{bulk.operation} finds nothing below a {above[-1][0]} that is not there"
        yield Case(Names.nesting, promise, partial(_below_none, bulk=bulk), "", about, decisive=True)
    for rule, pairs in closing(session, bulk.subject, bulk.operation):
        able = [one for one in pairs if all(session.crowd.may_ask(bulk.operation.id, user) for user in one)]
        for one, other in able[:1] if not rule.is_opened else ():
            promise = f"nothing is created below another's document by {bulk.operation}"
            run = partial(_by_another, bulk=bulk, rule=rule, one=one, other=other)
            yield Case(rule.id, promise, run, f"{one.name}'s, by {other.name}", about, decisive=True)


def misfits(session: Shared, bulk: Bulk) -> list[tuple[str, dict[str, Any], str]]:
    """What one document among several may have that does not fit, or be without; one of each sort.

    A text stays, where there is one alone: by that it would be known, if it were made.
    """
    subject, creator = bulk.subject, bulk.subject.creators[0]
    requested = subject.requested(creator)
    texts = [name for name, schema in requested.items() if _is_plain_text(session, schema)]
    mark = texts[0] if len(texts) == 1 else None
    needed = [name for name in subject.required(creator) if name != mark]
    found: list[tuple[str, dict[str, Any], str]] = [(f"one without {name}", {}, name) for name in needed[-1:]]
    for name, schema in requested.items():
        values = [one for one in unfitting(schema, session.contract.resolve)
                  if session.bodies.refuses(creator, schema, one)]  # fmt: skip
        if values and name != mark and name not in subject.once:
            found.append((f"one with {name} {shown(values[-1])}", {name: values[-1]}, ""))
            break
    if mark is not None and not found:
        found += _too_long(session, creator, mark, requested[mark])
    return found


def _too_long(session: Shared, creator: Operation, name: str, schema: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A text that is longer than it may be, and by which the document would be known still."""
    most = merged(schema, session.contract.resolve).get("maxLength")
    if isinstance(most, int) and most <= LONGEST:
        text = session.fresh.word() + "x" * most
        if session.bodies.refuses(creator, schema, text):
            yield f"one whose {name} is too long", {name: text}, ""


def _is_plain_text(session: Shared, schema: Any) -> bool:
    whole = merged(schema, session.contract.resolve)
    return kind(whole) == "string" and not whole.get("enum") and not whole.get("format")


def bodies_of(trial: Trial, bulk: Bulk, number: int) -> list[dict[str, Any]]:
    """Bodies of so many documents, each with a text by which it is known; every other one has all properties."""
    subject = bulk.subject
    found = [marked_body(trial, subject) for _ in range(number)]
    for index in range(0, number, 2):
        found[index] = {**trial.body(subject, subject.creators[0], trial.user, full=True), **found[index]}
    return found


def kept_together(trial: Trial, bulk: Bulk, place: Parts, number: int) -> list[tuple[Document, dict[str, Any]]]:
    """Documents that were created together, and how a read shows each.

    Raises:
        Broken: some of them are not there.
        NotExercised: none is, or they are refused.
    """
    made = bulk.make(trial, place, bodies_of(trial, bulk, number))
    known = [one for one in made if one is not None]
    seen = [(one, trial.look_for(one, one.user)) for one in known]
    there = [(one, read) for one, read in seen if read is not None]
    if not there:
        raise NotExercised(f"nothing shows what {bulk.operation} makes")
    if len(there) < number:
        where = "a read shows" if len(known) == number else "the answer shows"
        told = f"{where} {len(there) if len(known) == number else len(known)}"
        raise Broken(f"{number} documents that are created together to be there", told, Names.read_your_writes)
    return there


def _kept(trial: Trial, bulk: Bulk) -> None:
    subject, place = bulk.subject, bulk.place(trial)
    alone = trial.look(trial.create(subject))
    filled = {name: value for name, value in subject.filled_in.items() if same(value, alone.get(name))}
    for document, read in kept_together(trial, bulk, place, bulk.usual):
        for where, seen in (("the answer", document.shown), ("a read", read)):
            name = wrong(subject, document.sent, seen)
            if name is not None and name in seen:
                raise Broken(f"{name} to be {shown(document.sent[name])}, as it was sent",
                             f"{where} shows {shown(seen[name])}")  # fmt: skip
            for name, value in filled.items():
                if name not in document.sent and name in seen and not same(value, seen[name]):
                    told = f"{where} shows {shown(seen[name])}"
                    raise Broken(f"{name} to be {shown(value)}, as of a document that is created alone", told)


def _refused(trial: Trial, bulk: Bulk, what: str, changes: dict[str, Any], without: str) -> None:
    place = bulk.place(trial)
    kept_together(trial, bulk, place, bulk.least)  # the control: what fits is taken, and there
    good, bad = (bodies_of(trial, bulk, max(bulk.least - 1, 1)) for _ in range(2))
    offence = {name: value for name, value in {**bad[0], **changes}.items() if name != without}
    exchange = bulk.send(trial, place, [*good, offence])
    try:
        refused_as(exchange, set(range(400, 500)), f"{what}, which does not fit its schema, among {len(good) + 1}")
    except Broken as broken:
        raise Broken(broken.expected, broken.seen, Names.conformance) from None
    leaves_none(trial, bulk, place, good, exchange)


def leaves_none(trial: Trial, bulk: Bulk, place: Parts, bodies: list[dict[str, Any]], refused: Exchange) -> None:
    """Hold that of a refused request none of its documents is there."""
    subject, told = bulk.subject, "a refused create of several to make none of them"
    listed = subject.listers and set(_parents_of_list(trial, bulk)) <= place.get("path", {}).keys()
    if listed:
        texts = {text for body in bodies for text in trial.marks(subject, body).values()}
        for one in trial.listed(subject, trial.user, {"path": place.get("path", {})}):
            if texts & {value for value in one.values() if isinstance(value, str)}:
                raise Broken(
                    told, f"{refused.status} was answered, and the list shows one", Names.refused_leaves_no_trace
                )
    elif subject.once:
        what = "the same, without the one that was refused,"
        accepted(bulk.send(trial, place, bodies), what, Names.refused_leaves_no_trace)


def _parents_of_list(trial: Trial, bulk: Bulk) -> list[str]:
    return [name for name, _ in parents(trial.session, bulk.subject, bulk.subject.listers[0])]


def _too_many(trial: Trial, bulk: Bulk) -> None:
    place, most = bulk.place(trial), bulk.most or 0
    kept_together(trial, bulk, place, most)
    bodies = bodies_of(trial, bulk, most + 1)
    exchange = bulk.send(trial, place, bodies)
    refused_as(exchange, set(range(400, 500)), f"{most + 1} documents at once")
    leaves_none(trial, bulk, place, bodies, exchange)


def _below_none(trial: Trial, bulk: Bulk) -> None:
    place = bulk.place(trial)
    kept_together(trial, bulk, place, bulk.least)
    name, of = parents(trial.session, bulk.subject, bulk.operation)[-1]
    gone = trial.create(of)
    if not trial.delete(gone).ok:
        raise NotExercised("a delete was refused")
    nowhere = bulk.at(trial.session, trial.user, {**place.get("path", {}), name: gone.id})
    exchange = bulk.send(trial, nowhere, bodies_of(trial, bulk, bulk.least))
    refused_as(exchange, set(range(400, 500)), f"{bulk.operation} below {name} {gone.id!r}, which is not there,")


def _by_another(trial: Trial, bulk: Bulk, rule: ScopeRule, one: User, other: User) -> None:
    place = bulk.place(trial, one)
    own = bulk.send(trial, place, bodies_of(trial, bulk, bulk.least), one)
    if not own.ok:
        raise NotExercised(f"a request that keeps the contract was refused: {own.told(80)}")
    theirs = bulk.at(trial.session, other, place.get("path", {}))
    exchange = bulk.send(trial, theirs, bodies_of(trial, bulk, bulk.least), other)
    refused_as(
        exchange, refusals_of(rule, bulk.operation), f"{other.name} creating below {one.name}'s document", strict=True
    )
