"""One attempt at one case: what it sends, what it makes, and what it learns."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Barrier
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.verify.attack import Write
from specdouble.verify.created import created_id
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.judge import NOT_IMPLEMENTED, judge
from specdouble.verify.moment import resolution
from specdouble.verify.paging import MOST_PAGES, is_by_cursor, next_page, tells_next
from specdouble.verify.problem import Broken, NobodyNamed, NotExercised
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.values import kind, merged
from specdouble.verify.wrapper import named_in_path

FORBIDDEN = 403
THE_ANSWER = "the answer"  # to a write, where a document may show
CLIENTS = 8  # in a volley
# What may be over when the same is asked again: rights, a lock, a conflict, a limit (RFC 9110, 15.5; RFC 6585, 4).
PASSING = (401, 403, 408, 409, 423, 425, 429)
LATE = 1.05  # times the resolution of a clock until it surely shows another moment
FICKLE = 2  # times that a refused request was taken when it was sent again: once may have had another reason
PERSISTENCE = 5  # times that a request is sent again to a server that is known to refuse by chance


@dataclass
class Document:
    """A document that a trial created.

    Args:
        subject: its collection.
        id: its id.
        user: who created it.
        sent: what it was created from.
        shown: how the server showed it last.
        made: the exchange that created it.
        around: the other parameters that it was created with: the documents that its path leads through.
        answered: whether the last answer to a write showed it.
    """

    subject: Subject
    id: Any
    user: User
    sent: dict[str, Any]
    shown: dict[str, Any]
    made: Exchange
    around: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: bool = True

    @property
    def held(self) -> dict[str, Any]:
        """What it holds, as far as is known; what was sent and the server sets has no effect."""
        own = self.subject.server_set
        return {name: value for name, value in self.sent.items() if name not in own} | self.shown


@dataclass
class Objection:
    """What the judge of every answer saw."""

    broken: Broken
    exchange: Exchange
    trace: list[Exchange] = field(default_factory=list)


class Trial:
    """One attempt at one case.

    Args:
        session: what all trials share: contract, client, users, documents that can be referred to.
        operations: the ids of those that it is about.
    """

    def __init__(self, session: Any, operations: Iterable[str] = ()) -> None:
        self.session, self.operations = session, operations
        self.contract: Contract = session.contract
        self.exchanges: list[Exchange] = []
        self.objections: list[Objection] = []
        self.made: list[Document] = []
        self._waited = 0.0

    @property
    def user(self) -> User:
        """The user that it is run as, where it does not say another: one who may ask for what it is about."""
        user: User = self.session.crowd.who(self.operations)
        return user

    @property
    def users(self) -> list[User]:
        """Every user that the server takes."""
        return list(self.session.crowd)

    def subject(self, collection: str) -> Subject:
        """The documents of a collection, for the methods below."""
        subject: Subject = self.session.subjects[collection]
        return subject

    # Requests

    def call(self, operation_id: str, user: User | None = None, **parts: Any) -> Exchange:
        """Send a request of an operation: `path`, `query`, `headers` and `body` are its parts."""
        return self.send(self.contract.operations[operation_id], user or self.user, **parts)

    def send(self, operation: Operation, user: User | None = None, **parts: Any) -> Exchange:
        """Send a request; every answer is judged."""
        parts.setdefault("has_body", "body" in parts and (parts["body"] is not None or operation.body is not None))
        call = Call(operation, user.name if user else None, waited=self._waited, **parts)
        self._waited = 0
        exchange: Exchange = self.session.client.send(call)
        if exchange.status == 401 and call.shows_own_credentials and operation.security:
            exchange = self._signed_in_again(call, exchange)
        self._note(exchange)
        return exchange

    def _signed_in_again(self, call: Call, refused: Exchange) -> Exchange:
        """The answer with a new token: the old one may have expired."""
        user = self.session.crowd.users.get(call.user or "")
        if user is None:
            raise NobodyNamed(next(iter(scheme for one in call.operation.security for scheme in one), "SCHEME"))
        if not self.session.crowd.may_call(call.operation.security, user):
            raise NotExercised(f"{user.name} has no credentials for {call.operation}")
        exchange: Exchange = self.session.renewed(call, refused)
        return exchange

    def _note(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        stands_in_the_way = self.session.pages.trouble(exchange)
        if stands_in_the_way:
            raise stands_in_the_way
        for broken in judge(self.contract, exchange):
            self.objections.append(Objection(broken, exchange, list(self.exchanges)))
            if exchange.status >= 500 and exchange.status != NOT_IMPLEMENTED:
                raise Broken(broken.expected, broken.seen)

    @staticmethod
    def call_of(operation: Operation, user: User, parts: Mapping[str, Any], **more: Any) -> Call:
        """A request that is sent later, or more than once: `path`, `query`, `headers` and `body` are its parts."""
        whole = {**parts, **more}
        return Call(operation, user.name or None, has_body="body" in whole, **whole)

    def resend(self, call: Call) -> Exchange:
        """Send a request as it is, perhaps once more; the answer is judged."""
        exchange: Exchange = self.session.client.send(call)
        self._note(exchange)
        return exchange

    def again(self, refused: Exchange) -> Exchange:
        """The answer to a refused request that is sent once more; the refusal itself where that would tell nothing.

        Nothing has happened between the two: a server that takes it now refuses by chance.
        """
        call, fickle = refused.call, self.session.fickle
        if not refused.refused or refused.status in PASSING or call.together or self.session.settings.consistency:
            return refused
        for _ in range(PERSISTENCE if fickle[call.operation.id] else 1):
            exchange = self.resend(call)
            if exchange.ok:
                fickle[call.operation.id] += 1
                if fickle[call.operation.id] >= FICKLE:
                    self._object_to_chance(refused)
                return exchange
        return refused

    def _object_to_chance(self, refused: Exchange) -> None:
        told = f"it was refused with {refused.told(80)}, and taken when it was sent once more"
        broken = Broken("the same answer to the same request", told, "conformance")
        self.objections.append(Objection(broken, refused, list(self.exchanges)))

    def fetch(self, operation: Operation, user: User, address: str) -> Exchange:
        """Read what an answer gave the address of, as the operation would."""
        return self.resend(Call(operation, user.name or None, address=address))

    def volley(self, calls: list[Call]) -> list[Exchange]:
        """Send the requests at the same moment."""
        number = sum(1 for one in self.exchanges if one.call.together is not None) + 1
        barrier = Barrier(len(calls))

        def fire(call: Call) -> Exchange | Exception:
            barrier.wait(timeout=10)
            try:
                exchange: Exchange = self.session.client.send(replace(call, together=number))
                return exchange
            except Exception as error:  # a thread's exception is told by the caller's
                return error

        with ThreadPoolExecutor(len(calls)) as pool:
            answers = list(pool.map(fire, calls))
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        exchanges = [answer for answer in answers if isinstance(answer, Exchange)]
        failed = None
        for exchange in exchanges:
            try:
                self._note(exchange)
            except Broken as broken:
                failed = broken
        if failed:
            raise failed
        return exchanges

    # Documents

    def body(self, subject: Subject, operation: Operation, user: User, full: bool = False) -> dict[str, Any]:
        """A body that the operation must accept: what is required, or everything."""
        body: dict[str, Any] = self.session.bodies.make(subject, operation, user, full)
        return body

    def fresh(self, phrase: str = "") -> str:
        """A text that no document holds yet."""
        text: str = self.session.fresh(phrase)
        return text

    def create_call(
        self,
        subject: Subject,
        user: User,
        body: Mapping[str, Any],
        room: bool = True,
        around: Mapping[str, Any] | None = None,
    ) -> Call:
        """The request that creates a document.

        Args:
            subject: its collection.
            user: who creates it.
            body: what it is made from.
            room: whether room is made for it, where a rule leaves none.
            around: the parameters that lead to where it is created; the user's usual ones where left out.
        """
        call = self._create_call(subject, user, body, around)
        if room and subject.collection in self.session.crowded:
            self.session.make_room(subject, user)
        for rule, attack in subject.bounding if room else ():
            assert attack.room is not None
            attack.room(self, subject, rule, call)
        return call

    def _create_call(
        self, subject: Subject, user: User, body: Mapping[str, Any], known: Mapping[str, Any] | None = None
    ) -> Call:
        operation, body = self.creator(subject), dict(body)
        name = subject.action(operation).id
        around = self.session.surroundings(operation, user, name, known=known)
        if name is not None:
            named = named_in_path(self.contract, operation)
            key = body.get(named[1]) if named else None
            fresh = self._fresh_id(operation, name) if key is None else key
            if subject.repeats_id(operation):
                body[subject.key] = fresh
            for where, held in placed(operation, name, fresh).items():
                around.setdefault(where, {}).update(held)
        sent = {"body": self._wrapped(subject, operation, body)} if operation.document_body is not None else {}
        return Call(operation, user.name, has_body=bool(sent), **sent, **around)

    def _wrapped(self, subject: Subject, operation: Operation, document: Mapping[str, Any]) -> Any:
        """The body that holds the document."""
        if not self.session.bodies.can_be_sent(operation, document):
            raise NotExercised(f"the form that {operation} takes holds no null, and nothing empty but texts")
        return subject.wrapped(operation, document)

    def _fresh_id(self, operation: Operation, name: str | None) -> Any:
        """An id that no document has, as the operation's parameter takes it."""
        parameter = next(one for one in operation.parameters if one.name == name)
        return self.session.fresh_value(parameter.schema, compact=True)

    def creator(self, subject: Subject) -> Operation:
        """The operation that creates documents."""
        if not subject.creators:
            raise NotExercised(f"no operation creates documents of {subject.collection}")
        return subject.creators[0]

    def try_create(
        self,
        subject: Subject,
        user: User,
        body: Mapping[str, Any],
        *,
        fixed: Iterable[str] = (),
        as_it_is: bool = False,
        around: Mapping[str, Any] | None = None,
    ) -> tuple[Exchange, Document | None]:
        """Send a create; the document, where it was accepted.

        Args:
            subject: the collection.
            user: who asks.
            body: what is sent; changed where it would break a rule about several properties.
            fixed: the properties that are not changed.
            as_it_is: whether none is.
            around: the parameters that lead to where it is created; the user's usual ones where left out.
        """
        if not as_it_is and subject.keeping:
            write = Write(self.creator(subject), dict(body), fixed=frozenset(fixed))
            body = self.session.bodies.kept(subject, write)
        call = self.create_call(subject, user, body, around=around)
        exchange = self.send(
            call.operation, user, path=call.path, query=call.query, headers=call.headers, body=call.body
        )  # fmt: skip
        return exchange, self.adopt(subject, user, exchange)

    def adopt(self, subject: Subject, user: User, exchange: Exchange) -> Document | None:
        """The document that an accepted create made."""
        if not exchange.ok:
            return None
        call = exchange.call
        shown = exchange.shown(subject.action(call.operation))
        shown = subject.named(shown) if isinstance(shown, dict) else {}
        name = subject.action(call.operation).id
        path = {one: value for one, value in call.path.items() if one != name}
        around = {"path": path, "query": dict(call.query), "headers": dict(call.headers)}
        document = Document(subject, None, user, subject.unwrapped(call), shown, exchange, around)
        document.id = created_id(subject, exchange, shown)
        document.answered = bool(shown.keys() & subject.resource.properties.keys())
        self.made.append(document)
        self.session.adopt(document)
        if document.id is None or not document.answered:
            self._find(document)
        return document

    def _find(self, document: Document) -> None:
        """Find a new document that the answer to its create does not show: by its id, or by what it was made from."""
        subject = document.subject
        if document.id is None and subject.listers:
            marks = self.marks(subject, document.sent)
            entries = self.listed(subject, document.user, self.listing(document)) if marks else []
            found = [one for one in entries if all(one.get(name) == value for name, value in marks.items())]
            document.id = found[0].get(subject.key) if len(found) == 1 else None
        if document.id is None and subject.key in document.sent and subject.readers:
            document.id = document.sent[subject.key]  # asked for; whether it was given, a read tells
            document.id = document.id if self.look_for(document, document.user) is not None else None
        if document.id is None or not subject.observable:
            return
        seen = self.look_for(document, document.user)
        if seen is None and subject.readers:
            seen = self._found_by_another_name(document)
        document.shown = seen or document.shown

    def _found_by_another_name(self, document: Document) -> dict[str, Any] | None:
        """The document by a text that it was made from and that is its alone: some paths name it by that."""
        was, subject = document.id, document.subject
        if subject.is_known_by_id and subject.key == subject.resource.id:
            return None
        names = self.marks(subject, document.sent)
        for name, value in {**document.shown, **names}.items():
            if name not in names and name != subject.resource.id:
                continue
            document.id = value
            seen = self.look_for(document, document.user)
            if seen is not None and seen.get(name) == value:
                subject.known_by(name)
                return seen
        document.id = was
        return None

    def marks(self, subject: Subject, held: Mapping[str, Any]) -> dict[str, str]:
        """The texts of a document that no other one holds."""
        texts = {name: value for name, value in held.items() if isinstance(value, str) and self.session.is_word(value)}
        return {name: value for name, value in texts.items() if name not in subject.referring}

    def create(
        self,
        subject: Subject,
        user: User | None = None,
        /,  # properties may be named so
        full: bool = False,
        drop: tuple[str, ...] = (),
        **changes: Any,
    ) -> Document:
        """Create a document from a body that must be accepted, else the case is not exercised."""
        operation = self.creator(subject)
        user = self.session.crowd.maker(subject.resource, operation, user or self.user)
        body = self.body(subject, operation, user, full) | changes
        body = {name: value for name, value in body.items() if name not in drop}
        exchange, document = self.try_create(subject, user, body, fixed=changes)
        document = document or self.adopt(subject, user, self.again(exchange))
        if document is None and exchange.refused and not changes and self.session.leave_full(exchange.call):
            body = {**self.body(subject, self.creator(subject), user, full)}
            body = {name: value for name, value in body.items() if name not in drop}
            exchange, document = self.try_create(subject, user, body)
        if document is None and exchange.refused and not changes:
            exchange, document = self._with_room(subject, user, exchange)
        if document is None:
            raise NotExercised(f"a request that keeps the contract was refused: {exchange.call.operation} answered "
                               f"{exchange.told(100)}")  # fmt: skip
        if document.id is None:
            raise NotExercised(f"{exchange.call.operation} does not tell the {subject.key} of what it made")
        return document

    def in_each_state(self, subject: Subject, names: Collection[str] | None = None) -> Iterator[Document]:
        """A new document in each state that requests lead to; of these properties alone, where they are given."""
        for rule, attack in subject.attacks:
            if attack.states is None or attack.reach is None or (names is not None and rule.name not in names):
                continue
            for value in attack.states(rule):
                with suppress(NotExercised):
                    yield attack.reach(self, subject, rule, value)

    def _with_room(self, subject: Subject, user: User, refused: Exchange) -> tuple[Exchange, Document | None]:
        """The answer to a refused create, and the document, once what earlier cases made for the user is gone."""
        known = self.session.baselines.found.get(refused.call.operation.id)
        if known is None or known.taken is None or not self.session.make_room(subject, user):
            return refused, None
        exchange = self.resend(refused.call)
        if exchange.ok:
            self.session.crowded.add(subject.collection)
        return exchange, self.adopt(subject, user, exchange)

    def create_in(
        self, subject: Subject, user: User, around: Mapping[str, Any], changes: Mapping[str, Any] | None = None
    ) -> Document:
        """Create a document where the parameters lead, in a way that must be accepted, else the case is not exercised.

        Args:
            subject: its collection.
            user: who creates it.
            around: the parameters, by their part of the request and their name.
            changes: what its body holds beside, or in the place of, what is usual.
        """
        operation = self.creator(subject)
        user = self.session.crowd.maker(subject.resource, operation, user)
        body = self.body(subject, operation, user) | dict(changes or {})
        exchange, document = self.try_create(subject, user, body, fixed=changes or (), around=around)
        document = document or self.adopt(subject, user, self.again(exchange))
        if document is None or document.id is None:
            raise NotExercised(f"no document could be created: {exchange.told(100)}")
        return document

    def look(self, document: Document, user: User | None = None) -> dict[str, Any]:
        """The document as its user reads it; not exercised where no operation shows it."""
        seen = self.look_for(document, user or document.user)
        if seen is None:
            subject = document.subject
            operation = (*subject.readers, *subject.listers)[0]
            forbidden = self.exchanges[-1].status == FORBIDDEN and self.session.baselines.missing((operation.id,))
            if forbidden:  # to everybody: that is a matter of rights, and not of this document
                raise NotExercised(forbidden)
            expected = f"the document of {subject.collection} that was created to be there"
            told = f"it is not: {self.exchanges[-1].told(80)}"
            raise Broken(expected, told, "read_your_writes", shows_all(operation))
        self._is_of(document, seen)
        return seen

    @staticmethod
    def _is_of(document: Document, seen: dict[str, Any]) -> None:
        """Hold that what a read shows is the document that was asked for, ahead of all that is held against it."""
        key = document.subject.key
        asked, shown = str(document.id), str(seen.get(key, document.id))
        if asked.casefold() != shown.casefold():  # a server may write a name its own way
            promise = (
                f"{(*document.subject.readers, *document.subject.listers)[0]} shows the document that is asked for"
            )
            raise Broken(f"a read of {asked} to show it", f"it shows the document {shown}", "read_your_writes", promise)

    def look_for(self, document: Document, user: User) -> dict[str, Any] | None:
        """The document as a user reads it; None where it is not shown to that user."""
        subject = document.subject
        if not subject.observable:
            raise NotExercised(f"no operation reads documents of {subject.collection}")
        if document.id is None:
            raise NotExercised(f"{document.made.call.operation} does not tell the {subject.key} of what it made")
        self.settle()
        if not subject.readers:
            entries = self.listed(subject, user, self.listing(document), until=document.id)
            return next((one for one in entries if one.get(subject.key) == document.id), None)
        operation = subject.readers[0]
        exchange = self.send(operation, user, **self.place(operation, document))
        found = exchange.shown(subject.action(operation))
        if not exchange.ok or not isinstance(found, dict):
            return None
        subject.found()
        return subject.named(found)

    def look_at(self, subject: Subject, name: str | None, path: Mapping[str, Any]) -> dict[str, Any] | None:
        """The document that a path leads to, as it is; None where there is none, or nothing shows it.

        Args:
            subject: its collection.
            name: the parameter that names it.
            path: the parameters.
        """
        reader = next(iter(subject.readers), None)
        if reader is None or name is None or name not in path:
            return None
        place = {subject.action(reader).id or name: path[name], **{key: path[key] for key in path if key != name}}
        exchange = self.send(reader, self.session.crowd.who((reader.id,)), path=place)
        found = exchange.shown(subject.action(reader))
        return subject.named(found) if exchange.ok and isinstance(found, dict) else None

    def listing(self, document: Document) -> dict[str, dict[str, Any]]:
        """The parameters of the list that shows the document: where it lies, and what the list is narrowed to."""
        operation, held = document.subject.listers[0], document.held
        query = dict(document.around.get("query", {}))
        for parameter in document.subject.narrowing(operation):
            value = held.get(document.subject.narrowed(parameter) or "")
            if value is not None:
                several = kind(merged(parameter.schema, self.contract.resolve)) == "array"
                query[parameter.name] = [value] if several and not isinstance(value, list) else value
            elif parameter.required:
                raise NotExercised(f"{operation} asks for {parameter.name}, which no document shows")
        return {**document.around, "path": self._parents(operation, document), "query": query}

    @staticmethod
    def _parents(operation: Operation, document: Document) -> dict[str, Any]:
        """The path's parameters that name what the document lies below: as it says itself, as it was created."""
        held, scope = document.held, document.subject.action(operation).scope
        told = {parameter: held[name] for parameter, name in scope if held.get(name) is not None}
        return {**document.around.get("path", {}), **told}

    def listed(
        self, subject: Subject, user: User, around: Mapping[str, Any] | None = None, until: Any = None
    ) -> list[dict[str, Any]]:
        """The documents that a user's list shows, page after page.

        Args:
            subject: the documents.
            user: whose list it is.
            around: the documents that the path leads through; the user's own where left out.
            until: the id to look for: no page after the one that has it is asked for.
        """
        key, shown, seen = subject.key, list[dict[str, Any]](), set[str]()
        operation = subject.listers[0]
        for _, entries in islice(self.pages(subject, user, around), MOST_PAGES):  # of more, so many have to do
            keys = [str(one[key]) for one in entries if key in one]
            twice = next((one for one in keys if keys.count(one) > 1), None)
            if twice is not None:
                raise Broken("a list to show each document once", f"it shows {twice} twice", "read_your_writes")
            if keys and seen.issuperset(keys):
                if is_by_cursor(operation):
                    raise NotExercised(f"{operation} does not tell where its next page begins")
                break  # the server does not know the parameter that asks for a page
            shown += entries
            seen.update(keys)
            if until is not None and str(until) in seen:
                break
        return shown

    def pages(
        self,
        subject: Subject,
        user: User,
        around: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[Exchange, list[dict[str, Any]]]]:
        """The pages of a list, one after another, to the last.

        Args:
            subject: the documents.
            user: whose list it is.
            around: the parameters that lead to the list; the user's own where left out.
            query: what is asked of it.

        Raises:
            NotExercised: it shows no list, or does not end.
        """
        operation = subject.listers[0]
        start = self.session.surroundings(operation, user, None, known=around)
        asked, was_told = {**start.get("query", {}), **(query or {})}, False
        for _ in range(MOST_PAGES):
            exchange = self.send(operation, user, **{**start, "query": asked})
            found = exchange.at(subject.action(operation).envelope)
            if not exchange.ok or not isinstance(found, list):
                raise NotExercised(f"{operation} shows no list: {exchange.told(80)}")
            entries = [subject.named(one) for one in found if isinstance(one, dict)]
            yield exchange, entries
            last = entries[-1].get(subject.key) if entries else None
            following = next_page(exchange, entries, last, was_told=was_told)
            was_told = tells_next(exchange)
            if following is None:
                return
            asked = following
        raise NotExercised(f"{operation} has more than {MOST_PAGES} pages")

    def place(self, operation: Operation, document: Document) -> dict[str, Any]:
        """The parameters that name the document, for an operation on one."""
        name = document.subject.action(operation).id
        if document.id is None:
            raise NotExercised(f"{document.made.call.operation} does not tell the id of what it made")
        known = {**document.around, "path": self._parents(operation, document)}
        around = self.session.surroundings(operation, document.user, name, known=known)
        if "If-Match" in around.get("headers", {}):  # one that is required
            around["headers"]["If-Match"] = self._tag(document)
        for where, held in placed(operation, name, document.id).items():
            around.setdefault(where, {}).update(held)
        return dict(around)

    def acting(self, operation: Operation, document: Document) -> dict[str, Any]:
        """The parts of a request that does to the document what the operation's name says."""
        parts = self.place(operation, document)
        if operation.json_body is not None:
            parts["body"] = self.session.plain_body(operation)
        return parts

    def _tag(self, document: Document) -> str:
        """The tag of the document as it is; any, where none is told."""
        reader = next(iter(document.subject.readers), None)
        if reader is None:
            return "*"
        return str(self.send(reader, document.user, **self.place(reader, document)).headers.get("etag", "*"))

    def update_call(
        self, updater: Updater, document: Document, changes: Mapping[str, Any], user: User | None = None
    ) -> Call:
        """The request that changes a document."""
        user, subject = user or document.user, document.subject
        held = self.session.held(updater.operation)
        # What the server wants besides stays as it is: another value would be a change that nobody asked for.
        body = held | {name: document.shown[name] for name in held if name in document.shown} | dict(changes)
        needed = subject.required(updater.operation)
        if updater.action.does == "replace":  # what is left out would go back to its default
            needed = [*needed, *(subject.bound_on_update & subject.requested(updater.operation).keys())]
        missing = [name for name in needed if name not in body]
        if missing:
            usual = self.body(subject, updater.operation, document.user)
            known = usual | self._own(document, updater, missing)
            body = {name: known[name] for name in missing if name in known} | body
        if subject.repeats_id(updater.operation) and subject.named_by_client:
            body[subject.key] = document.id
        if updater.id_in_body:
            body[updater.id_in_body] = document.id
            place = self.session.surroundings(updater.operation, user, None)
        else:
            place = self.place(updater.operation, document)
        body = self._wrapped(subject, updater.operation, body)
        return Call(updater.operation, user.name, body=body, has_body=True, **place)

    def _own(self, document: Document, updater: Updater, names: list[str]) -> dict[str, Any]:
        """What the document has of these properties, as the update's body takes it.

        It is read where the last answer did not tell: a create may show an id alone, and a list the rest.
        """
        subject = document.subject
        seen = document.shown
        if document.id is not None and subject.observable and any(name not in seen for name in names):
            seen = {**(self.look_for(document, document.user) or {}), **seen}
        requested, fits = subject.requested(updater.operation), self.session.bodies.property_fits
        known = {name: seen[name] for name in names if name in seen}
        return {name: value for name, value in known.items() if name not in requested or fits(requested[name], value)}

    def kept(self, updater: Updater, document: Document, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The changes, and what has to be changed with them so that rules about several properties are kept.

        Raises:
            NotExercised: nothing was found that could.
        """
        subject = document.subject
        if not subject.keeping:
            return dict(changes)
        sent = self.update_call(updater, document, changes).body
        requested = subject.requested(updater.operation)
        write = Write(
            updater.operation, sent, document.shown, updater.partial, frozenset(changes),
            stays=frozenset(document.shown.keys() - requested.keys()),
        )  # fmt: skip
        kept: dict[str, Any] = self.session.bodies.kept(subject, write)
        others = {name: value for name, value in kept.items() if sent.get(name, ...) != value}
        return {**changes, **others}

    def try_update(
        self,
        updater: Updater,
        document: Document,
        changes: Mapping[str, Any],
        user: User | None = None,
        *,
        as_it_is: bool = False,
    ) -> Exchange:
        """Send an update.

        Args:
            updater: the operation.
            document: what is changed.
            changes: what is sent; with more where it would break a rule about several properties.
            user: who asks.
            as_it_is: whether nothing else is.
        """
        changes = changes if as_it_is else self.kept(updater, document, changes)
        call = self.update_call(updater, document, changes, user)
        parts = {"path": call.path, "query": call.query, "headers": call.headers}
        exchange = self.send(call.operation, user or document.user, **parts, body=call.body)
        if exchange.ok:
            self.note_change(updater, document, changes, exchange)
        return exchange

    def note_change(self, updater: Updater, document: Document, changes: Mapping[str, Any], exchange: Exchange) -> None:
        """Note what an accepted change has left of a document, and where it is found now."""
        _move(document, changes)
        shown = exchange.shown(updater.action)
        document.answered = isinstance(shown, dict) and bool(shown)
        if document.answered:
            document.shown = document.subject.named(shown)
            self._follow(document, changes)
        elif document.subject.observable and document.id is not None:
            # The answer shows nothing (204): what was written is looked up.
            document.shown = self._found_after(document, changes) or document.shown

    def _found_after(self, document: Document, changes: Mapping[str, Any]) -> dict[str, Any] | None:
        """The document after a change whose answer does not show it: by its new name, where that was changed."""
        seen, was = self.look_for(document, document.user), document.id
        if seen is None and document.subject.key in changes:
            document.id = changes[document.subject.key]
            seen = self.look_for(document, document.user)
            document.id = was if seen is None else document.id
        return seen

    @staticmethod
    def _follow(document: Document, changes: Mapping[str, Any]) -> None:
        """Take the new id of a document that was renamed, where its id is made of its name."""
        told = document.shown.get(document.subject.key)
        names = [document.sent.get(name) for name in changes]
        was = [name for name in names if isinstance(name, str) and name and name in str(document.id)]
        is_renamed = bool(was) or document.subject.key in changes
        if is_renamed and isinstance(told, str) and told:
            document.id = told

    def update(self, updater: Updater, document: Document, changes: Mapping[str, Any]) -> Exchange:
        """Change a document in a way that must be accepted, else the case is not exercised."""
        exchange = self.try_update(updater, document, changes)
        if not exchange.ok:
            raise NotExercised(f"an update that keeps the contract was refused: {exchange.told(100)}")
        return exchange

    def delete(self, document: Document, user: User | None = None) -> Exchange:
        """Delete a document."""
        operation = document.subject.deleters[0]
        return self.send(operation, user or document.user, **self.place(operation, document))

    def settle(self) -> None:
        """Wait until a write is seen by every read."""
        if self.session.settings.consistency:
            time.sleep(self.session.settings.consistency)

    def tick(self, stamp: Any = None) -> None:
        """Wait until the server's clock has moved on by more than its resolution.

        Args:
            stamp: a moment as the server shows it: where it is one of whole seconds, the next second is waited for.
        """
        wait = max(self.session.settings.tick, LATE * resolution(stamp))
        time.sleep(wait)
        self._waited += wait


def _move(document: Document, changes: Mapping[str, Any]) -> None:
    """Note where a change has taken the document: a path that leads through its parent leads through the new one."""
    path, subject = document.around.get("path", {}), document.subject
    for action in (subject.action(one) for one in (*subject.creators, *subject.listers, *subject.readers)):
        path = path | {one: changes[name] for one, name in action.scope if one in path and name in changes}
    document.around = {**document.around, "path": path}


def views(trial: Trial, document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where the document shows after a write, and how: in the answer, where it holds it, and in a read.

    The answer is judged before anything is read: a document that went to somebody else is not found by a read, and
    the answer has told why.
    """
    if not document.answered and not document.subject.observable:
        raise NotExercised(f"nothing shows documents of {document.subject.collection}")
    if document.answered:
        yield THE_ANSWER, document.shown
    if document.subject.observable:
        yield "a read", trial.look(document)


def view(trial: Trial, document: Document) -> dict[str, Any]:
    """The document as a read shows it; as the last answer did where no operation reads it."""
    return trial.look(document) if document.subject.observable else document.shown


def placed(operation: Operation, name: str | None, value: Any) -> dict[str, Any]:
    """The parameter of that name, where the operation has it; some contracts have it in the path and the query."""
    where = {one.location for one in operation.parameters if one.name == name}
    return {part: {name: value} for part in ("path", "query") if part in where}


def refused_as(exchange: Exchange, statuses: set[int], what: str, strict: bool = False) -> None:
    """Hold that a request was refused with one of the statuses; strictly, or undeclared ones are left to others."""
    if not exchange.refused:
        raise Broken(f"{what} to be refused", f"the server answered {exchange.told()}")
    declared = exchange.call.operation.statuses
    if exchange.status not in statuses and (strict or str(exchange.status) in declared):
        wanted = " or ".join(str(status) for status in sorted(statuses))
        raise Broken(f"{what} to be refused with {wanted}", f"the server answered {exchange.told()}")


def accepted(exchange: Exchange, what: str, check: str | None = None) -> None:
    """Hold that a request was accepted."""
    if not exchange.ok:
        raise Broken(f"{what} to be accepted", f"the server answered {exchange.told()}", check)


def shows_all(operation: Operation) -> str:
    """The promise of an operation that reads or lists."""
    return f"{operation} shows every document of the caller"


Attempt = Callable[[Trial], None]
