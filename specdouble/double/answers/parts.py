"""The entries of an array that a document holds: one is added, changed or removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from specdouble.contract import Contract, Operation, PropertyRule, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.kind import Clues, kinds
from specdouble.contract.properties import properties_of, synonyms, types_of
from specdouble.contract.resource import Part
from specdouble.double.answers.entries import new_text_id
from specdouble.double.answers.makers import Makers
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.answers.sent import unwrapped
from specdouble.double.state.exchange import current
from specdouble.double.state.keeper import Document, keepers_of

_IDS = ("id", "_id", "uuid")


class Parts:
    """Changes the entries that an operation is about.

    Args:
        contract: the contract.
        resource: what the document is.
        operation: what changes them.
        part: which entries, and what is done to them.
        sampler: makes people.

    `held` is the property that holds them, `parameter` that of the path that names one, and `shown` the way to it in an
    answer that shows the entry alone.
    """

    def __init__(
        self, contract: Contract, resource: Resource, operation: Operation, part: Part, sampler: Sampler
    ) -> None:
        self._part = part
        self.held, self.parameter, self.shown = part.held, part.parameter, part.shown
        self._schemas = {
            name: schema
            for name, schema, _ in properties_of(
                contract.document, contract.item(resource.properties[part.held]), part.held
            )
        }
        self._own = part.id or next((name for name in _IDS if name in self._schemas), "")
        sent = _sent_names(contract, operation, part)
        self._entries = _as_resource(contract, resource, part, self._schemas, self._own, sent)
        self._makers = Makers(contract, self._entries, sent, sampler)

    def after(self, before: Document, sent: JSON, values: Mapping[str, JSON]) -> Document | None:
        """The document once the operation is done; None where it has no such entry.

        Args:
            before: the document.
            sent: the request's body.
            values: the parameters' values.
        """
        part = self._part
        known = before.get(part.held)
        entries = [*known] if isinstance(known, list) else []
        if part.does == "add":
            added = [self._entry(one, entries) for one in self._sent(sent)]
            return {**before, part.held: [*entries, *added]}
        wanted = str(values.get(part.parameter))
        if not any(self._is(one, wanted) for one in entries):
            return None
        if part.does == "remove":
            return {**before, part.held: [one for one in entries if not self._is(one, wanted)]}
        change = next(iter(self._sent(sent)), None)
        return {**before, part.held: [self._changed(one, change) if self._is(one, wanted) else one for one in entries]}

    def entry(self, document: Document, values: Mapping[str, JSON]) -> JSON:
        """The entry that was written, where an answer shows it alone; else None."""
        entries = document.get(self.held)
        if self.shown is None or not isinstance(entries, list) or not entries:
            return None
        if self._part.does == "add":
            return entries[-1]
        wanted = str(values.get(self.parameter))
        return next((one for one in entries if self._is(one, wanted)), None)

    def _sent(self, body: JSON) -> Sequence[JSON]:
        for name in self._part.wrapper:
            body = body.get(name) if isinstance(body, dict) else None
        if body is None:
            return []
        return [self._renamed(one) for one in (body if isinstance(body, list) else [body])]

    def _renamed(self, one: JSON) -> JSON:
        """What was sent, by the names that entries have for it."""
        if not isinstance(one, dict):
            return one
        called = synonyms({name: {} for name in one}, self._schemas)
        return {called.get(name, name): value for name, value in one.items()}

    def _entry(self, one: JSON, entries: Sequence[JSON]) -> JSON:
        """The new entry, with what a server says of it: who made it, and when."""
        if not isinstance(one, dict):
            return one
        entry = {**one, **self._makers.properties()}
        clock = current.get().world.clock
        for keeper in keepers_of(self._entries, clock):
            keeper.create(entry, clock.timestamp())
        return self._identified(entry, entries)

    def _identified(self, one: Document, entries: Sequence[JSON]) -> Document:
        """The new entry, with an id of its own where entries have one."""
        if not self._own or one.get(self._own) is not None:
            return one
        schema = self._schemas[self._own]
        if types_of(schema) & {"integer", "number"}:
            taken = [known.get(self._own) for known in entries if isinstance(known, dict)]
            return {self._own: max([0, *(value for value in taken if isinstance(value, int))]) + 1, **one}
        return {self._own: new_text_id(schema), **one}

    def _is(self, entry: JSON, wanted: str) -> bool:
        value = entry.get(self._part.id) if isinstance(entry, dict) else entry
        return str(value) == wanted

    def _changed(self, entry: JSON, change: JSON) -> JSON:
        if not isinstance(entry, dict) or not isinstance(change, dict):
            return entry if change is None else change
        changed = {**entry, **change, self._part.id: entry.get(self._part.id)}
        for keeper in keepers_of(self._entries, current.get().world.clock):
            keeper.change(entry, changed)
        return changed


def _sent_names(contract: Contract, operation: Operation, part: Part) -> set[str]:
    """The properties of an entry that a client may send."""
    media = operation.document_body
    schema = unwrapped(contract, media.schema, part.wrapper) if media else None
    return {name for name, field in contract.fields(schema).items() if field.get("readOnly") is not True}


def _as_resource(
    contract: Contract, of: Resource, part: Part, properties: Mapping[str, dict[str, JSON]], id: str, sent: set[str]
) -> Resource:
    """The entries as documents of their own, with what is guessed of what the server sets of them."""
    why = f"the entries of `{part.held}`"
    schema = contract.item(of.properties[part.held])
    entries = Resource(f"{of.collection}.{part.held}", schema, of.pointer, id, None, None, properties, why=why)
    guessed = [rule for kind in kinds().values() for rule in kind.guess(Clues(entries, sent))]
    rules = tuple(rule for rule in guessed if isinstance(rule, PropertyRule) and rule.server_sets)
    return replace(entries, rules=rules)
