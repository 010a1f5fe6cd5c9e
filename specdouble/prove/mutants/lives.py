"""What becomes of documents: deletes that leave something, changes that do other than they say, and races."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from specdouble.contract import Contract, PropertyRule, Resource
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.state.keeper import Document
from specdouble.prove.change import (
    Store,
    began,
    changed,
    changed_answer,
    is_success,
    loaded,
    operation_now,
    removing,
    replying,
    sent,
    storing,
    together,
    turn,
    waiting,
)
from specdouble.prove.facts import (
    changers,
    creators,
    doing,
    kind_of,
    required_names,
    ruled,
    sendable,
    settable,
    takes_null,
)
from specdouble.prove.fault import Change, Fault, Mutant, Mutants
from specdouble.prove.mutants.lists import with_items

DELETION, PARTIAL, REPLACEMENT, RACES = "deletion", "partial_update", "replacement", "concurrency"
_MERGE = "application/merge-patch+json"


def mutants(contract: Contract) -> Mutants:
    """The mutants of every collection that clients write to."""
    for resource in contract.resources.values():
        if creators(contract, resource.collection):
            yield from _deleted(contract, resource)
            yield from _merged(contract, resource)
            yield from _replaced(contract, resource)
            yield from _raced(contract, resource)
            yield from _identified(contract, resource)


# Deletes


def _deleted(contract: Contract, resource: Resource) -> Mutants:
    """For each operation on documents: it alone finds what was deleted."""
    things = resource.collection
    everywhere = tuple(doing(contract, things, "read", "list", "update", "replace", "delete"))
    for key in everywhere if doing(contract, things, "delete") else ():
        does = contract.actions[key].does
        kind = {"list": "still-listed", "delete": "twice", "read": "still-read"}.get(does, "still-changed")
        sentence = f"{key} finds documents of {things} that were deleted."
        change = _haunted(everywhere, key, things)
        yield Mutant(f"deletion.{kind}", key, sentence, change, (DELETION, "read_your_writes"))


def _haunted(everywhere: tuple[str, ...], finding: str, things: str) -> Change:
    """Let one operation find what was deleted, which stays in the store, and no other."""
    gone: set[Any] = set()

    class Haunted(Store):
        def find_one(self, filter: object, *others: Any, **named: Any) -> Any:
            found = self.documents.find_one(filter, *others, **named)
            return None if found is not None and self._hides(found) else found

        def find(self, filter: object = None, *others: Any, **named: Any) -> Any:
            hidden = [] if operation_now() == finding else [{"_id": {"$nin": [*gone]}}]
            return self.documents.find({"$and": [filter or {}, *hidden]} if hidden else filter, *others, **named)

        def _hides(self, document: Document) -> bool:
            return document["_id"] in gone and operation_now() != finding

    def bury(documents: Any, going: Sequence[Document], go: Callable[[], None]) -> None:
        go()
        for one in going:
            if documents.find_one({"_id": one["_id"]}) is None:  # what is marked alone is there still
                documents.insert_one(one)
            gone.add(one["_id"])

    return together(removing(everywhere, things, bury), storing(everywhere, things, Haunted))


# Patches and replacements


def _merged(contract: Contract, resource: Resource) -> Mutants:
    things = resource.collection
    for key in doing(contract, things, "update"):
        body = contract.operations[key].body
        if body is None or _MERGE not in body.content:
            continue
        for name, sentence, change in _patches(contract, resource, key):
            yield Mutant(f"patch.{name}", key, sentence, change, (PARTIAL, "read_your_writes"))


def _patches(contract: Contract, resource: Resource, key: str) -> Iterator[Fault]:
    known, fixed = sendable(contract, contract.operations[key]), ruled(resource)
    kinds = {name: kind_of(contract.resolve(schema)) for name, schema in known.items() if name not in fixed}
    can_be_null = [name for name, schema in known.items() if name not in fixed and takes_null(contract.resolve(schema))]
    if can_be_null:
        yield "null-ignored", f"{key} leaves what is sent as null as it was.", _altering(resource, key, _nulls_ignored)
    if "array" in kinds.values():
        yield "arrays-joined", f"{key} adds to an array what should take its place.", _altering(resource, key, _joined)
    if "object" in kinds.values():
        yield "objects-replaced", f"{key} puts an object in the place of one.", _altering(resource, key, _objects)


def _altering(resource: Resource, key: str, alter: Callable[[Document, Document], None]) -> Change:
    """Alter what one operation changes, given how it was."""

    def altered(before: Document, after: Document) -> None:
        if operation_now() == key:
            alter(before, after)

    return changed(resource.collection, altered)


def _nulls_ignored(before: Document, after: Document) -> None:
    for name, value in sent().items():
        if value is None and before.get(name) is not None:
            after[name] = before[name]


def _joined(before: Document, after: Document) -> None:
    for name, value in sent().items():
        if isinstance(value, list) and isinstance(before.get(name), list):
            after[name] = [*before[name], *value]


def _objects(before: Document, after: Document) -> None:
    for name, value in sent().items():
        if isinstance(value, dict) and isinstance(before.get(name), dict):
            after[name] = {one: held for one, held in value.items() if held is not None}


def _replaced(contract: Contract, resource: Resource) -> Mutants:
    things = resource.collection
    for key in doing(contract, things, "replace"):
        known, fixed = sendable(contract, contract.operations[key]), ruled(resource)
        needed = required_names(contract, resource.schema)
        free = [name for name in known if name not in fixed and name not in needed]
        why = "" if free else f"{key} has to be sent every property that it takes"
        sentence = f"{key} leaves what is not sent as it was."

        def merge(before: Document, after: Document, free: list[str] = free) -> None:
            for name in free:
                if name in before and name not in sent():
                    after[name] = before[name]

        turns = f"{key} takes away what it was sent, where the document has it so already."
        yield Mutant(
            "replacement.takes-turns", key, turns, _altering(resource, key, _turned(free)), (REPLACEMENT,), (key,), why
        )
        yield Mutant("replacement.merges", key, sentence, _altering(resource, key, merge), (REPLACEMENT,), (key,), why)
        if {"200", "201"} <= contract.operations[key].responses.keys():
            again = f"{key} says of what it replaces that it creates it."
            yield Mutant("replacement.creates-again", key, again, replying((key,), _created), (REPLACEMENT,), (key,))


def _created(outcome: Outcome) -> Outcome:
    return changed_answer(outcome, status=201) if is_success(outcome) else outcome


def _turned(free: list[str]) -> Callable[[Document, Document], None]:
    def turn_off(before: Document, after: Document) -> None:
        for name in free:
            if name in sent() and before.get(name) == after.get(name) is not None:
                del after[name]

    return turn_off


# At the same time


def _raced(contract: Contract, resource: Resource) -> Mutants:
    things = resource.collection
    for key in doing(contract, things, "update"):
        names = settable(contract, things, "update").keys() - ruled(resource)
        why = "" if len(names) > 1 else f"{key} changes no two properties that any value is taken for"
        sentence = f"Of two changes by {key} at the same time, the second takes the first one back."
        change = together(_lost_update(resource, key), waiting((key,)))
        yield Mutant("concurrency.update-lost", key, sentence, change, (RACES,), (key,), why)
    for key in creators(contract, things):
        why = "" if doing(contract, things, "read", "list") else f"no operation shows documents of {things}"
        sentence = f"Of documents that {key} makes at the same time, the last one alone is kept."
        change = together(storing((key,), things, _Jealous), waiting((key,)))
        yield Mutant("concurrency.create-lost", key, sentence, change, (RACES,), (key,), why)


def _lost_update(resource: Resource, key: str) -> Change:
    """Write a document as it was when the request came, and what was sent: what came in between is lost."""
    history: dict[Any, list[tuple[int, Document]]] = {}
    fixed = ruled(resource)

    def alter(before: Document, after: Document) -> None:
        versions = history.setdefault(before.get("_id"), [])
        missed = next((document for moment, document in versions if moment > began()), None)
        versions.append((turn(), dict(before)))
        if missed is None:
            return
        for name in {*missed, *after} - {*sent(), *fixed}:
            after[name] = missed.get(name)
            if name not in missed:
                del after[name]

    return _altering(resource, key, alter)


class _Jealous(Store):
    """Removes what others have stored since the request came."""

    stored: list[tuple[int, Any]]

    def __init__(self, documents: Any) -> None:
        super().__init__(documents)
        self.stored = _made

    def insert_one(self, document: Document) -> Any:
        result = self.documents.insert_one(document)
        for moment, key in self.stored:
            if moment > began():
                self.documents.delete_one({"_id": key})
        self.stored.append((turn(), document["_id"]))
        return result


_made: list[tuple[int, Any]] = []


# What no single case shows, and ids


def _identified(contract: Contract, resource: Resource) -> Mutants:
    things, name = resource.collection, resource.id
    for key in doing(contract, things, "list") if changers(contract, things) else ():
        sentence = f"A document of {things} that was changed twice is not in the list any more."
        yield Mutant(
            "programs.changed-twice-unlisted", key, sentence, _unlisted(contract, resource, key), ("programs",)
        )
    for key in creators(contract, things):
        action = contract.actions[key]
        response = contract.operations[key].response(contract.operations[key].success)
        if response is not None and response.content and name in resource.properties:
            sentence = f"{key} answers every other time with the id of the document before."
            change = replying((key,), _with_id_before(action.envelope, name))
            yield Mutant("ids.given-twice", key, sentence, change, ("distinct_ids", "read_your_writes"), (key,))
    for key in doing(contract, things, "read"):
        if resource.of(PropertyRule) or resource.properties:
            sentence = f"{key} shows some document of {things} where the one that is asked for is not there."
            change = storing((key,), things, _Some)
            yield Mutant("read.some-other", key, sentence, change, ("unknown_documents", DELETION), (key,))


class _Some(Store):
    """Finds some document in the place of one that is not there."""

    def find_one(self, filter: object, *others: Any, **named: Any) -> Any:
        found = self.documents.find_one(filter, *others, **named)
        return found if found is not None else self.documents.find_one({})


def _unlisted(contract: Contract, resource: Resource, key: str) -> Change:
    changes: Counter[Any] = Counter()
    envelope, name = contract.actions[key].envelope, resource.id

    def count(before: Document, after: Document) -> None:  # noqa: ARG001 - names are the keeper's
        changes[str(before.get("_id"))] += 1

    def shown(item: object) -> bool:
        return not isinstance(item, dict) or changes[str(item.get(name))] < 2

    def reply(outcome: Outcome) -> Outcome:
        if not is_success(outcome):
            return outcome
        body = with_items(loaded(outcome.answer.body), envelope, lambda items: [one for one in items if shown(one)])
        return changed_answer(outcome, body=orjson.dumps(body))

    return together(changed(resource.collection, count), replying((key,), reply))


def _with_id_before(envelope: tuple[str, ...], name: str) -> Callable[[Outcome], Outcome]:
    known: list[Any] = []

    def reply(outcome: Outcome) -> Outcome:
        body = loaded(outcome.answer.body)
        holder = body
        for one in envelope:
            holder = holder.get(one) if isinstance(holder, dict) else None
        if not is_success(outcome) or not isinstance(holder, dict) or name not in holder:
            return outcome
        known.append(holder[name])
        if len(known) % 2 == 0:
            holder[name] = known[-2]
            return changed_answer(outcome, body=orjson.dumps(body))
        return outcome

    return reply
