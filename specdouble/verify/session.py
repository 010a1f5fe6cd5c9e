"""What all cases share: the contract, the server, its users, and the documents that others refer to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from threading import Lock, RLock
from typing import Any

from specdouble.contract import Contract, Operation, Parameter, PropertyRule
from specdouble.contract.servers import base_path
from specdouble.verify.attack import Write
from specdouble.verify.baseline import State
from specdouble.verify.baselines import Baselines
from specdouble.verify.bodies import Bodies
from specdouble.verify.client import Client
from specdouble.verify.creation import creates
from specdouble.verify.document import Document
from specdouble.verify.examples import ids_told
from specdouble.verify.exchange import PART_OF, Call, Exchange
from specdouble.verify.fresh_values import FreshValues
from specdouble.verify.guard import Guard
from specdouble.verify.identity import Crowd, User
from specdouble.verify.ledger import SAFE, Created, Ledger
from specdouble.verify.naming import references_by_name
from specdouble.verify.new_ids import NAMES
from specdouble.verify.orders import in_order
from specdouble.verify.pages import Pages
from specdouble.verify.parameters import Parameters
from specdouble.verify.preconditions import is_key_of
from specdouble.verify.problem import CouldNotRun, Interruption, NotExercised, Trouble
from specdouble.verify.selection import Selection
from specdouble.verify.settings import Settings
from specdouble.verify.sign_in import SignIn
from specdouble.verify.subject import Subject, required, subjects
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged, plausible
from specdouble.verify.wrapper import document_schema, named_in_path, properties_sent, with_document

USED_UP = "used up"  # the purpose of documents that no other request needs
BETWEEN_LOGINS = 2.0  # seconds
MOST_TRIED = 300  # texts of a pattern, where other keywords refuse them
MANY = 40  # documents of this run in one list
MOST_REFUSED = 2  # times that a deletion is tried which is to make room: others may name the document
MOST_LEFT = 20  # times that a refused create is tried elsewhere
MOST_BELOW = 10**6  # nobody has said how many
CROWDED = 12  # documents below one: their list is several pages, and read by every case that looks for one in it


class Session:
    """One server under verification.

    Args:
        contract: what it promises.
        settings: where it is, who calls.
    """

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self.contract, self.settings = contract, settings
        self.crowd = Crowd(contract, settings)
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
            settings.headers,
        )  # fmt: skip
        self.sign_in = SignIn(self.crowd, self.client)
        self.subjects: dict[str, Subject] = subjects(contract)
        self.implied = {**by_name, **implied_references(contract)}
        self._identifying = {(one.collection, one.id) for one in contract.actions.values()}
        self.bodies: Bodies = Bodies(self)
        self.pages = Pages()
        self.parameters = Parameters(self)
        self.baselines = Baselines(self)
        self.public_keys: set[str] = set()  # those that a token was signed with as if they were secrets, in PEM
        self.anybody: dict[str, bool] = {}  # the security schemes of which it is known whether they take whoever asks
        self.origins: dict[Any, Exchange] = {}  # what made a document, by its id, whatever it is one of
        self.made: dict[tuple[str, str], Exchange] = {}  # the same by collection and id: numbers are ids in several
        self.others: dict[Any, int] = {}  # how many documents that are not this run's share a scope, by attack's key
        self.unfitting: dict[tuple[str, str, str], Exchange] = {}  # by collection, property and value: it was taken
        self.keys: set[tuple[str, str]] = set()  # by rule, what several properties had together in a request
        self.fickle: Counter[str] = Counter()  # by operation, how often what it refused was taken when sent again
        self.setting_up: set[tuple[str, str, str]] = set()
        self.unharmed: dict[str, list[tuple[Document, dict[str, Any]]]] = {}  # by collection, with what a read showed
        self._references: dict[tuple[str, str, str], Any] = {}
        self._below: Counter[str] = Counter()  # how many documents were created below one, by its id
        self._left = Counter[str]()  # by operation, how often that was tried
        self.crowded = set[str]()  # collections of which a user can have but a few documents: one made room for another
        self._held_fast = Counter[tuple[str, str]]()  # by collection and id, how often what makes room was not deleted
        self._room: dict[str, int] = {}  # by collection, how many others each of its documents was seen to take
        self._lock, self._reference_lock = Lock(), RLock()
        self._renewed: dict[str, float] = {}
        self.anew: set[tuple[str, str]] = set()  # by collection, the properties of which each body has another value

    def close(self) -> None:
        """Let go of the connections, and of the file of what was created: nothing is sent any more."""
        self.client.close()
        self.ledger.close()

    # Documents that others refer to

    def reference(self, collection: str, user: User, purpose: str = "", state: State | None = None) -> Any:
        """The id of a document of the collection that the user may refer to; each purpose and state has its own.

        Raises:
            NotExercised: there is none, and none can be created.
        """
        key = (collection, user.name, f"{purpose}{state or ''}")
        with self._reference_lock:
            known = self._references.get(key)
            if known is not None and self._below[str(known)] >= self._room.get(collection, MOST_BELOW):
                del self._references[key]
            if key not in self._references:
                if key in self.setting_up:
                    raise NotExercised(f"a document of {collection} can be created by no request: it needs another")
                self.setting_up.add(key)
                try:
                    self._references[key] = self._made_or_listed(collection, user, state)
                finally:
                    self.setting_up.discard(key)
            return self._references[key]

    def _made_or_listed(self, collection: str, user: User, state: State | None) -> Any:
        subject = self.subjects[collection]
        trial = Trial(self)
        if subject.creators:
            self.baselines.seek({subject.creators[0].id})  # what the server demands of it is learned first
        if state is not None:
            return state.reach(trial, subject, user).id
        if subject.creators:
            return self._made_or_latest(trial, subject, user)
        if subject.listers:
            found = trial.listed(subject, user)
            if found:
                return found[0].get(subject.resource.id)
        told = next(ids_told(self.contract, collection), None)
        if told is None:
            raise NotExercised(f"no operation creates documents of {collection}, which are referred to")
        return told

    def _made_or_latest(self, trial: Trial, subject: Subject, user: User) -> Any:
        try:
            return trial.create(subject, user).id
        except NotExercised:
            latest = self._latest(subject, user)  # where there may be few, one that is there has to do
            if latest is None:
                raise
            return latest

    def _latest(self, subject: Subject, user: User) -> Any:
        """The id of the last document of the collection that this run made for a user; None where there is none."""
        maker = self.crowd.maker(subject.resource, subject.creators[0], user).name
        own = (one for one in self.ledger.newest_first() if one.kind == subject.collection and one.user == maker)
        return next((one.id for one in own if one.sure), None)

    def move_on(self) -> None:
        """Give a user new documents to refer to where many were created below the usual ones.

        All of them at once, for they lie below each other; and never amid a case, whose documents lie side by side.
        """
        with self._reference_lock:
            crowded = {
                user for (collection, user, _), key in self._references.items()
                if self._below[str(key)] >= CROWDED and self.subjects[collection].creators
            }  # fmt: skip
            self._references = {key: one for key, one in self._references.items() if key[1] not in crowded}

    def leave_full(self, call: Call) -> bool:
        """Give a user others to refer to in the place of those of a refused create, which may be full; if any may."""
        held = {str(one) for one in (*call.path.values(), *_scalars(call.body))}
        found = self.baselines.found.get(call.operation.id)
        if found is None or found.taken is None or self._left[call.operation.id] >= MOST_LEFT:
            return False
        with self._reference_lock:
            full = [key for key, one in self._references.items() if str(one) in held]
            for key in full:
                count = self._below[str(self._references.pop(key))]
                self._room[key[0]] = min(self._room.get(key[0], MOST_BELOW), max(count, 1))
            self._left[call.operation.id] += bool(full)
        return bool(full)

    def make_room(self, subject: Subject, user: User, *, but: Collection[str] = ()) -> bool:
        """Delete what earlier cases made of a collection for a user, who may have a few alone; whether any was deleted.

        Where cases run at once nothing is: what one needs no longer another may.

        Args:
            subject: the documents.
            user: whose they are.
            but: the ids of those that stay.
        """
        if (self.settings.workers or 1) > 1:
            return False
        earlier = [made for key, made in [*self.ledger.created.items()] if key not in self.ledger.recent]
        own = [made for made in earlier if made.kind == subject.collection and made.user == user.name]
        own = [made for made in own if str(made.id) not in but]
        answers = {}
        for made in (one for one in own if not self.is_reference(one.id)):
            key = (made.kind, str(made.id))
            deletion = self.deletion(made) if self._held_fast[key] < MOST_REFUSED else None
            answers[key] = deletion is not None and self.client.send(deletion).ok
        self._held_fast.update(key for key, is_gone in answers.items() if not is_gone)
        return any(answers.values())

    def shorten(self, subject: Subject) -> None:
        """Delete what earlier cases made of a collection where it is much: a list of it is to be read as a whole.

        What others of this run lie below, or name, stays: they would go with it, or be changed.
        """
        living = [*self.ledger.created.items()]
        if sum(made.kind == subject.collection for _, made in living) <= MANY:
            return
        calls = [(made.id, self.made[key].call) for key, made in living if key in self.made]
        named = {
            str(value) for own, call in calls for value in (*call.path.values(), *_scalars(call.body)) if value != own
        }
        for user in self.crowd.users.values():
            self.make_room(subject, user, but=named)

    def is_reference(self, key: Any) -> bool:
        """Whether it is the id of a document that others refer to: a generated request must not delete it."""
        with self._reference_lock:
            return str(key) in {str(one) for one in self._references.values()}

    def reference_or_none(self, collection: str, user: User, purpose: str = "") -> Any:
        """The id of a document of the collection, where one can be had."""
        try:
            return self.reference(collection, user, purpose)
        except Interruption:
            return None

    def reference_shown(self, subject: Subject, user: User) -> dict[str, Any]:
        """A document that the user may refer to, as the server shows it; empty where none can be had."""
        key = self.reference_or_none(subject.collection, user)
        if key is None:
            return {}
        listed = (one for one in self.parameters.existing(subject.collection, user) if isinstance(one, dict))
        shown = self.as_made(subject, key) or next((one for one in listed if one.get(subject.key) == key), {})
        return {subject.resource.id: key, **shown}

    def adopt(self, document: Document) -> None:
        """Remember a document that was created."""
        with self._lock:
            if isinstance(document.id, str | int) and not isinstance(document.id, bool):
                self.origins.setdefault(document.id, document.made)
                self.made.setdefault((document.subject.collection, str(document.id)), document.made)
            named = (*document.around.get("path", {}).values(), *_scalars(document.made.call.body))
            self._below.update({str(one) for one in named} & {str(one) for one in self._references.values()})

    def deletion(self, made: Created) -> Call | None:
        """The request that deletes what this run made, by a user who may ask for it; None where there is none."""
        call = self.ledger.deleter(made)
        user = self.crowd.users.get(call.user or "") if call is not None else None
        if call is None or user is None or self.crowd.may_ask(call.operation.id, user):
            return call
        return replace(call, user=self.crowd.who((call.operation.id,)).name)

    def as_made(self, subject: Subject, key: Any) -> dict[str, Any]:
        """A document as the answer to its create showed it; empty where this run did not make it, or nothing showed."""
        made = self.made.get((subject.collection, str(key)))
        if made is None or made.call.operation not in subject.creators:
            return {}
        shown = made.shown(subject.action(made.call.operation))
        return shown if isinstance(shown, dict) else {}

    def as_bound(
        self, subject: Subject, name: str | None, path: Mapping[str, Any], asked: Iterable[str]
    ) -> dict[str, Any]:
        """A document that a path names, as its create showed it; what tells its state from another, as it is by now.

        Args:
            subject: its collection.
            name: the parameter that names it.
            path: the parameters.
            asked: the properties that are wanted: the server is asked only where a version is one of them.
        """
        made = self.as_made(subject, path.get(name) if name is not None else None)
        if subject.versions.isdisjoint(asked):
            return made
        return made | (Trial(self).look_at(subject, name, path) or {})

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
        shown = self.as_made(self.subjects[action.collection], path[action.id])
        return path | {name: shown[held] for name, held in action.scope if name in path and shown.get(held) is not None}

    def _named(self, operation: Operation, parameter: str, collection: str, user: User) -> Any:
        """The id of a document that the operation may be given: one that nothing refers to, where it is used up.

        Raises:
            NotExercised: the operation is known to take documents of one state alone, and none can be had.
        """
        purpose, state = USED_UP if self.uses_up(operation, parameter) else "", self._state(operation, parameter)
        if purpose:
            self._references.pop((collection, user.name, f"{purpose}{state or ''}"), None)
        if state is not None:
            return self.reference(collection, user, purpose, state)
        return self.reference_or_none(collection, user, purpose)

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
        subject = self.written(operation)
        if subject is not None:
            return self.bodies.make(subject, operation, user, False)
        body = self.plain_body(operation)
        if not isinstance(body, dict):
            return body
        sent = properties_sent(self.contract, operation)
        for name in body:
            if name in self.implied:
                body[name] = self.reference_or_none(self.implied[name], user) or body[name]
            body[name] = self.bodies.embedding(sent.get(name), body[name], user)
        body |= self.held(operation)
        body = in_order(body, body)
        shown = self.described(operation)
        return body if shown is None else self.bodies.kept(shown, Write(operation, body))

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


def _scalars(body: Any) -> list[Any]:
    """What the document of a body holds directly, or within one more object around it."""
    held = list(body.values()) if isinstance(body, dict) else []
    held += [one for inner in held if isinstance(inner, dict) for one in inner.values()]
    return [one for one in held if isinstance(one, str | int)]


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
