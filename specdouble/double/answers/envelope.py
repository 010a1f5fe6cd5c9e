"""The body around a document or a list of them, as the operation's success declares it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.digits import number_of
from specdouble.contract.identity import singular
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import value_at
from specdouble.contract.properties import plain, synonyms, types_of
from specdouble.double.answers.embedded import Embedded
from specdouble.double.answers.listing import Page
from specdouble.double.answers.paging import PageFields
from specdouble.double.answers.samples.merged import merged
from specdouble.double.answers.samples.sample import body_of
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.answers.samples.unshown import Unshown
from specdouble.double.state.conforming import Conforming
from specdouble.double.state.keeper import Document

# What an envelope says of the request: a document that is shown has been found.
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
        self._listed = operation.listed
        self._id = resource.id
        self._embedded = Embedded(contract, resource)
        self._collection = resource.collection
        self._keys = _names_of_id(contract, resource)
        response = operation.response(operation.success)
        self._media = response.media() if response else None
        self._secrets = Unshown(contract, self._media.schema if self._media else None)
        self._template: dict[str, JSON] | None = None
        self._fields: PageFields | None = None
        schema = self._schema_at(path) if self._media else None
        if many:
            schema = contract.item(schema)
        self._schema = schema
        self._same = schema is resource.schema or _has_alternative(contract, schema, resource.schema)
        names = contract.properties(schema) if schema is not None else {}
        called = synonyms(resource.properties, names, resource.kind)  # `assetName` may be `name` in a summary
        self._shows_id = resource.id in called or bool(resource.id_path and resource.id_path[0] in names)
        is_single = bool(resource.single) and not names.keys().isdisjoint(resource.properties)
        self._beside = None if many or self._media is None else self._place_of_id(path)
        is_document = self._same or self._shows_id or is_single
        is_placed = many or self._beside is not None or bool(path)
        self.shows = self._media is not None and (is_document or is_placed)
        shows_all = self._same or not names or contract.is_open_ended(schema)
        self._names = None if shows_all else {name: name for name in names} | called
        # A password is sent, and never shown.
        self._unshown = {name for name, part in resource.properties.items() if part.get("writeOnly") is True}
        # The id of documents that have none of their own stays inside, and what is read without it is shown without.
        self._hides_id = resource.id not in resource.properties or (bool(names) and not self._shows_id)
        self.least, self.most = self._bounds() if many else (0, None)

    def body(self, document: Document, *, page: Page | None = None) -> JSON:
        """The body that shows the document, or the page of documents; None where the success has no body."""
        if self._media is None:
            return None
        identity = document.get(self._id)
        if page is not None:
            # Copies: what is told of the page is read off the documents as they are stored.
            shown: JSON = [self._shown(dict(one)) for one in self._embedded.filled(page.documents)]
        elif self.shows:
            shown = self._shown(*self._embedded.filled([document]))
        else:
            return self._overlaid(document)
        whole = self._around(shown, page) if self._path else shown
        if self._beside is not None:
            self._tell_id(whole, self._beside, identity)
        # Nearly always it conforms; what is stored may be shut out by a schema of this operation's own.
        return self._conforming(whole, identity, page)

    def _shown(self, document: Document) -> Document:
        if self._hides_id:
            document.pop(self._id, None)
        for name in self._unshown:
            document.pop(name, None)
        if self._names is None:
            return document
        return {self._names[name]: value for name, value in document.items() if name in self._names}

    def _around(self, shown: JSON, page: Page | None) -> JSON:
        whole = holder = deepcopy(self._sampled())
        # Before the documents are put in: a field beside them may be called as they are.
        if page is not None and self._fields is not None:
            self._fields.tell(whole, page)
        *outer, last = self._path
        for name in outer:
            if not isinstance(holder.get(name), dict):
                holder[name] = {}
            holder = holder[name]
        holder[last] = shown
        return whole

    def _tell_id(self, whole: Document, place: tuple[str, ...], identity: JSON) -> None:
        """Put the document's id where it stands beside the document, of the type that it has there."""
        holder = value_at(whole, place)
        if not isinstance(holder, dict) or identity is None:
            return
        kinds = types_of(self._contract.properties(self._schema_at(place))[self._id])
        if "string" in kinds:
            identity = str(identity)
        else:
            number = number_of(identity)
            identity = identity if number is None else number
        holder[self._id] = identity

    def _place_of_id(self, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """Where the id stands outside of the document at the path: beside `result` in `{id, result}`."""
        places = [path[:end] for end in range(len(path))]
        holding = (one for one in places if self._id in self._contract.properties(self._schema_at(one)))
        return next(holding, None)

    def _sampled(self) -> dict[str, JSON]:
        """What stands around the documents: a sample of the success, made once."""
        if self._template is None:
            slot = self._media.slot if self._media else None
            self._template = self._made(slot) if slot else {}
            _tell_that_all_is_well(self._template)
            if slot:
                schemas = self._contract.schemas
                self._fields = PageFields(schemas.translated(slot), schemas.definition, self._path, self._listed)
        return self._template

    def _made(self, slot: str) -> dict[str, JSON]:
        try:
            made = self._sampler.made(slot, self._key)
        except UnsatisfiableError:
            return {}  # with the document in it, it may be one that conforms
        return made if isinstance(made, dict) else {}

    def _overlaid(self, document: Document) -> JSON:
        """A sample of the success, with what it shares with the document."""
        assert self._media is not None
        if self._media.slot is None or "json" not in self._media.type:
            return body_of(self._media, self._sampler, self._key)
        sample = self._sampler.sample(self._media.slot, self._key, self._media.examples.values())
        if not isinstance(sample, dict):
            return sample
        both = dict(sample)
        for name in sample:
            if name in document:
                both[name] = document[name]
            elif self._id in document and plain(name) in self._keys:
                both[name] = document[self._id]
        return self._secrets.without(both if self._contract.schemas.is_valid(self._media.slot, both) else sample)

    def _conforming(self, whole: JSON, identity: JSON, page: Page | None) -> JSON:
        assert self._media is not None
        slot = self._media.slot
        if slot is None:
            return whole
        whole = self._secrets.without(whole)
        if not self._contract.schemas.is_valid(slot, whole):
            self._mend_documents(whole, [identity] if page is None else [one.get(self._id) for one in page.documents])
            whole = self._sampler.repaired(slot, whole, self._key_of(identity))
        return Conforming(whole, slot)

    def _mend_documents(self, whole: JSON, identities: Sequence[JSON]) -> None:
        """Mend each document by itself: what has to be made of it is the same, whatever stands around and beside it."""
        shown = value_at(whole, self._path)
        if isinstance(shown, list):
            shown[:] = [self._mended(one, identity) for one, identity in zip(shown, identities, strict=True)]
        elif self._path:
            value_at(whole, self._path[:-1])[self._path[-1]] = self._mended(shown, identities[0])

    def _mended(self, shown: JSON, identity: JSON) -> JSON:
        slot = self._contract.schemas.slot(self._schema, "response")
        mended = self._sampler.mended(slot, shown, self._key_of(identity))
        return shown if mended is None else mended

    def _key_of(self, identity: JSON) -> str:
        """By the document and not the operation: what has to be made is the same wherever it is shown."""
        return f"{self._collection} {identity}"

    def _bounds(self) -> tuple[int, int | None]:
        """How many documents the array must and may have."""
        if self._media is None or self._media.slot is None:
            return 0, None
        schemas = self._contract.schemas
        whole = merged(schemas.translated(self._media.slot), schemas.definition)
        for name in self._path:
            whole = merged((whole.get("properties") or {}).get(name), schemas.definition)
        return int(whole.get("minItems", 0)), int(whole["maxItems"]) if "maxItems" in whole else None

    def _schema_at(self, path: tuple[str, ...]) -> JSON:
        assert self._media is not None
        schema = self._contract.resolve(self._media.schema)
        for name in path:
            schema = self._contract.resolve(self._contract.parts(schema).get(name))
        return schema


def _names_of_id(contract: Contract, resource: Resource) -> set[str]:
    """What an id may be called beside the document's own word for it: paths have theirs, and answers follow them."""
    actions = () if resource.single else contract.actions_of.get(resource.collection, ())
    named = {plain(action.id) for _, action in actions if action.id is not None}
    return {plain(f"{singular(resource.collection)}_id"), *named}


def _has_alternative(contract: Contract, schema: JSON, wanted: JSON) -> bool:
    """Whether `anyOf: [X, DeletedX]` has the wanted schema among its own."""
    if not isinstance(schema, dict):
        return False
    options = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return any(contract.resolve(option) is wanted for option in options)


def _tell_that_all_is_well(holder: dict[str, JSON]) -> None:
    """Make of what a sample says of errors what is true of a success."""
    for part in holder.values():
        if isinstance(part, dict):
            _tell_that_all_is_well(part)
    for name, value in list(holder.items()):
        key = plain(name)
        if key in _GOOD and isinstance(value, bool):
            holder[name] = True
        elif key in _BAD and isinstance(value, list):
            holder[name] = []
