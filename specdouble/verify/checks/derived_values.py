"""Derived values: what the server counts, numbers or tells of a state is so after every write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from specdouble.verify.bodies import shown
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.bulk import bodies_of, misfits
from specdouble.verify.document import Document
from specdouble.verify.places import below, parents, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged

TRIES = 3  # at documents that are numbered one after another: other cases may create some in between


@dataclass(frozen=True)
class Counter:
    """A property in which the server counts what lies below a document.

    Args:
        parent: the documents that have it.
        child: what is counted.
        name: the property.
    """

    parent: Subject
    child: Subject
    name: str


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for what the server derives, and shows in the documents of one collection or of that above."""
    if not subject.creators or not subject.observable:
        return
    about = ids(subject.creators[0])
    for counter in counters(session, subject):
        yield from _of_counter(session, subject, counter)
    for name in _server_set(session, subject, "integer"):
        promise = f"no two of {subject.collection} that are numbered together have the same {name}"
        yield Case(Names.derived_values, promise, partial(_numbered, subject=subject, name=name), "", about)
    for name, state, value in _flags(session, subject):
        promise = f"{subject.collection}.{name} tells whether {state} is {value}"
        yield Case(Names.derived_values, promise, partial(_told, subject=subject, flag=(name, state, value)), "", about)


def _of_counter(session: Session, subject: Subject, counter: Counter) -> Plan:
    about = ids(subject.creators[0])
    told = f"{counter.parent.collection}.{counter.name} counts {subject.collection}"
    cases = {"deleted": _deleted, "refused": _refused, "together": _together, "written": _written}
    for what, run in cases.items():
        yield Case(Names.derived_values, f"{told}, {_AFTER[what]}", partial(run, counter=counter), "", about)
    if subject.once:
        promise = f"{told}, {_AFTER['refused']}"
        yield Case(Names.derived_values, promise, partial(_taken, counter=counter), "for what is taken", about)
    for bulk in bulks(session, subject):
        promise = f"{told}, {_AFTER['in bulk']}"
        run = partial(_in_bulk, counter=counter, bulk=bulk)
        yield Case(Names.derived_values, promise, run, str(bulk.operation), ids(bulk.operation))
    if subject.deleters:
        promise = f"{told}, {_AFTER['at once']}"
        yield Case(Names.derived_values, promise, partial(_deleted_together, counter=counter), "", about)


_AFTER = {
    "deleted": "after a delete too",
    "refused": "and nothing that was refused",
    "together": "of several at the same time each",
    "written": "whatever else is written",
    "in bulk": "each of several that one request creates, and none of those that one refuses",
    "at once": "and one that is deleted by several at the same time once",
}


def _server_set(session: Session, subject: Subject, sort: str) -> list[str]:
    """The properties of that type that the server sets, without the id and those that name other documents."""
    names_others = {*session.implied, *(name for _, name in subject.action(subject.creators[0]).scope)}
    set_by_server = subject.server_set - names_others - {subject.key, *subject.chosen}
    found = {name: schema for name, schema in subject.resource.properties.items() if name in set_by_server}
    return [name for name, schema in found.items() if kind(merged(schema, session.contract.resolve)) == sort]


# Counters


def counters(session: Session, child: Subject) -> Iterator[Counter]:
    """The properties of the documents above that have the name of a count of these."""
    above = parents(session, child, child.creators[0])
    parent = above[-1][1] if above else None
    if parent is None or not parent.creators or not parent.readers:
        return
    for name in _server_set(session, parent, "integer"):
        plain = re.sub(r"[^a-z]", "", name.lower())
        if plain in _counting(child.collection) or _shares_stem(plain, child.collection):
            yield Counter(parent, child, name)


def _counting(collection: str) -> set[str]:
    """The names of a count of the documents: `taskCount`, `numTasks`, `tasks_total`."""
    many = re.sub(r"[^a-z]", "", collection.lower())
    one = many[:-3] + "y" if many.endswith("ies") else many.removesuffix("s")
    nouns = {one, many}
    return {f"{noun}{word}" for noun in nouns for word in ("count", "total", "counter")} | {
        f"{word}{noun}" for noun in nouns for word in ("num", "numberof", "nrof", "total", "countof")
    }


_COUNTS = re.compile(r"count(er)?$|total$|^(num|number|nr|total|count)(of)?")
STEM = 5  # letters that `enrolledCount` shares with `enrolments`


def _shares_stem(name: str, collection: str) -> bool:
    """Whether a property that is called a count begins as the collection does: a case sees if it counts."""
    noun = re.sub(r"[^a-z]", "", collection.lower())
    return _COUNTS.search(name) is not None and len(noun) >= STEM and _COUNTS.sub("", name).startswith(noun[:STEM])


@contextmanager
def _counted(trial: Trial, counter: Counter) -> Iterator[tuple[Document, list[Document], dict[str, Any]]]:
    """A new document, two below it, and the parameters that lead there; it counts both.

    Raises:
        NotExercised: it does not: then it is no such count.
    """
    parent = trial.create(counter.parent)
    there = under(trial, counter.child, parent)
    seen = [trial.look(parent).get(counter.name)]
    made = []
    for _ in range(2):
        made.append(trial.create_in(counter.child, trial.user, there))
        seen.append(trial.look(parent).get(counter.name))
    if seen != [0, 1, 2]:
        raise NotExercised(f"{counter.name} does not count what is created: it was {shown(seen)}")
    yield parent, made, there


def _hold(trial: Trial, counter: Counter, parent: Document, wanted: int) -> None:
    seen = trial.look(parent).get(counter.name)
    if seen != wanted:
        raise Broken(
            f"{counter.name} to be {wanted}, as there are so many of {counter.child.collection}", f"it is {seen}"
        )


def _deleted(trial: Trial, counter: Counter) -> None:
    if not counter.child.deleters:
        raise NotExercised(f"no operation deletes documents of {counter.child.collection}")
    with _counted(trial, counter) as (parent, made, _):
        if not trial.delete(made[0]).ok:
            raise NotExercised("a delete was refused")
        _hold(trial, counter, parent, 1)


def _refused(trial: Trial, counter: Counter) -> None:
    needed = counter.child.required(trial.creator(counter.child))
    if not needed:
        raise NotExercised("a create is refused for nothing that it leaves out")
    with _counted(trial, counter) as (parent, _, there):
        whole = trial.body(counter.child, trial.creator(counter.child), trial.user)
        body = {name: value for name, value in whole.items() if name != needed[0]}
        exchange, _ = trial.try_create(counter.child, trial.user, body, as_it_is=True, around=there)
        if not exchange.refused:
            raise NotExercised("a create without what is required was not refused")
        _hold(trial, counter, parent, 2)


def _taken(trial: Trial, counter: Counter) -> None:
    """What a rule refuses is looked at later than what the schema does: the count may have moved by then."""
    child = counter.child
    with _counted(trial, counter) as (parent, made, there):
        taken = {name: made[0].sent[name] for name in child.once if name in made[0].sent}
        body = {**trial.body(child, trial.creator(child), trial.user), **taken}
        exchange, _ = trial.try_create(child, trial.user, body, as_it_is=True, around=there)
        if not exchange.refused:
            raise NotExercised("a create with what is taken was not refused")
        _hold(trial, counter, parent, 2)


def _in_bulk(trial: Trial, counter: Counter, bulk: Bulk) -> None:
    with _counted(trial, counter) as (parent, _, there):
        place = bulk.at(trial.session, parent.user, there.get("path", {}))
        made = bulk.make(trial, place, bodies_of(trial, bulk, bulk.usual))
        number = 2 + len([one for one in made if one is not None])
        _hold(trial, counter, parent, number)
        bodies = _refused_together(trial, bulk) if bulk.is_whole else []
        if bodies and bulk.send(trial, place, bodies).refused:
            _hold(trial, counter, parent, number)


def _refused_together(trial: Trial, bulk: Bulk) -> list[dict[str, Any]]:
    """Bodies of documents of which the last does not fit; none where nothing is known that would not."""
    *good, bad = bodies_of(trial, bulk, max(bulk.least, 2))
    for _, changes, without in misfits(trial.session, bulk):
        return [*good, {name: value for name, value in {**bad, **changes}.items() if name != without}]
    return []


def _together(trial: Trial, counter: Counter) -> None:
    child = counter.child
    with _counted(trial, counter) as (parent, _, there):
        bodies = [trial.body(child, trial.creator(child), trial.user) for _ in range(CLIENTS)]
        answers = trial.volley([trial.create_call(child, trial.user, body, around=there) for body in bodies])
        made = [trial.adopt(child, trial.user, answer) for answer in answers]
        _hold(trial, counter, parent, 2 + sum(one is not None for one in made))


def _deleted_together(trial: Trial, counter: Counter) -> None:
    child = counter.child
    with _counted(trial, counter) as (parent, made, _):
        operation = child.deleters[0]
        call = trial.call_of(operation, trial.user, trial.place(operation, made[0]))
        answers = trial.volley([call] * (CLIENTS // 2))
        if not any(answer.ok for answer in answers):
            raise NotExercised("deletes at the same time were refused")
        _hold(trial, counter, parent, 1)


def _written(trial: Trial, counter: Counter) -> None:
    with _counted(trial, counter) as (parent, _, _):
        for updater in counter.parent.updaters:
            if updater.id_in_body is None:
                changes = trial.session.bodies.change(counter.parent, updater)
                trial.update(updater, parent, changes)
                _hold(trial, counter, parent, 2)


# Numbers


def _numbered(trial: Trial, subject: Subject, name: str) -> None:
    creator = trial.creator(subject)
    above = parents(trial.session, subject, creator)
    is_apart = bool(above) and bool(above[-1][1].creators)
    there = below(trial, subject, trial.user) if is_apart else trial.session.surroundings(creator, trial.user, None)
    made = _in_a_row(trial, subject, name, there)
    bodies = [trial.body(subject, creator, trial.user) for _ in range(CLIENTS)]
    answers = trial.volley([trial.create_call(subject, trial.user, body, around=there) for body in bodies])
    more = [one for one in (trial.adopt(subject, trial.user, answer) for answer in answers) if one is not None]
    _hold_apart(trial, name, [*made, *more])
    if subject.deleters and trial.delete(made[0]).ok:
        _hold_apart(trial, name, [*made[1:], *more, trial.create_in(subject, trial.user, there)])


def _in_a_row(trial: Trial, subject: Subject, name: str, there: dict[str, Any]) -> list[Document]:
    """New documents that have the numbers one after another, as they were created: no moment does, and no measure.

    Raises:
        NotExercised: they have not; also where others are always created in between.
    """
    for _ in range(TRIES):
        made = [trial.create_in(subject, trial.user, there) for _ in range(3)]
        first = [trial.look(one).get(name) for one in made]
        start = first[0] if isinstance(first[0], int) else 0
        if first == [start, start + 1, start + 2]:
            return made
    raise NotExercised(f"{name} does not number what is created: it was {shown(first)}")


def _hold_apart(trial: Trial, name: str, documents: list[Document]) -> None:
    seen = [trial.look(one).get(name) for one in documents]
    if len(set(seen)) == len(seen):
        return
    if [trial.look(one).get(name) for one in documents] == seen:  # else it tells the place among others, which moves
        raise Broken(f"{name} to be another in each document", f"it is {shown(seen)}")


# Flags


def _flags(session: Session, subject: Subject) -> Iterator[tuple[str, str, Any]]:
    """The booleans that the server sets and that have the name of a state: `isDone` of the state `done`."""
    creator = subject.requested(subject.creators[0])
    for name in _server_set(session, subject, "boolean"):
        word = re.sub(r"^is(?=[A-Z_])|[^A-Za-z]", "", name).lower()
        for state, schema in creator.items():
            options = merged(schema, session.contract.resolve).get("enum") or ()
            value = next((one for one in options if re.sub(r"[^A-Za-z]", "", str(one)).lower() == word), None)
            if value is not None and state in subject.resource.properties:
                yield name, state, value


def _told(trial: Trial, subject: Subject, flag: tuple[str, str, Any]) -> None:
    name, state, value = flag
    options = merged(subject.requested(trial.creator(subject))[state], trial.contract.resolve)["enum"]
    others = [one for one in options if one not in (value, None)]
    before = trial.create(subject, **{state: others[0]})
    control = trial.create(subject, **{state: value})
    if (trial.look(before).get(name), trial.look(control).get(name)) != (False, True):
        raise NotExercised(f"{name} does not tell whether {state} is {value}")
    for updater in subject.updaters:
        if state not in subject.requested(updater.operation):
            continue
        document = trial.create(subject, **{state: others[0]})
        if trial.try_update(updater, document, {state: value}).ok:
            seen = trial.look(document)
            if seen.get(state) == value and seen.get(name) is not True:
                raise Broken(f"{name} to be true where {state} is {value!r}", f"it is {shown(seen.get(name))}")
