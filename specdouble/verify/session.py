"""What all cases share: the contract, the server, its users, and the documents that others refer to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

from specdouble.contract import Contract, Operation, Parameter, PropertyRule
from specdouble.contract.servers import base_path
from specdouble.verify.attack import Write
from specdouble.verify.baseline import State
from specdouble.verify.baselines import Baselines
from specdouble.verify.bodies import Bodies
from specdouble.verify.client import Client
from specdouble.verify.creation import creates, creates_many, creator_beside
from specdouble.verify.document import Document
from specdouble.verify.exchange import PART_OF, Call, Exchange
from specdouble.verify.fresh_values import FreshValues
from specdouble.verify.guard import Guard
from specdouble.verify.identity import Crowd, User
from specdouble.verify.ledger import SAFE, Ledger
from specdouble.verify.naming import references_by_name
from specdouble.verify.new_ids import NAMES
from specdouble.verify.oauth import TokenEndpoint
from specdouble.verify.orders import in_order
from specdouble.verify.pages import Pages
from specdouble.verify.parameters import Parameters
from specdouble.verify.preconditions import is_key_of
from specdouble.verify.problem import CouldNotRun, NotExercised, Trouble
from specdouble.verify.referents import Referents
from specdouble.verify.register import Created
from specdouble.verify.selection import Selection
from specdouble.verify.settings import Settings
from specdouble.verify.sign_in import SignIn
from specdouble.verify.subject import Subject, required, subjects
from specdouble.verify.values import kind, merged, plausible
from specdouble.verify.wrapper import document_schema, named_in_path, properties_sent, with_document

USED_UP = "used up"  # the purpose of documents that no other request needs
BETWEEN_LOGINS = 2.0  # seconds
MOST_TRIED = 300  # texts of a pattern, where other keywords refuse them


class Session:
    """One server under verification.

    Args:
        contract: what it promises.
        settings: where it is, who calls.
    """

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self.contract, self.settings = contract, settings
        self.crowd = Crowd(contract, settings)
        endpoint = TokenEndpoint(contract, settings.oauth) if settings.oauth else None
        self.selection = Selection(settings)
        is_open = settings.owned or settings.allow_destructive
        self.fresh = FreshValues(
            settings.prefix, contract.resolve,
            mint=lambda value: self.ledger.mint(value),  # which asks it in its turn what is a word of this run
            fits=lambda schema, value: self.bodies.property_fits(schema, value),
        )  # fmt: skip
        self.ledger = Ledger(contract, settings.leftovers, watches=not is_open, has_word=self.fresh.is_word)
        by_name = {} if is_open else references_by_name(contract)  # a double takes any: it promises nothing of them
        self.guard = Guard(
            contract, self.ledger, references=by_name,
            named=settings.operations, left_out=settings.exclude,
            fixed=settings.parameters,
            logins=[settings.login.operation] if settings.login else [],
            is_open=is_open,
        )  # fmt: skip
        self.client = Client(
            settings.url, base_path(contract.data), settings.timeout, self.crowd, self.guard,
            settings.headers, settings.consistency,
        )  # fmt: skip
        self.sign_in = SignIn(self.crowd, self.client, endpoint)
        self.subjects: dict[str, Subject] = subjects(contract)
        self.implied = {**by_name, **implied_references(contract)}
        self._identifying = {(one.collection, one.id) for one in contract.actions.values()}
        self.bodies: Bodies = Bodies(self)
        self.pages = Pages()
        self.parameters = Parameters(self)
        self.referents = Referents(self)
        self.baselines = Baselines(self)
        self.public_keys: set[str] = set()  # those that a token was signed with as if they were secrets, in PEM
        self.anybody: dict[str, bool] = {}  # the security schemes of which it is known whether they take whoever asks
        self.kept_by_server: set[tuple[str, str]] = set()  # what this run made and could not delete to make room
        self.others: dict[Any, int] = {}  # how many documents that are not this run's share a scope, by attack's key
        self.unfitting: dict[tuple[str, str, str], Exchange] = {}  # by collection, property and value: it was taken
        self.keys: set[tuple[str, str]] = set()  # by rule, what several properties had together in a request
        self.fickle: Counter[str] = Counter()  # by operation, how often what it refused was taken when sent again
        self.unharmed: dict[str, list[tuple[Document, dict[str, Any]]]] = {}  # by collection, with what a read showed
        self._lock = Lock()
        self._renewed: dict[str, float] = {}
        self.anew: set[tuple[str, str]] = set()  # by collection, the properties of which each body has another value

    def close(self) -> None:
        """Let go of the connections, and of the file of what was created: nothing is sent any more."""
        self.client.close()
        self.ledger.close()

    def deletion(self, made: Created) -> Call | None:
        """The request that deletes what this run made, by a user who may ask for it; None where there is none."""
        call = self.ledger.deleter(made)
        user = self.crowd.users.get(call.user or "") if call is not None else None
        if call is None or user is None or self.crowd.may_ask(call.operation.id, user):
            return call
        return replace(call, user=self.crowd.deputy(call.operation, user).name)

    # Requests of any operation

    def surroundings(
        self, operation: Operation, user: User, name: str | None, known: Mapping[str, Any] | None = None
    ) -> dict[str, dict[str, Any]]:
        """The required parameters but the named one: the documents that the path leads through, and what else.

        Args:
            operation: whose parameters they are.
            user: who asks.
            name: the parameter that is left out.
            known: values of some, by their part of the request and their name.
        """
        parts: dict[str, dict[str, Any]] = {}
        for parameter in operation.parameters:
            where = PART_OF.get(parameter.location)
            if where is None or parameter.name == name:
                continue
            held = known.get(where, {}) if known and not is_key_of(operation, parameter) else {}
            if parameter.name in held:
                parts.setdefault(where, {})[parameter.name] = held[parameter.name]
            if parameter.name in held or not parameter.required:
                continue
            target = self.named_by(operation, parameter.name)
            fixed = parameter.name in self.settings.parameters
            value = self._named(operation, parameter.name, target, user) if target and not fixed else None
            if value is None:
                value = self.parameters.value(operation, parameter, user)
            parts.setdefault(where, {})[parameter.name] = str(value) if where == "headers" else value
        return parts

    def plain_body(self, operation: Operation) -> Any:
        """What an operation that writes no documents asks for in its body: by its example, else by its schema."""
        media = operation.document_body
        if media is None:
            return {}
        if kind(merged(media.schema, self.contract.resolve)) not in ("object", "string"):
            return plausible(media.schema, self.contract.resolve, self.fresh.word())
        needed = required(self.contract, media.schema)
        for example in media.examples.values():
            if isinstance(example, dict):
                return {name: value for name, value in example.items() if name in needed}
        properties = self.contract.properties(media.schema)
        asked = {name: schema for name, schema in properties.items() if name in needed}
        return {
            name: plausible(schema, self.contract.resolve, self.fresh.word(), name=name)
            for name, schema in asked.items()
        }

    def request(self, operation: Operation, user: User) -> dict[str, Any]:
        """The parts of a request that the operation must accept from the user, made from new documents.

        Raises:
            NotExercised: none could be made.
        """
        parts: dict[str, Any] = self.places(operation, user)
        if operation.document_body or named_in_path(self.contract, operation):
            parts = with_document(self.contract, operation, parts, self.usual_document(operation, user))
        return parts

    def places(self, operation: Operation, user: User) -> dict[str, dict[str, Any]]:
        """The required parameters of a request, made from new documents."""
        action = self.contract.actions.get(operation.id)
        parts: dict[str, dict[str, Any]] = {}
        for parameter in operation.parameters:
            where = PART_OF.get(parameter.location)
            if not parameter.required or where is None:
                continue
            owner = self.names_document_of(operation, parameter)
            is_own = action is not None and action.id == parameter.name
            is_new = is_own and named_in_path(self.contract, operation) is not None
            if owner is not None:
                schema = parameter.schema
                value = (
                    self.fresh.value(schema, True) if is_new else self._named(operation, parameter.name, owner, user)
                )
            else:
                value = None
            if value is None:
                value = self.parameters.value(operation, parameter, user)
            parts.setdefault(where, {})[parameter.name] = str(value) if where == "headers" else value
        if "path" in parts:
            parts["path"] = self.beside_each_other(operation, parts["path"])
            query = parts.get("query", {})
            query.update({name: value for name, value in parts["path"].items() if name in query})  # one name, one value
        return parts

    def names_document_of(self, operation: Operation, parameter: Parameter) -> str | None:
        """The collection of which a parameter of the path names a document; None where the settings say what it is."""
        if parameter.location != "path" or parameter.name in self.settings.parameters:
            return None
        action = self.contract.actions.get(operation.id)
        is_own = action is not None and action.id == parameter.name  # several collections may call theirs `Key`
        implied = None if is_own else self.named_by(operation, parameter.name)
        return implied or (action.collection if action else None)

    def named_by(self, operation: Operation, parameter: str) -> str | None:
        """The collection of which a parameter names a document, by what leads to it: many are called `slug`."""
        there = (sort for name, sort, _ in self.ledger.kinds.named(operation, {}) if name == parameter)
        sort = next(there, None)
        return sort if (sort, parameter) in self._identifying else self.implied.get(parameter)

    def named_in(self, subject: Subject | None, name: str) -> str | None:
        """The collection of which a property of a body names a document; its own `name` names none."""
        target = self.implied.get(name)
        own = subject is not None and subject.collection != target and name in NAMES
        return None if own else target

    def beside_each_other(self, operation: Operation, path: dict[str, Any]) -> dict[str, Any]:
        """The path with the parents that its last document was created below, or says that it lies below."""
        for _, kind_of, value in reversed(self.ledger.kinds.named(operation, path)):
            made = self.ledger.owned(kind_of, value)
            if made is not None:
                path = {name: made.parents.get(name, held) for name, held in path.items()}
        action = self.contract.actions.get(operation.id)
        if action is None or action.id not in path:
            return path
        shown = self.referents.as_made(self.subjects[action.collection], path[action.id])
        return path | {name: shown[held] for name, held in action.scope if name in path and shown.get(held) is not None}

    def _named(self, operation: Operation, parameter: str, collection: str, user: User) -> Any:
        """The id of a document that the operation may be given: one that nothing refers to, where it is used up.

        Raises:
            NotExercised: the operation is known to take documents of one state alone, and none can be had.
        """
        purpose, state = USED_UP if self.uses_up(operation, parameter) else "", self._state(operation, parameter)
        if purpose:
            self.referents.forget(collection, user, purpose, state)
        if state is not None:
            return self.referents.of(collection, user, purpose, state)
        return self.referents.or_none(collection, user, purpose)

    def _state(self, operation: Operation, parameter: str) -> State | None:
        """What the documents have to have come to that a parameter may name, as the operation's baseline has shown."""
        found = self.baselines.found.get(operation.id)
        return found.states.get(parameter) if found is not None else None

    def uses_up(self, operation: Operation, parameter: str) -> bool:
        """Whether what the parameter names may be of no use to others afterwards: it is deleted, or closed, or paid.

        An operation that takes no document and is safe for none (`POST /invoices/{id}/void`) may do any of it.
        """
        action = self.contract.actions.get(operation.id)
        last = [name for name, _, _ in self.ledger.kinds.named(operation, {})][-1:]
        if action is not None and action.does == "delete":
            return action.id == parameter
        acts = operation.method not in SAFE and not creates(self.contract, operation)
        return acts and self.written(operation) is None and last == [parameter]

    def usual_document(self, operation: Operation, user: User) -> Any:
        """What most requests of an operation have in their body: what is required, and what the server demands beside.

        Raises:
            NotExercised: none could be made.
        """
        if creates_many(self.contract, operation):
            return self._several(operation, user)
        subject = self.written(operation)
        if subject is not None:
            return self.bodies.make(subject, operation, user, False)
        body = self.plain_body(operation)
        if not isinstance(body, dict):
            return body
        sent = properties_sent(self.contract, operation)
        for name in body:
            if name in self.implied:
                body[name] = self.referents.or_none(self.implied[name], user) or body[name]
            body[name] = self.bodies.embedding(sent.get(name), body[name], user)
        body |= self.held(operation)
        body = in_order(body, body)
        shown = self.described(operation)
        return body if shown is None else self.bodies.kept(shown, Write(operation, body))

    def _several(self, operation: Operation, user: User) -> list[dict[str, Any]]:
        """As few documents as an operation takes that creates several."""
        subject = self.subjects[self.contract.actions[operation.id].collection]
        one = creator_beside(self.contract, operation)
        least = merged(document_schema(self.contract, operation), self.contract.resolve).get("minItems", 1)
        return [self.bodies.make(subject, one, user, False) for _ in range(max(least, 1))]

    def full_document(self, operation: Operation, user: User) -> dict[str, Any]:
        """A document with every property of an operation that creates documents.

        Raises:
            NotExercised: none could be made.
        """
        subject = self.written(operation)
        return self.bodies.make(subject, operation, user, True) if subject is not None else {}

    def written(self, operation: Operation) -> Subject | None:
        """The documents that an operation writes, where its body is one of them."""
        action = self.contract.actions.get(operation.id)
        subject = self.subjects[action.collection] if action else None
        return subject if subject is not None and subject.taken(operation) else None

    def described(self, operation: Operation) -> Subject | None:
        """The documents of which an operation's body is one, though it writes none: it computes, or previews."""
        media = operation.json_body
        if media is None or operation.id in self.contract.actions:
            return None
        schema = self.contract.resolve(media.schema)
        return next((one for one in self.subjects.values() if one.resource.schema is schema), None)

    def required_of(self, operation: Operation) -> list[str]:
        """The properties that an operation's body must hold."""
        subject = self.written(operation)
        if subject is not None:
            return subject.required(operation)
        return required(self.contract, document_schema(self.contract, operation))

    def held(self, operation: Operation) -> dict[str, Any]:
        """What an operation's body must hold beside what its schema asks for, as its baseline has shown."""
        found = self.baselines.found.get(operation.id)
        return {name: self.fresh.again(value) for name, value in found.held.items()} if found else {}

    # Credentials

    def renewed(self, call: Call, refused: Exchange) -> Exchange:
        """The answer to a call whose token was not taken, with a new one.

        Raises:
            NotExercised: the new one is not taken either.
            Trouble: there is no new one.
        """
        name = call.user or ""
        with self._lock:
            if time.monotonic() - self._renewed.get(name, 0) > BETWEEN_LOGINS:
                self._renewed[name] = time.monotonic()
                try:
                    self.sign_in.renew(name)
                except CouldNotRun as error:
                    raise Trouble(str(error)) from None
        exchange = self.client.send(call)
        if exchange.status == 401:
            told = f"the server does not take {name}'s credentials: {call.operation} answers {refused.told(80)}"
            raise NotExercised(told)
        return exchange


def implied_references(contract: Contract) -> dict[str, str]:
    """The properties of requests that hold the id of a document by the contract's own examples, and its collection.

    A parameter that operations on documents of one collection alone take their ids from implies it too.
    """
    by_example = dict(_id_examples(contract))
    named = dict.fromkeys((one.id, one.collection) for one in contract.actions.values() if one.id is not None)
    shared = Counter(name for name, _ in named)  # a name of several says nothing by itself
    found: dict[str, str] = {
        name: collection for name, collection in named if shared[name] == 1 and name not in ("id", "_id")
    }
    for action in contract.actions.values():
        for rule in contract.resources[action.collection].of(PropertyRule):
            held = [parameter for parameter, name in action.scope if name == rule.name]
            found |= {parameter: rule.refers_to for parameter in held if rule.refers_to}
    for operation in contract.operations.values():
        media = operation.document_body
        for example in media.examples.values() if media else ():
            for name, value in example.items() if isinstance(example, dict) else ():
                if isinstance(value, str) and value in by_example and name not in ("id", "_id"):
                    found.setdefault(name, by_example[value])
    return found


def _id_examples(contract: Contract) -> Iterator[tuple[str, str]]:
    for collection, resource in contract.resources.items():
        schema = resource.properties.get(resource.id, {})
        if isinstance(schema.get("example"), str) and len(schema["example"]) >= 8:
            yield schema["example"], collection
