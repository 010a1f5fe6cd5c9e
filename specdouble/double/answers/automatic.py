"""Answers operations that create, read, list, replace, update or delete documents, without a handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from copy import deepcopy

from specdouble.contract import Action, Contract, Operation, PropertyRule, Resource
from specdouble.contract.arguments import argument_name
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import value_at
from specdouble.contract.properties import plain
from specdouble.double.answers.answer import Answer, Result
from specdouble.double.answers.asked import AskedDocuments
from specdouble.double.answers.below import Below
from specdouble.double.answers.completion import Completion, with_value_at
from specdouble.double.answers.entries import Entries
from specdouble.double.answers.filling import Filling
from specdouble.double.answers.initial import initial_values
from specdouble.double.answers.listing import Lists
from specdouble.double.answers.makers import Makers
from specdouble.double.answers.parts import Parts
from specdouble.double.answers.people import People
from specdouble.double.answers.placement import Placement
from specdouble.double.answers.preconditions import Preconditions
from specdouble.double.answers.repeated import once
from specdouble.double.answers.samples.sample import sampled
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.answers.sent import sent_properties, unwrapped
from specdouble.double.state.documents import Collection, Lower
from specdouble.double.state.keeper import Document
from specdouble.double.state.patch import JsonPatch, MergePatch, refusing
from specdouble.double.state.problem import Problem

# What no answer shows: fewer than what proves who signs in, since a `code` is most often a document's own.
_HIDDEN = re.compile(r"passw|passphrase|secret")


def is_automatic(contract: Contract, operation: Operation) -> bool:
    """Whether an operation has an action that can be done, and answered as the contract says."""
    action = contract.actions.get(operation.id)
    # Without a success that is declared, there is nothing that the answer could be held to.
    answers = 200 <= operation.success < 400 and operation.response(operation.success) is not None
    return action is not None and answers and hasattr(AutomaticOperation, action.does)


def automatic(contract: Contract, operation: Operation, sampler: Sampler, lists: Lists) -> Callable[..., Result]:
    """The function that answers an automatic operation by its action."""
    action = contract.actions[operation.id]
    answer = getattr(AutomaticOperation(contract, operation, action, sampler, lists), action.does)
    return once(operation, _refusing(answer, sampled(contract, operation, sampler)))


def _refusing(answer: Callable[..., Result], sample: Callable[[], Result]) -> Callable[..., Result]:
    """The answer, the sample where no store could keep the document, or 501 where the contract leaves none to make."""

    def refusing(**arguments: JSON) -> Result:
        try:
            return answer(**arguments)
        except OverflowError:  # the contract demands an integer beyond 64 bits
            return sample()
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
        lists: what a document must have to be listed.
    """

    def __init__(
        self, contract: Contract, operation: Operation, action: Action, sampler: Sampler, lists: Lists
    ) -> None:
        self._contract = contract
        self._operation = operation
        self._action = action
        self._resource: Resource = contract.resources[action.collection]
        self._arguments = {one.name: argument_name(one.name) for one in operation.parameters}
        self._placement = Placement(contract, operation, action)
        self._below = Below(contract)
        self._preconditions = Preconditions(contract, operation, action.collection)
        self._completion = Completion(contract, self._resource, sampler)
        self._filling = Filling(contract, self._resource, self._completion, sampler.documents)
        self._asked = AskedDocuments(contract, self._resource, sampler) if _is_unfilled(contract, action) else None
        people = contract.people
        self._people = People(contract, people, sampler) if people else None
        self._parts = Parts(contract, self._resource, operation, action.part, sampler) if action.part else None
        self._answer = Answer(contract, operation, action, self._preconditions, sampler)
        self._listing = self._answer.listing
        self._listed = lists.of(self._resource)
        self._sent = sent_properties(contract, operation, action)
        self._entries = Entries(contract, self._resource)
        self._defaults = _defaults(contract, operation, action, self._sent.names)
        self._naming = _naming(contract, action, self._sent.names)
        self._makers = Makers(contract, self._resource, self._sent.own, sampler)
        self._initial = initial_values(contract, self._resource, self._sent.own)
        self._unkept = _secrets(self._resource, self._sent.names)
        self._set_by_server = _set_by_server(self._resource)
        if self._resource.why:  # readOnly where it is shown, and taken where it is sent: the request knows best
            self._set_by_server -= self._sent.own

    # The actions

    def create(self, **arguments: JSON) -> Result:
        """Store the body as a new document."""
        values = self._values(arguments)
        documents = self._placement.documents(values)
        body = self._body(arguments)
        before = self._named_in(body, documents)
        if before is not None:
            wanted = {self._resource.id: before[self._resource.id]}
            change = _without(body, {self._naming})
            return self._saved(documents, wanted, before, self._sent.over(before, change), change)
        document = {**body, **self._placement.named(values)}
        stored = self._inserted(documents, document)
        headers = self._answer.location(stored, values) if self._operation.success == 201 else {}
        return self._answer.of_new([stored], headers | self._preconditions.headers(stored))

    def copy(self, **arguments: JSON) -> Result:
        """Store another document like the one of the id, with what the body changes."""
        values, body = self._values(arguments), self._body(arguments)
        documents = self._placement.documents(values)
        original = self._found(documents, self._wanted(values))
        stored = self._inserted(documents, self._sent.over(self._copied(original), body))
        return self._answer.of_new([stored], self._answer.location(stored, values))

    def _copied(self, original: Document) -> Document:
        """What a copy has of the original: not its id, nor what the server sets of each."""
        copied = _without(original, {self._resource.id, *self._set_by_server})
        if self._resource.id_path:
            *outer, name = self._resource.id_path
            copied = with_value_at(copied, (*outer,), _without(value_at(copied, (*outer,)), {name}))
        return copied

    def create_many(self, **arguments: JSON) -> Result:
        """Store each document of the body's array; none, where one of them is refused."""
        values = self._values(arguments)
        documents, scope = self._placement.documents(values), self._placement.scope(values)
        stored: list[Document] = []
        try:
            for one in self._bodies(arguments):
                stored += [self._inserted(documents, {**deepcopy(self._defaults), **one, **scope})]
        except Problem:
            for one in stored:
                documents.withdraw({**scope, self._resource.id: one[self._resource.id]})
            raise
        return self._answer.of_new(stored, {})

    def read(self, **arguments: JSON) -> Result:
        """Hand out the document of the id."""
        values = self._values(arguments)
        return self._answer.of_known(self._found(self._placement.documents(values), self._wanted(values)))

    def list(self, **arguments: JSON) -> Result:
        """Hand out the documents that the query asks for."""
        values = self._values(arguments)
        documents = self._placement.documents(values)
        wanted = {**self._listing.filter(values), **self._placement.scope(values)}
        order = self._listing.order(values)
        # All that match, not the page alone: the answer may have to say how many there are.
        found = self._placement.standing(documents.find(wanted, sort=order or None))
        return self._answer.of_page(self._listing.page(found, values))

    def replace(self, **arguments: JSON) -> Result:
        """Put the body in the document's place; what only the server sets stays."""
        values, body = self._values(arguments), self._body(arguments)
        documents, wanted = self._placement.documents(values), self._wanted(values, body)
        before = documents.find_one(wanted)
        if before is None and self._may_create(wanted):
            self._preconditions.hold(None, values)
            stored = self._inserted(documents, {**body, **wanted})
            return self._answer.of_put(stored)
        before = self._found(documents, wanted, before)
        self._preconditions.hold(before, values)
        removed = self._sent.own - self._set_by_server
        kept = _without(before, removed)
        after = self._completion.with_required(self._sent.over(kept, body), before, self._defaults)
        return self._saved(documents, wanted, before, after, after)

    def update(self, **arguments: JSON) -> Result:
        """Change what the body names."""
        values, body = self._values(arguments), self._body(arguments)
        documents, wanted = self._placement.documents(values), self._wanted(values, body)
        before = self._found(documents, wanted)
        self._preconditions.hold(before, values)
        patch = arguments.get("body")
        if not isinstance(patch, JsonPatch | MergePatch):
            return self._saved(documents, wanted, before, self._sent.over(before, body), body)
        patch = MergePatch(body) if isinstance(patch, MergePatch) else patch
        return self._saved(documents, wanted, before, self._patched(before, patch), patch.names)

    def delete(self, **arguments: JSON) -> Result:
        """Remove the document of the id."""
        values = self._values(arguments)
        documents, wanted = self._placement.documents(values), self._wanted(values)
        found = self._found(documents, wanted)
        self._preconditions.hold(found, values)
        # First: where there is no answer, nothing is removed.
        shown = self._answer.of_known(documents.as_deleted(found))
        below = self._below.of(self._resource.collection, [{**self._placement.scope(values), **found}])
        if not documents.delete_one(wanted, below=below).deleted_count:
            raise self._answer.missing({})  # another request was faster
        if self._asked is not None:
            self._asked.gone(wanted)
        return shown

    def delete_many(self, **arguments: JSON) -> Result:
        """Remove the documents that the body names, or the query asks for; all of the path, where nothing is sent.

        Where it is not understood which ones are meant, none is removed.
        """
        values = self._values(arguments)
        documents = self._placement.documents(values)
        wanted = {**self._listing.filter(values), **self._placement.scope(values)}
        if arguments.get("body") is not None:
            ids = [one.get(self._resource.id) for one in self._bodies(arguments)]
            wanted[self._resource.id] = {"$in": [one for one in ids if one is not None]}
        if self._listing.understands(values):
            documents.delete_many(wanted, below=self._below_all(documents, wanted, self._placement.scope(values)))
        return self._answer.of_none()

    def act(self, **arguments: JSON) -> Result:
        """Change the document as the operation's name says, and by what of the body it has itself; or a part of it."""
        values, body = self._values(arguments), self._body(arguments)
        documents, wanted = self._placement.documents(values), self._wanted(values)
        before = self._found(documents, wanted)
        self._preconditions.hold(before, values)
        if self._parts is not None:
            after = self._parts.after(before, arguments.get("body"), values)
            if after is None:
                raise self._answer.missing({**wanted, **_only(values, [self._parts.parameter])})
            saved = self._saved(documents, wanted, before, after, [self._parts.held])
            entry = self._parts.entry(documents.find_one(wanted) or {}, values)
            return saved if entry is None else self._answer.of_entry(entry, self._parts.shown)
        known = _only(body, self._resource.properties)
        changes = {**known, **dict(self._action.sets)}
        return self._saved(documents, wanted, before, {**before, **changes}, changes)

    # Requests

    def _values(self, arguments: Mapping[str, JSON]) -> Document:
        """The parameters' values by the contract's own names."""
        return {name: arguments.get(argument) for name, argument in self._arguments.items()}

    def _body(self, arguments: Mapping[str, JSON]) -> Document:
        """The document in the body; of several the first."""
        return next(iter(self._bodies(arguments)), {})

    def _bodies(self, arguments: Mapping[str, JSON]) -> Sequence[Document]:
        """The documents in the body, under the names that they are stored by."""
        body = arguments.get("body")
        for outer in self._action.wrapper:
            body = body.get(outer) if isinstance(body, dict) else None
        found = body if isinstance(body, list) else [body]
        return [self._renamed(one) for one in found if isinstance(one, dict)]

    def _renamed(self, sent: Document) -> Document:
        kept = _without(sent, self._unkept) if self._unkept else sent
        return self._sent.document(kept)

    # Documents

    def _wanted(self, values: Document, body: Document | None = None) -> Document:
        """The filter for the one document that is meant."""
        if self._action.mine and self._people is not None:
            return {self._resource.id: self._people.id_of_caller()}
        return self._placement.filter(values, body)

    def _named_in(self, body: Document, documents: Collection) -> Document | None:
        """The document that a create names by the id that other operations ask for: it is changed instead.

        Raises:
            Problem: there is none, and the contract says itself what the documents are, and that no client gives
                them their ids.
        """
        named = body.get(self._naming)
        found = None if named is None else documents.find_one({self._resource.id: named})
        is_minted = self._resource.properties.get(self._resource.id, {}).get("readOnly") is True
        if named is not None and found is None and is_minted and not self._resource.why:
            status = refusing(self._operation.statuses, 404, 422, 400)
            raise Problem(status, detail=f"no document of {self._resource.collection} has that id")
        return found

    def _found(self, documents: Collection, wanted: Document, known: Document | None = None) -> Document:
        """The document that the filter finds; one that is made for it, where no operation creates such documents.

        Args:
            documents: the collection.
            wanted: the filter.
            known: what it finds, where that was looked up before.

        Raises:
            Problem: 404, there is none.
        """
        found = known or documents.find_one(wanted)
        if found is None and self._asked is not None:
            found = self._asked.made(documents, wanted)
        if found is None or not self._placement.standing([found]):
            raise self._answer.missing(wanted)
        return found

    def _below_all(self, documents: Collection, wanted: Document, scope: Document) -> Sequence[Lower]:
        """What lies below the documents that the filter matches."""
        name = self._resource.collection
        found = documents.removable(wanted) if self._below.children(name) else []
        return self._below.of(name, [{**scope, **one} for one in found])

    def _may_create(self, wanted: Document) -> bool:
        """Whether a PUT may make a document: where the contract says so, refuses none, or has no other way."""
        if not self._placement.by_path:
            return self._operation.response(404) is None and wanted.get(self._resource.id) is not None
        is_filled = self._action.collection in self._contract.created
        return "201" in self._operation.responses or self._operation.response(404) is None or not is_filled

    def _inserted(self, documents: Collection, document: Document) -> Document:
        """The document as it was stored. An id that is taken is refused where the operation has a 409 for it.

        Where it has none, the new document takes the old one's place: whoever sends an id finds what was sent.
        """
        name, sent, completion = self._resource.id, document.keys(), self._completion
        document = completion.identified(document)
        is_made = document.get(name) is None
        if is_made:
            document.pop(name, None)
        elif self._resource.why and "409" not in self._operation.responses:
            self._make_way(documents, document)
        # What the schema demands is made beside what the server sets: its ids and times need not be.
        draft = completion.identified(documents.draft(self._begun(document)))
        stored = self._filling.filled(documents, draft, sent)
        if is_made and self._resource.why:  # where few ids are possible, a made one may be taken: a guess refuses none
            self._make_way(documents, stored)
        documents.insert_one(stored)
        return stored

    def _begun(self, document: Document) -> Document:
        """What a new document begins with: what was sent, defaults, who made it, and what lists ask for."""
        begun = self._entries.named(self._completion.with_defaults(document, self._listed.defaults))
        if self._initial:
            begun = {**self._initial, **begun}  # shared: no stored document is changed in place
        begun |= self._makers.properties()
        return self._completion.with_asked_for(begun, self._listed.required)

    def _make_way(self, documents: Collection, document: Document) -> None:
        """Remove the document that has the id of another one."""
        names = (self._resource.id, *self._resource.parents)
        documents.delete_one({name: document.get(name) for name in names})

    def _saved(
        self, documents: Collection, filter: Document, before: Document, after: Document, written: Container[str]
    ) -> Result:
        declared = [name for name in self._resource.properties if name in after]
        after = {name: after[name] for name in declared} | after
        # Which document it is and where it stands is said by the path, whatever the body says.
        for name in (self._resource.id, *self._placement.scoped):
            if name in before:
                after[name] = before[name]
        if self._resource.id_path:
            after = with_value_at(after, self._resource.id_path, value_at(before, self._resource.id_path))
        after = self._completion.completed(self._entries.named(after), after.keys(), before)
        return self._answer.of_known(
            documents.find_one_and_replace(filter, after, return_document=True, written=written)
        )

    def _patched(self, before: Document, patch: JsonPatch | MergePatch) -> Document:
        """The document after the patch. What only the server sets stays; what breaks the schema is refused."""
        shown, statuses = self._completion.visible(before), self._operation.statuses
        after = patch.applied_to(shown, statuses)
        if not isinstance(after, dict):
            raise Problem(refusing(statuses, 422, 400, 409), "The patch makes something else of the document")
        after = _without(after, self._set_by_server) | _only(shown, self._set_by_server)
        # What was not asked for is never filled in to mend a patch (RFC 5789, 2.2: unprocessable).
        slot = self._completion.slot
        violations = self._contract.schemas.violations(slot, after, "body")
        if violations and self._contract.schemas.is_valid(slot, shown):
            raise Problem(refusing(statuses, 422, 400, 409), "The patch breaks the document", violations=violations)
        return after | _without(before, shown)


def _without(document: Document, names: Container[str]) -> Document:
    return {name: value for name, value in document.items() if name not in names}


def _only(document: Document, names: Container[str]) -> Document:
    return {name: value for name, value in document.items() if name in names}


def _secrets(resource: Resource, sent: Mapping[str, str]) -> frozenset[str]:
    """The passwords that are sent and that no document is declared to have: nobody is shown one."""
    unknown = {name for name, own in sent.items() if own not in resource.properties}
    return frozenset(name for name in unknown if resource.why and _HIDDEN.search(plain(name)))


def _set_by_server(resource: Resource) -> set[str]:
    """The properties that a client's value has no effect on, by a rule or by the schema."""
    names = {rule.name for rule in resource.of(PropertyRule) if rule.server_sets}
    for name, part in resource.properties.items():
        if part.get("readOnly") is True:
            names.add(name)
    return names


def _is_unfilled(contract: Contract, action: Action) -> bool:
    """Whether documents of an inferred collection are made when they are asked for.

    Those that no operation creates: nobody could read one by an id of theirs. And singletons: their paths name them.
    """
    resource = contract.resources[action.collection]
    return bool(resource.why) and (bool(resource.single) or action.collection not in contract.created)


def _naming(contract: Contract, action: Action, sent: Mapping[str, str]) -> str:
    """The property of a new document that names one by what others ask for it by; empty where there is none."""
    others = {one.id for _, one in contract.actions_of.get(action.collection, ()) if one.does != "create"}
    own = contract.resources[action.collection].properties.keys()
    return next((sent[name] for name in sent if name in others and name not in own), "")


def _defaults(contract: Contract, operation: Operation, action: Action, sent: Mapping[str, str]) -> dict[str, JSON]:
    """What a client may send of a document has where it is not sent, as the request says or the document itself."""
    media = operation.document_body
    asked = contract.fields(unwrapped(contract, media.schema, action.wrapper)) if media else {}
    kept = contract.resources[action.collection].properties
    schemas = [(own, part) for name, own in sent.items() for part in (kept.get(own), asked.get(name))]
    return {own: part["default"] for own, part in schemas if part and "default" in part}
