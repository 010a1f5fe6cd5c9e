"""The body around a document or a list of them, as the operation's success declares it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.properties import plain
from specdouble.double.answers.listing import Page
from specdouble.double.answers.paging import PageFields
from specdouble.double.answers.samples.merged import merged
from specdouble.double.answers.samples.sample import body_of
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError

Document = dict[str, Any]
_GOOD = {"success", "ok", "succeeded"}
_BAD = {"error", "errors", "errorcode", "errormessage", "warnings"}


class Envelope:
    """Puts documents into the body of an operation's success.

    Args:
        contract: the contract.
        operation: the operation.
        resource: what its documents are.
        path: the property names that lead to the document or the array of them.
        sampler: makes what stands around them.
        many: whether it is an array.

    `least` and `most` tell how many documents the array must and may have.
    """

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        resource: Resource,
        path: tuple[str, ...],
        sampler: Sampler,
        many: bool = False,
    ) -> None:
        self._contract = contract
        self._sampler = sampler
        self._path = path
        self._key = operation.id
        self._id = resource.id
        self._collection = resource.collection
        # Paths may call the id otherwise than the document does, and an answer that shows no document as paths do.
        actions = contract.actions_of.get(resource.collection, ())
        self._keys = {plain(action.id) for _, action in actions if action.id is not None and not resource.single}
        response = operation.response(operation.success)
        self._media = response.media() if response else None
        self._template: Any = None
        self._fields: PageFields | None = None
        schema = self._schema_at(path) if self._media else None
        if many:
            schema = contract.item(schema)
        self._same = schema is resource.schema or _has_alternative(contract, schema, resource.schema)
        names = contract.properties(schema) if schema is not None else {}
        is_single = bool(resource.single) and not names.keys().isdisjoint(resource.properties)
        self.shows = self._media is not None and (self._same or resource.id in names or many or is_single)
        shows_all = self._same or not names or contract.is_open_ended(schema)
        self._names = None if shows_all else frozenset(names)
        # A password is sent, and never shown.
        self._unshown = {name for name, part in resource.properties.items() if part.get("writeOnly") is True}
        # The id of documents that have none of their own stays inside, and what is read without it is shown without.
        self._hides_id = resource.id not in resource.properties or (bool(names) and resource.id not in names)
        self.least, self.most = self._bounds() if many else (0, None)

    def body(self, document: Document, *, page: Page | None = None) -> Any:
        """The body that shows the document, or the page of documents; None where the success has no body."""
        if self._media is None:
            return None
        if page is not None:
            # Copies: what is told of the page is read off the documents as they are stored.
            shown: Any = [self._shown(dict(one)) for one in page.documents]
        elif self.shows:
            shown = self._shown(document)
        else:
            return self._overlaid(document)
        whole = self._around(shown, page) if self._path else shown
        # Nearly always it conforms; what is stored may be shut out by a schema of this operation's own.
        return self._conforming(whole, document)

    def _shown(self, document: Document) -> Document:
        if self._hides_id:
            document.pop(self._id, None)
        for name in self._unshown:
            document.pop(name, None)
        return document if self._names is None else {name: document[name] for name in document if name in self._names}

    def _around(self, shown: Any, page: Page | None) -> Any:
        whole = holder = deepcopy(self._sampled())
        if page is not None and self._fields is not None:
            self._fields.tell(whole, page)
        for name in self._path[:-1]:
            holder[name] = holder.get(name) if isinstance(holder.get(name), dict) else {}
            holder = holder[name]
        holder[self._path[-1]] = shown
        return whole

    def _sampled(self) -> Any:
        if self._template is None:
            assert self._media is not None
            try:
                made = self._sampler.made(self._media.slot, self._key) if self._media.slot else {}
            except UnsatisfiableError:
                made = {}
            self._template = made if isinstance(made, dict) else {}
            _tell_that_all_is_well(self._template)
            if self._media.slot:
                schemas = self._contract.schemas
                self._fields = PageFields(schemas.translated(self._media.slot), schemas.definition, self._path)
        return self._template

    def _overlaid(self, document: Document) -> Any:
        """A sample of the success, with what it shares with the document."""
        assert self._media is not None
        if self._media.slot is None or "json" not in self._media.type:
            return body_of(self._media, self._sampler, self._key)
        sample = self._sampler.sample(self._media.slot, self._key, self._media.examples.values())
        if not isinstance(sample, dict):
            return sample
        both = {**sample, **{name: document[name] for name in sample if name in document}}
        if self._id in document:
            both |= {name: document[self._id] for name in sample if plain(name) in self._keys and name not in document}
        return both if self._contract.schemas.is_valid(self._media.slot, both) else sample

    def _conforming(self, whole: Any, document: Document) -> Any:
        assert self._media is not None
        if self._media.slot is None or self._contract.schemas.is_valid(self._media.slot, whole):
            return whole
        # By the document and not the operation: what has to be made is the same wherever it is shown.
        return self._sampler.repaired(self._media.slot, whole, f"{self._collection} {document.get(self._id)}")

    def _bounds(self) -> tuple[int, int | None]:
        """How many documents the array must and may have."""
        if self._media is None or self._media.slot is None:
            return 0, None
        schemas = self._contract.schemas
        whole = merged(schemas.translated(self._media.slot), schemas.definition)
        for name in self._path:
            whole = merged((whole.get("properties") or {}).get(name), schemas.definition)
        return int(whole.get("minItems", 0)), int(whole["maxItems"]) if "maxItems" in whole else None

    def _schema_at(self, path: tuple[str, ...]) -> Any:
        assert self._media is not None
        schema = self._contract.resolve(self._media.schema)
        for name in path:
            schema = self._contract.resolve(self._contract.parts(schema).get(name))
        return schema


def _has_alternative(contract: Contract, schema: Any, wanted: Any) -> bool:
    """Whether `anyOf: [X, DeletedX]` has the wanted schema among its own."""
    options = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())] if isinstance(schema, dict) else []
    return any(contract.resolve(option) is wanted for option in options)


def _tell_that_all_is_well(holder: dict[str, Any]) -> None:
    for part in holder.values():
        if isinstance(part, dict):
            _tell_that_all_is_well(part)
    for name, value in list(holder.items()):
        key = plain(name)
        if key in _GOOD and isinstance(value, bool):
            holder[name] = True
        elif key in _BAD:
            holder[name] = [] if isinstance(value, list) else None if value is None else value
