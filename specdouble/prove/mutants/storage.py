"""Documents that are lost, cut, mixed up, or left behind by a refused request."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import orjson

from specdouble.contract import Contract, Operation, PropertyRule, Resource
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.documents import Collection
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.keeper import Document, Keeper
from specdouble.double.state.problem import Refusal
from specdouble.double.state.world import World
from specdouble.prove.change import (
    Answering,
    Asked,
    Store,
    answering,
    changed,
    changed_answer,
    is_success,
    keeping,
    kept_also,
    loaded,
    removing,
    replying,
    sent,
    storing,
)
from specdouble.prove.facts import (
    changers,
    creators,
    document_schema,
    doing,
    is_free_text,
    kind_of,
    required_names,
    ruled,
    sendable,
    settable,
    shown,
    takes_null,
    writable,
)
from specdouble.prove.fault import Change, Mutant, Mutants

READ, PARTIAL, TRACE = "read_your_writes", "partial_update", "refused_leaves_no_trace"
CONFORMANCE = "conformance"
MOST = 10


def mutants(contract: Contract) -> Mutants:
    """The mutants of what is stored."""
    for resource in contract.resources.values():
        if creators(contract, resource.collection) or changers(contract, resource.collection):
            yield from _values(contract, resource)
            yield from _writes(contract, resource)
            yield from _traces(contract, resource)
        yield from _reads(contract, resource)
        yield from _lists(contract, resource)


# Values that are not kept as they were sent


def _values(contract: Contract, resource: Resource) -> Mutants:
    plain = {
        name: schema
        for name, schema in settable(contract, resource.collection, "create").items()
        if name not in ruled(resource)
    }
    texts = [name for name, schema in plain.items() if is_free_text(schema)]
    for name in texts[:1]:
        for kind, sentence, change in _TEXTS:
            why = _nothing(contract, resource, name) if kind == _NO_TEXT else ""
            mutant = _mangled(resource, name, kind, f"{name} {sentence}", change, is_left_out=bool(why))
            yield replace(mutant, equivalent=why)
    for kind, types, sentence, other in _OTHERS:
        found = [name for name, schema in plain.items() if kind_of(schema) in types and "enum" not in schema]
        for name in found[:1]:
            yield _mangled(resource, name, kind, f"{name} {sentence}", other)
    names = {kind_of(schema): name for name, schema in reversed(plain.items())}
    for name in names.values():
        yield _lost(resource, name)


def _nothing(contract: Contract, resource: Resource, name: str) -> str:
    """Why no text cannot be told from none that was sent; empty where it can."""
    schema = resource.properties[name]
    is_filled_in = schema.get("default", "") != ""  # then what is left out says another text
    if is_filled_in or takes_null(schema) or name in required_names(contract, resource.schema):
        return ""
    return f"{name} may be left out and is never null: an answer may leave it out where it is empty"


def _escaped(value: Any) -> Any:
    return html.escape(value, quote=False)


_NO_TEXT = "empty-is-null"
_TEXTS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("trimmed", "loses its outer spaces.", str.strip),
    ("cut", "is cut after 64 characters.", lambda text: text[:64]),
    ("lower-case", "is kept in small letters.", str.lower),
    ("ascii-alone", "loses what is not ASCII.", lambda text: text.encode("ascii", "replace").decode()),
    ("escaped", "has '&amp;' for '&'.", _escaped),
    (_NO_TEXT, "is null where an empty text was sent.", lambda text: text or None),
)
_OTHERS: tuple[tuple[str, tuple[str, ...], str, Callable[[Any], Any]], ...] = (
    ("rounded", ("number",), "is rounded to two digits.", lambda number: round(number, 2)),
    ("whole", ("number",), "loses its fraction.", lambda number: int(number)),
    ("never-false", ("boolean",), "is true where false was sent.", lambda _: True),
    ("shortened", ("array",), "loses its last item.", lambda items: items[:-1]),
)


def _mangled(
    resource: Resource, name: str, kind: str, sentence: str, other: Callable[[Any], Any], *, is_left_out: bool = False
) -> Mutant:
    change = _altering(resource.collection, name, other, is_left_out)
    return Mutant(f"value.{kind}", f"{resource.collection}.{name}", sentence, change, (READ,))


def _altering(collection: str, name: str, other: Callable[[Any], Any], is_left_out: bool) -> Change:
    """Keep what was sent as `name` as something else; where that is nothing, and may be left out, not at all."""

    class Altering(Keeper):
        def create(self, document: Document, now: str) -> None:
            self.alter(document)

        def change(self, before: Document, after: Document) -> None:
            self.alter(after)

        @staticmethod
        def alter(document: Document) -> None:
            if name in sent() and document.get(name) is not None:
                document[name] = other(document[name])
                if is_left_out and document[name] is None:
                    del document[name]

    return kept_also(collection, Altering)


def _lost(resource: Resource, name: str) -> Mutant:
    """What is sent is answered, and not there when it is read."""

    class Losing(Store):
        def insert_one(self, document: Document) -> Any:
            return self.documents.insert_one({**document, name: _EMPTY.get(kind_of(resource.properties[name]))})

        def replace_one(self, filter: object, after: Document) -> Any:
            before = self.documents.find_one(filter) or {}
            kept = {key: value for key, value in after.items() if key != name}
            return self.documents.replace_one(filter, {**kept, **({name: before[name]} if name in before else {})})

    change = keeping(resource.collection, _over(Losing))
    sentence = f"What is sent as {name} is answered, and lost."
    return Mutant("value.lost", f"{resource.collection}.{name}", sentence, change, (READ,))


_EMPTY = {"string": "", "number": 0, "integer": 0, "boolean": False, "array": [], "object": {}}


def _over(store: type[Store]) -> type[Collection]:
    class Over(Collection):
        def __init__(self, documents: Any, *others: Any) -> None:
            super().__init__(store(documents), *others)

    return Over


# Writes that are not done, or do too much


class InsertsNothing(Store):
    """Takes a new document, and forgets it."""

    def insert_one(self, document: Document) -> None:
        """Not stored."""


class ReplacesNothing(Store):
    """Takes a changed document, and keeps the old one."""

    def replace_one(self, filter: object, after: Document) -> None:
        """Not changed."""


def _writes(contract: Contract, resource: Resource) -> Mutants:
    things = resource.collection
    are_shown = shown(contract, things)
    if are_shown:
        yield from _not_stored(contract, things)
    for key in doing(contract, things, "update"):
        yield from _wiping(contract, resource, key)
    if not are_shown:
        return
    for key in doing(contract, things, "act") if creators(contract, things) else ():
        action = contract.actions[key]
        if action.sets and not action.why:
            yield from _overdone(contract, resource, key, dict(action.sets))
    for key in doing(contract, things, "delete"):
        yield from _deletes(resource, key)


def _not_stored(contract: Contract, things: str) -> Mutants:
    for key in creators(contract, things):
        sentence = f"A new document of {things} is answered, and not stored."
        yield Mutant("write.create-not-stored", key, sentence, storing((key,), things, InsertsNothing), (READ,), (key,))
        declared = next((one for one in ("400", "422") if one in contract.operations[key].statuses), None)
        if declared is not None:
            sentence = f"Each third time {key} refuses what it takes when it is sent once more."
            yield Mutant(
                "write.create-refused-by-chance",
                key,
                sentence,
                answering((key,), _each_third()),
                (CONFORMANCE,),
                (key,),
            )
    for key in doing(contract, things, "update", "replace"):
        sentence = f"A change of a document of {things} is answered, and not stored."
        change = storing((key,), things, ReplacesNothing)
        yield Mutant("write.update-not-stored", key, sentence, change, (READ,), (key,))


def _each_third() -> Answering:
    """Answer each third request as one whose body cannot be read."""
    numbers = count(1)

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        return await asked(replace(request, body=b"{") if next(numbers) % 3 == 0 else request, world)

    return answer


def _overdone(contract: Contract, resource: Resource, key: str, sets: Document) -> Mutants:
    things, told = resource.collection, ", ".join(sets)

    class Spreading(Store):
        def replace_one(self, filter: object, after: Document) -> None:
            self.documents.replace_one(filter, after)
            for one in list(self.documents.find({})):
                self.documents.replace_one({"_id": one["_id"]}, {**one, **sets})

    sentence = f"{key} sets {told} of every document of {things}."
    yield Mutant("write.act-reaches-others", key, sentence, storing((key,), things, Spreading), (PARTIAL,), (key,))
    sent = [sendable(contract, contract.operations[creator]) for creator in creators(contract, things)]
    free = {name for one in sent for name in _free_texts(resource, one)} - sets.keys()

    class Wiping(Store):
        def replace_one(self, filter: object, after: Document) -> None:
            self.documents.replace_one(filter, {name: one for name, one in after.items() if name not in free})

    if free:
        sentence = f"{key} takes the texts of a document of {things} away."
        yield Mutant("write.act-wipes-others", key, sentence, storing((key,), things, Wiping), (PARTIAL,), (key,))


def _wiping(contract: Contract, resource: Resource, key: str) -> Mutants:
    names = _free_texts(resource, sendable(contract, contract.operations[key]))
    wiped = {name: None if takes_null(resource.properties[name]) else "" for name in names}
    if not wiped:
        return

    def alter(before: Document, after: Document) -> None:
        after.update({name: value for name, value in wiped.items() if name not in sent() and name in before})

    sentence = f"A change of a document of {resource.collection} empties the texts that it does not mention."
    yield Mutant("write.update-wipes-others", key, sentence, changed(resource.collection, alter), (PARTIAL,), (key,))
    body = contract.operations[key].document_body
    if body is not None and not required_names(contract, document_schema(contract, contract.operations[key], body)):

        def alter_unasked(before: Document, after: Document) -> None:
            if not sent():
                alter(before, after)

        sentence = f"A change of a document of {resource.collection} that names nothing empties its texts."
        change = changed(resource.collection, alter_unasked)
        yield Mutant("write.empty-update-wipes", key, sentence, change, (PARTIAL,), (key,))


def _free_texts(resource: Resource, sent: Mapping[str, Any]) -> list[str]:
    """The properties of those sent that may hold any text: no rule speaks of them."""
    unruled = resource.properties.keys() - ruled(resource)
    return [name for name, schema in sent.items() if name in unruled and is_free_text(schema)]


def removes_nothing(_documents: object, _going: Sequence[Document], _go: Callable[[], None]) -> None:
    """Keeps what is to be removed."""


def _deletes(resource: Resource, key: str) -> Mutants:
    things = resource.collection
    change = removing((key,), things, removes_nothing)
    yield Mutant(
        "write.delete-not-done", key, f"A deleted document of {things} is still there.", change, (READ,), (key,)
    )

    def sweep(documents: Any, going: Sequence[Document], go: Callable[[], None]) -> None:
        go()
        for one in going:
            documents.delete_many({name: one[name] for name in (resource.owner, resource.tenant) if name in one})

    sentence = f"Deleting one document of {things} deletes all of them that the caller has."
    yield Mutant("write.delete-takes-all", key, sentence, removing((key,), things, sweep), (READ,), (key,))


# What a refused request leaves behind


def _traces(contract: Contract, resource: Resource) -> Mutants:
    things = resource.collection
    kinds = {rule.kind for rule in resource.rules if rule.refuses}
    names = {rule.name for rule in resource.of(PropertyRule) if rule.refuses}
    for key in doing(contract, things, "update", "replace"):
        if kinds and names & set(sendable(contract, contract.operations[key])) and shown(contract, things):
            sentence = f"A change of a document of {things} that a rule refuses is done in part."
            yield Mutant("trace.refused-update-done-in-part", key, sentence, keeping(things, _Partly), (TRACE,), (key,))
        if shown(contract, things):
            sentence = f"A change of a document of {things} that does not fit its schema is done in part."
            yield Mutant(
                "trace.invalid-update-done-in-part", key, sentence, _fitting_part(contract, key), (TRACE,), (key,)
            )
    for key in creators(contract, things):
        is_met = doing(contract, things, "list") or any(rule.identifies for rule in resource.rules)
        unseen = "" if is_met else _UNSEEN.format(things)
        unseen = unseen or _all_needed(contract, contract.operations[key])
        sentence = f"A document of {things} that does not fit its schema is refused, and its fitting part is stored."
        yield Mutant(
            "trace.invalid-create-stored", key, sentence, _fitting_part(contract, key), (TRACE,), (key,), unseen
        )


def _all_needed(contract: Contract, operation: Operation) -> str:
    """Why no part of a body that does not fit can be stored; empty where one can."""
    media = operation.json_body
    known = set(writable(contract, operation))
    if media is None or known - set(required_names(contract, document_schema(contract, operation, media))):
        return ""
    return f"{operation} asks for every property that it takes: without one that does not fit, nothing fits"


_UNSEEN = "a refusal tells no id, no operation lists {}, and no rule compares two of them: nobody meets the document"


class _Partly(Collection):
    def _save(self, before: Document, after: Document, touched: set[str]) -> Document:
        try:
            return super()._save(before, dict(after), touched)
        except Refusal as refusal:
            broken = {one.pointer.lstrip("/") for one in refusal.broken}
            kept = {name: before[name] for name in broken if name in before}
            self._rules.carry_over(before, after)
            self._documents.replace_one({"_id": before["_id"]}, {**after, **kept, **_keys(self._rules, before)})
            raise


def _keys(rules: Enforcement, before: Document) -> Document:
    return {field: before[field] for field in rules.key_fields if field in before}


def _fitting_part(contract: Contract, key: str) -> Change:
    """Refuse what does not fit, after the rest was written."""
    operation = contract.operations[key]

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        outcome = await asked(request, world)
        if outcome.answer.status in (400, 422) and outcome.rule is None:
            part = _valid_part(contract, operation, loaded(request.body))
            if part is not None:
                await asked(replace(request, body=orjson.dumps(part)), world)
        return outcome

    return answering((key,), answer)


def _valid_part(contract: Contract, operation: Operation, body: object) -> Any:
    media = operation.json_body
    action = contract.actions[operation.id]
    if media is None or action.wrapper or not isinstance(body, dict):
        return None
    properties = contract.properties(document_schema(contract, operation, media))
    validator = contract.schemas
    fitting = {
        name: value
        for name, value in body.items()
        if name not in properties or validator.is_valid(validator.slot(properties[name], "request"), value)
    }
    return fitting if fitting != body else None


# Reads and lists


def _reads(contract: Contract, resource: Resource) -> Mutants:
    things = resource.collection
    for key in doing(contract, things, "read"):
        if creators(contract, things):
            sentence = f"Whichever document of {things} is asked for, the caller's oldest is shown."
            change = storing((key,), things, Oldest)
            yield Mutant("read.another", key, sentence, change, (READ,), (key,))


class Oldest(Store):
    """Finds another document than the one that is asked for."""

    def find_one(self, filter: Any) -> Any:
        """The first that the rest of the filter matches."""
        if self.documents.find_one(filter) is None:
            return None
        return self.documents.find_one({name: value for name, value in filter.items() if name != "_id"})


def _lists(contract: Contract, resource: Resource) -> Mutants:
    things = resource.collection
    for key in doing(contract, things, "list"):
        why = (
            ""
            if creators(contract, things)
            else f"no operation creates documents of {things}: nobody knows what belongs in the list"
        )
        for kind, sentence, change in _listed(contract, key, things):
            yield Mutant(f"list.{kind}", key, sentence, change, (READ,), (key,), why)


def _listed(contract: Contract, key: str, things: str) -> Iterator[tuple[str, str, Change]]:
    envelope = contract.actions[key].envelope
    yield (
        "loses-one",
        f"The list of {things} lacks the newest.",
        replying((key,), _items(envelope, lambda items: items[:-1])),
    )
    yield (
        "doubles-one",
        f"The list of {things} has the newest twice.",
        replying((key,), _items(envelope, lambda items: items + items[-1:])),
    )
    yield (
        "capped",
        f"The list of {things} ends after {MOST}.",
        replying((key,), _items(envelope, lambda items: items[:MOST])),
    )
    for name, value in _last_values(contract, things):
        yield (
            "lacks-a-value",
            f"The list of {things} lacks those whose {name} is {value!r}.",
            replying((key,), _items(envelope, partial(_without, name, value))),
        )


def _last_values(contract: Contract, things: str) -> Iterator[tuple[str, Any]]:
    """The last value of the first property that documents are created with and that has few."""
    resource, known = contract.resources[things], settable(contract, things, "create")
    few = [(name, known[name].get("enum")) for name in known if name not in ruled(resource)]
    yield from [(name, values[-1]) for name, values in few if values and len(values) > 1][:1]


def _without(name: str, value: object, items: list[Any]) -> list[Any]:
    return [one for one in items if not isinstance(one, dict) or one.get(name) != value]


def _items(envelope: tuple[str, ...], other: Callable[[list[Any]], list[Any]]) -> Callable[[Outcome], Outcome]:
    def reply(outcome: Outcome) -> Outcome:
        body = loaded(outcome.answer.body)
        if is_success(outcome):
            return changed_answer(outcome, body=orjson.dumps(_put(body, envelope, other)))
        return outcome

    return reply


def _put(body: object, envelope: tuple[str, ...], other: Callable[[list[Any]], list[Any]]) -> Any:
    if envelope:
        return {**body, envelope[0]: _put(body[envelope[0]], envelope[1:], other)} if isinstance(body, dict) else body
    return other(body) if isinstance(body, list) else body
