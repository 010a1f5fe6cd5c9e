"""Totals: what a document sums up of those below it is so after whatever changes, moves or deletes one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import isclose
from statistics import fmean
from typing import Any

from specdouble.verify.bodies import shown
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.case import Case, Names, Plan
from specdouble.verify.checks.bulk import bodies_of
from specdouble.verify.checks.derived_values import counters
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call
from specdouble.verify.places import movers, parents, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged

AT_ONCE = 4  # creates at the same time
CENT, HALF = 0.005, 0.5  # what a server may round away, of a sum and of a mean
_NUMBERS = (3, 5, 8, 2, 11, 20, 50, 100, 1)  # that are tried as parts of a total: no two make a third
_COMBINED: Mapping[str, Callable[[Sequence[float]], float]] = {
    "total|sum": sum, "max|maximum|highest|largest": max, "min|minimum|lowest|smallest": min, "average|avg|mean": fmean,
}  # fmt: skip
# What is summed up for ever does not fall with what is deleted.
_LASTING = re.compile(
    r"\b(ever|lifetime|all.time|so far|cumulative|accumulat\w+|history|historic\w*|includ\w+ (deleted|removed))\b"
    r"|never (decreas|fall|go|sink)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Total:
    """A property of a document that sums up one of those below it, or counts them.

    Args:
        parent: the documents that have it.
        child: what is summed up.
        name: the property.
        part: the property of each that goes into it; empty where they are counted.
        combine: what it makes of the parts.
    """

    parent: Subject
    child: Subject
    name: str
    part: str
    combine: Callable[[Sequence[float]], float]

    def __str__(self) -> str:
        of = f"{self.child.collection}.{self.part}" if self.part else self.child.collection
        return f"{self.parent.collection}.{self.name} tells of {of}"


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for what lies below other documents, and is summed up there."""
    if not subject.creators or not subject.observable:
        return
    found = [*_totals(session, subject)]
    for total in found:
        yield from _of_writes(session, subject, total)
    counted = [Total(one.parent, one.child, one.name, "", len) for one in counters(session, subject)]
    for total in (*counted, *found):
        for updater, name in movers(subject):
            run = partial(_moved, total=total, updater=updater, name=name)
            yield _case(total, "after a move to another", run, updater.operation.id)
        if subject.deleters and subject.reachable:
            run = partial(_deleted_in_each_state, total=total)
            yield _case(total, "after a delete in each state", run, subject.deleters[0].id)


def _of_writes(session: Session, subject: Subject, total: Total) -> Plan:
    for updater in subject.updaters:
        if total.part in subject.requested(updater.operation) and not updater.id_in_body:
            yield _case(total, "after a change", partial(_changed, total=total, updater=updater), updater.operation.id)
    if subject.deleters:
        yield _case(total, "after a delete", partial(_deleted, total=total), subject.deleters[0].id)
    for bulk in bulks(session, subject):
        run = partial(_created_together, total=total, bulk=bulk)
        yield _case(total, "after a create of several", run, bulk.operation.id)
    yield _case(total, "after several at the same time", partial(_at_once, total=total), subject.creators[0].id)


def _case(total: Total, after: str, run: Any, operation: str) -> Case:
    return Case(Names.derived_values, f"{total}, {after} too", run, operation, (operation,))


def _totals(session: Session, child: Subject) -> Iterator[Total]:
    """The properties of the documents above that have the name of a total of these: `totalWeight` of `weight`."""
    above = parents(session, child, child.creators[0])
    parent = above[-1][1] if above else None
    if parent is None or not parent.creators or not parent.readers:
        return
    parts = [name for name, schema in child.requested(child.creators[0]).items() if _is_number(session, schema)]
    parts = [name for name in parts if name not in {*child.chosen, *child.server_set}]
    for name, schema in parent.resource.properties.items():
        if name not in parent.server_set or not _is_number(session, schema) or _LASTING.search(_told(schema)):
            continue
        for words, combine in _COMBINED.items():
            noun = re.sub(rf"^({words})|({words})$", "", _plain(name))
            # A record stays, though what made it is gone, unless the contract says something of it.
            if noun == _plain(name) or (combine in (max, min) and not _told(schema)):
                continue
            alike = [one for one in parts if noun and (noun in _plain(one) or _plain(one) in noun)]
            for part in alike or (parts if not noun and len(parts) == 1 else []):
                yield Total(parent, child, name, part, combine)


def _is_number(session: Session, schema: Any) -> bool:
    return kind(merged(schema, session.contract.resolve)) in ("integer", "number")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _told(schema: Any) -> str:
    return str(schema.get("description", "")) if isinstance(schema, dict) else ""


# What is there


@dataclass
class Heap:
    """Documents below one, which sums them up.

    Args:
        total: what sums them up.
        parent: the document.
        around: the parameters that lead there.
        numbers: what goes into the total of each, by its id.
    """

    total: Total
    parent: Document
    around: dict[str, Any]
    numbers: dict[Any, float]

    def add(self, trial: Trial, number: float) -> Document:
        """A new document with that number."""
        total = self.total
        changes = {total.part: number} if total.part else {}
        made = trial.create_in(total.child, self.parent.user, self.around, changes)
        self.numbers[made.id] = number
        return made

    def is_told(self, trial: Trial) -> bool:
        """Whether the total is what it has to be."""
        seen = trial.look(self.parent).get(self.total.name)
        if isinstance(seen, bool) or not isinstance(seen, int | float):
            return False
        return isclose(seen, self.wanted, abs_tol=HALF if self.total.combine is fmean else CENT)

    @property
    def wanted(self) -> float:
        """What the total has to be."""
        return self.total.combine([*self.numbers.values()]) if self.numbers else 0

    def hold(self, trial: Trial, after: str) -> None:
        """Hold that the total is what it has to be."""
        if not self.is_told(trial):
            told = trial.look(self.parent).get(self.total.name)
            raise Broken(f"{self.total.name} to be {self.wanted:g} after {after}", f"it is {shown(told)}")


def _numbers(trial: Trial, total: Total) -> list[int]:
    if not total.part:
        return [1, 1, 1]
    schema = total.child.requested(trial.creator(total.child))[total.part]
    found = [*islice((one for one in _NUMBERS if trial.session.bodies.property_fits(schema, one)), 3)]
    if len(found) < 3:
        raise NotExercised(f"no three numbers are known that {total.part} may be")
    return [*found]


def _heaped(trial: Trial, total: Total) -> tuple[Heap, list[Document], float]:
    """Two new documents below a new one, which was seen to sum them up; and a third number.

    Raises:
        NotExercised: it does not: then it is no such total.
    """
    *two, another = _numbers(trial, total)
    parent = trial.create(total.parent)
    heap, made = Heap(total, parent, under(trial, total.child, parent), {}), list[Document]()
    for number in two:
        made.append(heap.add(trial, number))
        if not heap.is_told(trial):
            raise NotExercised(f"{total.name} is not made of what is created")
    return heap, made, another


# Cases


def _changed(trial: Trial, total: Total, updater: Updater) -> None:
    heap, made, another = _heaped(trial, total)
    trial.update(updater, made[0], {total.part: another})
    heap.numbers[made[0].id] = trial.look(made[0]).get(total.part, another)
    heap.hold(trial, f"a change of {total.part}")


def _deleted(trial: Trial, total: Total) -> None:
    heap, made, _ = _heaped(trial, total)
    if not trial.delete(made[1]).ok:
        raise NotExercised("a delete was refused")
    del heap.numbers[made[1].id]
    heap.hold(trial, "a delete")


def _moved(trial: Trial, total: Total, updater: Updater, name: str) -> None:
    heap, made, _ = _heaped(trial, total)
    other = trial.create(total.parent, heap.parent.user)
    there = Heap(total, other, under(trial, total.child, other), {})
    trial.update(updater, made[1], {name: other.id})
    if trial.look(made[1]).get(name) != other.id:
        raise NotExercised(f"a change of {name} moves nothing")
    there.numbers[made[1].id] = heap.numbers.pop(made[1].id)
    there.hold(trial, "a move to it")
    heap.hold(trial, "a move away from it")


def _created_together(trial: Trial, total: Total, bulk: Bulk) -> None:
    heap, _, another = _heaped(trial, total)
    bodies = [{**body, total.part: another} for body in bodies_of(trial, bulk, max(bulk.least, 2))]
    for one in bulk.make(trial, bulk.at(trial.session, heap.parent.user, heap.around.get("path", {})), bodies):
        if one is None:
            raise NotExercised(f"{bulk.operation} does not show all that it makes")
        heap.numbers[one.id] = trial.look(one).get(total.part, another)
    heap.hold(trial, f"a create of {len(bodies)} by {bulk.operation}")


def _at_once(trial: Trial, total: Total) -> None:
    """Creates at the same time, and changes of those that were there."""
    heap, made, another = _heaped(trial, total)
    child, user = total.child, heap.parent.user
    bodies = [{**trial.body(child, trial.creator(child), user), total.part: another} for _ in range(AT_ONCE)]
    calls = [trial.create_call(child, user, body, around=heap.around) for body in bodies]
    answers = trial.volley([*calls, *_changes(trial, total, made, another)])
    for answer in answers[:AT_ONCE]:
        document = trial.adopt(child, user, answer)
        if document is not None:
            heap.numbers[document.id] = trial.look(document).get(total.part, another)
    for document in made:
        heap.numbers[document.id] = trial.look(document).get(total.part, heap.numbers[document.id])
    heap.hold(trial, "creates and changes at the same time")


def _changes(trial: Trial, total: Total, made: list[Document], number: float) -> Iterator[Call]:
    """A change of each, where an operation changes what is summed up."""
    for updater in total.child.updaters:
        if total.part in total.child.requested(updater.operation) and not updater.id_in_body:
            yield from (trial.update_call(updater, one, {total.part: number}) for one in made)
            return


def _deleted_in_each_state(trial: Trial, total: Total) -> None:
    """What goes into the total still in another state does so no longer once it is gone."""
    heap, _, another = _heaped(trial, total)
    tried = 0
    for state in total.child.reachable:
        with suppress(NotExercised):
            document = heap.add(trial, another)
            state.bring(trial, document)
            if not heap.is_told(trial):
                del heap.numbers[document.id]  # documents of that state are not summed up
            elif trial.delete(document).ok:
                del heap.numbers[document.id]
                heap.hold(trial, f"a delete of one of {state.rule.name} {state.value!r}")
                tried += 1
    if not tried:
        raise NotExercised("no document in another state is summed up and can be deleted")
