"""The ids of what a document holds in its arrays: a server that names entries gives each new one a name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from specdouble.contract import Contract, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.properties import types_of
from specdouble.double.state.exchange import new_id
from specdouble.double.state.keeper import Document

_IDS = ("_id", "id")


class Entries:
    """Names the entries of one resource's documents.

    Args:
        contract: the contract.
        resource: what the documents are.
    """

    def __init__(self, contract: Contract, resource: Resource) -> None:
        self._schemas = contract.schemas
        # By the array: the property of an entry that names it, its schema, and the slot of the entries.
        self._ids: dict[str, tuple[str, Mapping[str, JSON], str]] = {}
        for name, schema in resource.properties.items():
            items = contract.resolve(schema.get("items")) if types_of(schema) == {"array"} else None
            fields = contract.properties(items)
            own = next((one for one in _IDS if types_of(fields.get(one, {})) == {"string"}), None)
            if own is not None:
                self._ids[name] = own, fields[own], contract.schemas.slot(items, "response")

    def named(self, document: Document) -> Document:
        """The document, each entry without an id with a new one, where one fits."""
        if not self._ids:
            return document
        found = {name: document[name] for name in self._ids if isinstance(document.get(name), list)}
        return {**document, **{name: [self._one(name, one) for one in entries] for name, entries in found.items()}}

    def _one(self, name: str, entry: JSON) -> JSON:
        own, schema, slot = self._ids[name]
        if not isinstance(entry, dict) or own in entry:
            return entry
        whole = {own: new_text_id(schema), **entry}
        return whole if self._schemas.is_valid(slot, whole) else entry


def new_text_id(schema: Mapping[str, JSON]) -> str:
    """A new id of an entry, in the form that its schema names."""
    made = new_id()
    return str(uuid.UUID(f"{made:0<32}")) if schema.get("format") == "uuid" else made
