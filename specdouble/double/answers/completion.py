"""What a stored document must have beside what was sent: the id where it stands, defaults, what the schema demands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy

from specdouble.contract import Contract, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import value_at
from specdouble.contract.properties import types_of
from specdouble.double.answers.samples.merged import merged
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.keeper import Document


class Completion:
    """Completes the documents of one resource.

    Args:
        contract: the contract.
        resource: what the documents are.
        sampler: makes what a document must have and nobody has sent.
    """

    def __init__(self, contract: Contract, resource: Resource, sampler: Sampler) -> None:
        self._schemas = contract.schemas
        self._resource = resource
        self._sampler = sampler
        self.slot = contract.schemas.slot(resource.schema, "response")
        self._hidden = {*resource.within}
        if resource.id not in resource.properties or resource.id not in contract.properties(resource.schema):
            self._hidden.add(resource.id)
        self._required: frozenset[str] | None = None

    def visible(self, document: Document) -> Document:
        """The document without what the store keeps beside it."""
        if not self._hidden:
            return document
        return {name: value for name, value in document.items() if name not in self._hidden}

    def identified(self, document: Document) -> Document:
        """The document with its id where the store looks for it, if it has one inside; a made one is put inside."""
        path = self._resource.id_path
        if not path:
            return document
        inside = value_at(document, path)
        if inside is not None:
            return {**document, self._resource.id: str(inside)}
        made = document.get(self._resource.id)
        return document if made is None else with_value_at(document, path, made)

    def is_valid(self, document: Document) -> bool:
        """Whether the document conforms to its own schema."""
        return self._schemas.is_valid(self.slot, self.visible(document))

    def with_defaults(self, document: Document, listed: Mapping[str, JSON]) -> Document:
        """The document with the defaults of the properties that it has not.

        Args:
            document: the document.
            listed: what a list shows when it is asked for nothing: a new document is among it.
        """
        completed = dict(document)
        for name, schema in self._resource.properties.items():
            if "default" in schema:
                completed.setdefault(name, deepcopy(schema["default"]))
        for name, value in listed.items():
            completed.setdefault(name, value)
        return completed

    def with_asked_for(self, document: Document, names: Collection[str]) -> Document:
        """The document with a value of each of these properties that it has not: lists ask for them."""
        missing = [name for name in names if document.get(name) is None]
        if not missing:
            return document
        try:
            made = self._sampler.plain(self.slot, f"{self._resource.collection} {missing}")
        except UnsatisfiableError:
            return document
        completed = dict(document)
        for name in missing:
            if made.get(name) is not None:
                completed[name] = made[name]
        return completed

    def with_required(self, after: Document, before: Document, defaults: Mapping[str, JSON]) -> Document:
        """The document after a replacement: of what was not sent, what has a default has it, the rest that it must
        have stays as it was.
        """
        whole = {**deepcopy(dict(defaults)), **after}
        for name in self._demanded():
            if name in before:
                whole.setdefault(name, before[name])
        return whole

    def _demanded(self) -> frozenset[str]:
        if self._required is None:
            whole = merged(self._schemas.translated(self.slot), self._schemas.definition)
            self._required = frozenset(whole.get("required") or ())
        return self._required

    def completed(
        self, document: Document, sent: Collection[str] = (), before: Document | None = None, *, attempt: int = 0
    ) -> Document:
        """The document with what its schema demands beyond what was sent.

        Args:
            document: the document.
            sent: the properties whose values are a client's: they stay, though this schema cannot hold them. Another
                may, and none shows what does not fit.
            before: the document as it was, where it changes.
            attempt: another makes other values.

        Raises:
            UnsatisfiableError: no document conforms.
        """
        if self.is_valid(document):
            return document
        # A null that the schema does not take is as good as nothing, where nothing else was there before.
        for name, value in list(document.items()):
            was_there = name in (before or document)
            if value is None and was_there and not _takes_null(self._resource, name):
                del document[name]
        # What the store keeps beside a document no schema knows: it is put aside while the rest is repaired.
        shown = self.visible(document)
        hidden = {name: document[name] for name in document if name not in shown}
        key = f"{self._resource.collection} {document.get(self._resource.id)}" + (f" {attempt}" if attempt else "")
        # The id stays, shown or not: the document is found by it.
        kept = {name: document[name] for name in (self._resource.id,) if name in document}
        repaired = self._sampler.repaired(self.slot, shown, key)
        if not isinstance(repaired, dict):
            return document  # the schema takes other things than documents: whoever shows it, shows what conforms
        given = {name: value for name, value in shown.items() if name in sent}
        return {**kept, **_with_all_of(given, repaired), **hidden}


def _with_all_of(given: JSON, repaired: JSON) -> JSON:
    """What was given, with what the repair added inside of its objects; what it took away or changed is back."""
    if isinstance(given, dict) and isinstance(repaired, dict):
        whole = dict(repaired)
        for name, part in given.items():
            whole[name] = _with_all_of(part, repaired.get(name))
        return whole
    if isinstance(given, list) and isinstance(repaired, list) and len(given) == len(repaired):
        return [_with_all_of(one, other) for one, other in zip(given, repaired, strict=True)]
    return given


def with_value_at(document: Document, path: tuple[str, ...], value: JSON) -> Document:
    """The document with the value inside; what it was made of stays as it is."""
    name, *rest = path
    if not rest:
        return {**document, name: value}
    inner = document.get(name)
    return {**document, name: with_value_at(inner if isinstance(inner, dict) else {}, tuple(rest), value)}


def _takes_null(resource: Resource, name: str) -> bool:
    schema = resource.properties.get(name, {})
    kinds = types_of(schema)
    return schema.get("nullable") is True or kinds == {None} or "null" in kinds
