"""What a client sends, by the names and in the places that documents have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specdouble.contract import Action, Contract, Operation, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.properties import plain, synonyms, types_of
from specdouble.double.state.keeper import Document

_OWN_IDS = {"id", "uuid", "guid", "key"}


@dataclass(frozen=True)
class SentProperties:
    """The properties that a client may send.

    Args:
        names: each with the document's own name for it. Forms often write `FriendlyName` what the document has as
            `friendly_name`, and a request `name` what it has as `assetName`.
        inside: those that the document has in one of its parts: the part's name, and the property's in it.
    """

    names: Mapping[str, str]
    inside: Mapping[str, tuple[str, str]]

    @property
    def own(self) -> set[str]:
        """What the document calls them."""
        return {own for name, own in self.names.items() if name not in self.inside}

    def document(self, sent: Document) -> Document:
        """What was sent, as the document has it."""
        found = {self.names.get(name, name): value for name, value in sent.items() if name not in self.inside}
        for name, (part, own) in self.inside.items():
            if name in sent:
                found[part] = {**found.get(part, {}), own: sent[name]}
        return found

    def over(self, before: Document, body: Document) -> Document:
        """The document with what the body changes: of a part that is sent in pieces, the other pieces stay."""
        after = {**before, **body}
        for part, _ in self.inside.values():
            if part in body and isinstance(before.get(part), dict):
                after[part] = {**before[part], **body[part]}
        return after


def sent_properties(contract: Contract, operation: Operation, action: Action) -> SentProperties:
    """What a client may send to an operation on documents."""
    resource = contract.resources[action.collection]
    names: dict[str, str] = {}
    fields: dict[str, dict[str, Any]] = {}
    for schema in _sent_schemas(contract, operation, action):
        found = contract.fields(schema)
        called = synonyms(found, resource.properties, resource.kind)
        taken = {name: part for name, part in found.items() if part.get("readOnly") is not True}
        names |= {name: called.get(name, name) for name in taken}
        fields |= taken
    return SentProperties(names, _inside(contract, resource, fields, names) if resource.why else {})


def _sent_schemas(contract: Contract, operation: Operation, action: Action) -> Iterator[JSON]:
    for media in operation.body.content.values() if operation.body else ():
        yield unwrapped(contract, media.schema, action.wrapper)


def unwrapped(contract: Contract, schema: JSON, wrapper: Iterable[str]) -> JSON:
    """The schema of one document in what is sent: inside these objects, and in the array of several."""
    schema = contract.item(schema)
    for name in wrapper:
        schema = contract.item(contract.fields(schema).get(name))
    return schema


def _inside(
    contract: Contract, resource: Resource, fields: Mapping[str, dict[str, Any]], names: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """What a document has in a part that nobody sends: `roleArn` in the `definition` of a job.

    A part that has an id of its own is another thing, unless the id is the document's.
    """
    open_ones = {name: part for name, part in fields.items() if names[name] not in resource.properties}
    best: dict[str, tuple[str, str]] = {}
    for held, schema in resource.properties.items() if open_ones else ():
        if held in names.values() or "object" not in types_of(schema):
            continue
        inner = contract.properties(schema)
        is_documents = resource.id_path[:1] == (held,)
        if not is_documents and any(plain(name) in _OWN_IDS for name in inner):
            continue
        found = {name: (held, own) for name, own in synonyms(open_ones, inner).items()}
        if len(found) > len(best):
            best = found
    return best
