"""Answers operations that create, read, list, replace, update or delete documents, without a handler."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from specdouble.contract import Action, Contract, Operation, Resource
from specdouble.double.answers.envelope import Envelope
from specdouble.double.answers.listing import Listing
from specdouble.double.answers.patch import JsonPatch, MergePatch, refusing
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.http.compiled import argument_name
from specdouble.double.state.documents import Collection
from specdouble.double.state.exchange import collection
from specdouble.double.state.problem import Problem
from specdouble.rules.readonly.rule import ReadOnly
from specdouble.rules.timestamp.rule import Timestamp

Document = dict[str, Any]
Result = tuple[Any, int, dict[str, str]]


def automatic(contract: Contract, operation: Operation, sampler: Sampler) -> Callable[..., Result] | None:
    """The function that answers an operation by its action; None where it has none."""
    action = contract.actions.get(operation.id)
    if action is None or not 200 <= operation.success < 300 or operation.response(operation.success) is None:
        return None
    answer = getattr(AutomaticOperation(contract, operation, action, sampler), action.does, None)
    return None if answer is None else _refusing(answer)


def _refusing(answer: Callable[..., Result]) -> Callable[..., Result]:
    """The answer, or 501 where the contract leaves none to make."""

    def refusing(**arguments: Any) -> Result:
        try:
            return answer(**arguments)
        except UnsatisfiableError as error:
            raise Problem(501, "Not Implemented", f"no value conforms to the contract's schema: {error}") from None

    return refusing


class AutomaticOperation:
    """What an action means for the documents of a collection.

    Args:
        contract: the contract.
        operation: the operation.
        action: what it does.
        sampler: fills in what a document must have and the request does not bring.
    """

    def __init__(self, contract: Contract, operation: Operation, action: Action, sampler: Sampler) -> None:
        self._contract = contract
        self._operation = operation
        self._action = action
        self._sampler = sampler
        self._resource: Resource = contract.resources[action.collection]
        self._slot = contract.schemas.slot(self._resource.schema, "response")
        many = action.does == "list"
        self._envelope = Envelope(contract, operation, self._resource, action.envelope, sampler, many)
        self._listing = Listing.of(operation, self._resource, self._envelope.most) if many else None
        self._key = None if action.id is None else argument_name(action.id)
        self._scope = [(argument_name(name), to) for name, to in action.scope]
        self._parents = list(_parents(contract, operation, action)) if operation.response(404) else []
        self._sent = _sent(contract, operation, action)
        self._set_by_server = {rule.name for rule in self._resource.of(ReadOnly)}
        self._set_by_server |= {
            name for name, part in self._resource.properties.items() if part.get("readOnly") is True
        }

    def create(self, **arguments: Any) -> Result:
        """Store the body as a new document."""
        documents = self._documents(arguments)
        document = {**self._body(arguments), **self._scope_of(arguments)}
        stored = self._inserted(documents, document)
        headers = self._location(stored, arguments) if self._operation.success == 201 else {}
        return self._envelope.body(stored), self._operation.success, headers

    def read(self, **arguments: Any) -> Result:
        """Hand out the document of the id."""
        found = self._documents(arguments).find_one(self._filter(arguments))
        return self._shown(found)

    def list(self, **arguments: Any) -> Result:
        """Hand out the documents that the query asks for."""
        assert self._listing is not None
        documents = self._documents(arguments)
        values = {one.name: arguments.get(argument_name(one.name)) for one in self._operation.parameters}
        found = documents.find(
            {**self._listing.filter(values), **self._scope_of(arguments)}, sort=self._listing.order(values) or None
        )
        page = self._listing.page(found, values)
        if len(page.documents) < self._envelope.least:
            return self._without_list(len(page.documents))
        return self._envelope.body({}, page=page), self._operation.success, {}

    def _without_list(self, found: int) -> Result:
        """The answer where fewer documents are found than the list must show: none is made up."""
        if "204" in self._operation.responses:
            return None, 204, {}
        least, name = self._envelope.least, self._resource.collection
        told = f"the list must show {least} (`minItems`), and {name} has {found} that the request asks for"
        if self._operation.response(404) is not None:
            raise Problem(404, None, told)
        raise Problem(501, "Not Implemented", f"{told}: declare a 204 or 404 for that, or leave `minItems` out")

    def replace(self, **arguments: Any) -> Result:
        """Put the body in the document's place; what only the server sets stays."""
        body = self._body(arguments)
        documents, wanted = self._documents(arguments), self._filter(arguments, body)
        before = documents.find_one(wanted)
        if before is None and self._may_create(wanted):
            stored = self._inserted(documents, {**body, **wanted})
            created = "201" in self._operation.responses
            return self._envelope.body(stored), 201 if created else self._operation.success, {}
        kept = {name: value for name, value in (before or {}).items() if name not in self._sent}
        return self._saved(documents, wanted, before, {**kept, **body})

    def _may_create(self, wanted: Document) -> bool:
        """Whether a PUT may make a document: the operation has a 201, or no 404 to refuse it with."""
        if self._key is None:
            return self._operation.response(404) is None and wanted.get(self._resource.id) is not None
        return "201" in self._operation.responses

    def update(self, **arguments: Any) -> Result:
        """Change what the body names."""
        body = self._body(arguments)
        documents, wanted = self._documents(arguments), self._filter(arguments, body)
        before = documents.find_one(wanted)
        patch = arguments.get("body")
        if before is None or not isinstance(patch, JsonPatch | MergePatch):
            return self._saved(documents, wanted, before, {**(before or {}), **body})
        patch = MergePatch(body) if isinstance(patch, MergePatch) else patch
        return self._saved(documents, wanted, before, self._patched(before, patch))

    def _patched(self, before: Document, patch: JsonPatch | MergePatch) -> Document:
        """The document after the patch. What only the server sets stays; what breaks the schema is refused."""
        shown, statuses = self._visible(before), self._operation.statuses
        after = patch.applied_to(shown, statuses)
        if not isinstance(after, dict):
            raise Problem(refusing(statuses, 422, 400, 409), "The patch makes something else of the document")
        after = {name: value for name, value in after.items() if name not in self._set_by_server}
        after |= {name: value for name, value in shown.items() if name in self._set_by_server}
        # What was not asked for is never filled in to mend a patch (RFC 5789, 2.2: unprocessable).
        violations = self._contract.schemas.violations(self._slot, after, "body")
        if violations and self._contract.schemas.is_valid(self._slot, shown):
            raise Problem(refusing(statuses, 422, 400, 409), "The patch breaks the document", violations=violations)
        return {**after, **{name: before[name] for name in before if name not in shown}}

    def delete(self, **arguments: Any) -> Result:
        """Remove the document of the id."""
        documents, wanted = self._documents(arguments), self._filter(arguments)
        shown = self._shown(documents.find_one(wanted))  # first: where there is no answer, nothing is removed
        if not documents.delete_one(wanted).deleted_count:
            raise self._missing({})  # another request was faster
        return shown

    # Documents

    def _documents(self, arguments: Document) -> Collection:
        for parent, name, key, scope in self._parents:
            above = self._contract.resources[parent]
            wanted = {name: _as_id(above, name, arguments.get(key))}
            wanted.update({to: _as_id(above, to, arguments.get(argument)) for argument, to in scope})
            if collection(parent).find_one(wanted) is None:
                raise Problem(404, None, f"{parent} has no document with {name} {arguments.get(key)}")
        return collection(self._resource.collection)

    def _scope_of(self, arguments: Document) -> Document:
        return {to: _as_id(self._resource, to, arguments.get(argument)) for argument, to in self._scope}

    def _filter(self, arguments: Document, body: Document | None = None) -> Document:
        name = self._resource.id
        value = (body or {}).get(name) if self._key is None else arguments.get(self._key)
        return {name: _as_id(self._resource, name, value), **self._scope_of(arguments)}

    def _body(self, arguments: Document) -> Document:
        body = arguments.get("body")
        for name in self._action.wrapper:
            body = body.get(name) if isinstance(body, dict) else None
        return dict(body) if isinstance(body, dict) else {}

    def _inserted(self, documents: Collection, document: Document) -> Document:
        """The document as it was stored. An id that is taken is refused where the operation has a 409 for it.

        Where it has none, the new document takes the old one's place: whoever sends an id finds what was sent.
        """
        name = self._resource.id
        if document.get(name) is None:
            document.pop(name, None)
        elif self._resource.why and "409" not in self._operation.responses:
            documents.delete_one({one: document.get(one) for one in (name, *self._resource.parents)})
        stored = self._completed(documents.draft(self._with_defaults(document)))
        documents.insert_one(stored)
        return stored

    def _with_defaults(self, document: Document) -> Document:
        for name, schema in self._resource.properties.items():
            if "default" in schema and name not in document:
                document[name] = deepcopy(schema["default"])
        return document

    def _completed(self, document: Document, before: Document | None = None) -> Document:
        """The document with what its schema demands beyond what was sent."""
        if self._contract.schemas.is_valid(self._slot, self._visible(document)):
            return document
        for name, value in list(document.items()):
            if value is None and name in (before or document) and not _takes_null(self._resource, name):
                del document[name]
        hidden = {name: document[name] for name in document if name not in self._visible(document)}
        key = f"{self._resource.collection} {document.get(self._resource.id)}"
        # The id stays, shown or not: the document is found by it.
        kept = {name: document[name] for name in (self._resource.id,) if name in document}
        return {**kept, **self._sampler.repaired(self._slot, self._visible(document), key), **hidden}

    def _visible(self, document: Document) -> Document:
        hidden = {*self._resource.within}
        if self._resource.id not in self._resource.properties:
            hidden.add(self._resource.id)
        return {name: value for name, value in document.items() if name not in hidden} if hidden else document

    def _saved(self, documents: Collection, filter: Document, before: Document | None, after: Document) -> Result:
        if before is None:
            raise self._missing(filter)
        stamps = {rule.name: before[rule.name] for rule in self._resource.of(Timestamp) if rule.name in before}
        # As with the id, where the document stands is said by the path, whatever the body says.
        place = {to: before[to] for _, to in self._scope if to in before}
        order = [name for name in self._resource.properties if name in after]
        after = {name: after[name] for name in order} | after
        after = self._completed({**after, self._resource.id: before[self._resource.id], **place, **stamps}, before)
        return self._shown(documents.find_one_and_replace(filter, after, return_document=True))

    def _shown(self, document: Document | None) -> Result:
        if document is None:
            raise self._missing({})
        return self._envelope.body(document), self._operation.success, {}

    def _missing(self, filter: Document) -> Problem:
        told = ", ".join(str(value) for value in filter.values())
        return Problem(404, None, f"{self._resource.collection} has no such document {told}".rstrip())

    def _location(self, document: Document, arguments: Document) -> dict[str, str]:
        for operation_id, action in self._contract.actions.items():
            if action.does == "read" and action.collection == self._resource.collection and action.id is not None:
                values = {name: arguments.get(argument_name(name)) for name, _ in action.scope}
                values[action.id] = document.get(self._resource.id)
                path = self._contract.operations[operation_id].path
                if all(values.get(name) is not None for name in re.findall(r"\{([^{}]+)\}", path)):
                    return {"Location": _filled(path, values)}
        return {}


def _filled(template: str, values: Document) -> str:
    return re.sub(r"\{([^{}]+)\}", lambda match: quote(str(values[match[1]]), safe=""), template)


def _parents(contract: Contract, operation: Operation, action: Action) -> Any:
    """The documents that a nested path stands under: collection, its id property, argument, further scope."""
    for name, _ in action.scope:
        above = operation.path.partition("{" + name + "}")[0] + "{" + name + "}"
        for operation_id, other in contract.actions.items():
            if other.does == "read" and contract.operations[operation_id].path == above and other.id == name:
                resource = contract.resources[other.collection]
                scope = [(argument_name(one), to) for one, to in other.scope]
                yield other.collection, resource.id, argument_name(name), scope


def _sent(contract: Contract, operation: Operation, action: Action) -> set[str]:
    """The properties that a client may send: a replacement that leaves one out removes it."""
    found: set[str] = set()
    for media in operation.body.content.values() if operation.body else ():
        schema = media.schema
        for name in action.wrapper:
            schema = contract.properties(schema).get(name)
        found |= {name for name, part in contract.properties(schema).items() if part.get("readOnly") is not True}
    return found


def _as_id(resource: Resource, name: str, value: Any) -> Any:
    """The value of a path parameter as the property has it: authors type the two differently.

    What no property holds is text: operations may type the same part of their paths differently.
    """
    if name in resource.within:
        return value if value is None else str(value)
    schema = resource.properties.get(name, {})
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if isinstance(value, str) and {"integer", "number"} & {*kinds} and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    return str(value) if "string" in kinds and isinstance(value, int) else value


def _takes_null(resource: Resource, name: str) -> bool:
    schema = resource.properties.get(name, {})
    kinds = schema.get("type")
    return schema.get("nullable") is True or kinds is None or (isinstance(kinds, list) and "null" in kinds)
