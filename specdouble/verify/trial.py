"""One attempt at one case: what it sends, what it makes, and what it learns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.attack import Write
from specdouble.verify.created import created_id
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.problem import Broken, Moved, NotExercised
from specdouble.verify.reader import Reader, placed
from specdouble.verify.refusal import says_taken
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.wrapper import named_in_path

THE_ANSWER = "the answer"  # to a write, where a document may show


class Trial(Reader):
    """One attempt at one case.

    Args:
        session: what all trials share: contract, client, users, documents that can be referred to.
        operations: the ids of those that it is about.
    """

    def __init__(self, session: Shared, operations: Iterable[str] = ()) -> None:
        super().__init__(session, operations)
        self.made: list[Document] = []

    def body(self, subject: Subject, operation: Operation, user: User, full: bool = False) -> dict[str, Any]:
        """A body that the operation must accept: what is required, or everything."""
        body: dict[str, Any] = self.session.bodies.make(subject, operation, user, full)
        return body

    def fresh(self, phrase: str = "") -> str:
        """A text that no document holds yet."""
        text: str = self.session.fresh.text(phrase)
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
        if room and subject.collection in self.session.referents.crowded:
            self.session.referents.make_room(subject, user)
        for rule, attack in subject.bounding if room else ():
            assert attack.room is not None
            attack.room(self, subject, rule, call)
        return call

    def _create_call(
        self, subject: Subject, user: User, body: Mapping[str, Any], known: Mapping[str, Any] | None = None
    ) -> Call:
        operation, body = self.creator(subject), dict(body)
        name = subject.action(operation).id
        around: dict[str, Any] = self.session.surroundings(operation, user, name, known=known)
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
        return self.session.fresh.value(parameter.schema, compact=True)

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

        Raises:
            NotExercised: the user was seen to be forbidden what another one may do: a refusal would be for that.
        """
        operation = self.creator(subject)
        if user.name in self.session.crowd.barred.get(operation.id, ()):
            raise NotExercised(f"{user.name} may not ask for {operation}")
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
        document.answered = _is_shown(subject, shown)
        self.made.append(document)
        self.session.referents.adopt(document)
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
        texts = self.session.fresh.words_in(held)
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
        if document is None and exchange.refused and not changes and self.session.referents.leave_full(exchange.call):
            made = any(one.subject.collection == subject.collection for one in self.made)
            if made and self.session.referents.is_amid_case:
                raise Moved(f"{operation} took no more beside the documents that the case had made")
            body = {**self.body(subject, self.creator(subject), user, full)}
            body = {name: value for name, value in body.items() if name not in drop}
            exchange, document = self.try_create(subject, user, body)
        if document is None and exchange.refused and not changes:
            exchange, document = self._with_room(subject, user, exchange, full, drop)
        if document is None:
            raise NotExercised(f"a request that keeps the contract was refused: {exchange.call.operation} answered "
                               f"{exchange.told(100)}")  # fmt: skip
        if document.id is None:
            raise NotExercised(f"{exchange.call.operation} does not tell the {subject.key} of what it made")
        return document

    def in_each_state(
        self, subject: Subject, names: Collection[str] | None = None, user: User | None = None
    ) -> Iterator[Document]:
        """A new document in each state that requests lead to; of these properties alone, where they are given."""
        for rule, attack in subject.attacks:
            if attack.states is None or attack.reach is None or (names is not None and rule.name not in names):
                continue
            for value in attack.states(rule):
                with suppress(NotExercised):
                    yield attack.reach(self, subject, rule, value, user)

    def _with_room(
        self, subject: Subject, user: User, refused: Exchange, full: bool, drop: tuple[str, ...]
    ) -> tuple[Exchange, Document | None]:
        """The answer to a refused create, and the document, once what earlier cases made for the user is gone.

        Another body comes first: what is taken once what was there is deleted may have been a name.
        """
        known = self.session.baselines.found.get(refused.call.operation.id)
        if known is None or known.taken is None:
            return refused, None
        body = self.body(subject, self.creator(subject), user, full)
        exchange, document = self.try_create(subject, user, {one: body[one] for one in body if one not in drop})
        if document is not None or not self.session.referents.make_room(subject, user):
            return exchange, document
        exchange = self.resend(refused.call)
        if exchange.ok:
            self.session.referents.crowded.add(subject.collection)
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
        if subject.repeats_id(updater.operation) and (subject.named_by_client or subject.needs_id(updater.operation)):
            body[subject.key] = document.id
        if updater.id_in_body:
            body[updater.id_in_body] = document.id
            place: dict[str, Any] = self.session.surroundings(updater.operation, user, None)
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

    def kept(
        self, updater: Updater, document: Document, changes: Mapping[str, Any], *, is_fixed: bool = True
    ) -> dict[str, Any]:
        """The changes, and what has to be changed with them so that rules about several properties are kept.

        Args:
            updater: the operation.
            document: what is changed.
            changes: what is sent.
            is_fixed: whether each of them has to be as it is, and others give way.

        Raises:
            NotExercised: nothing was found that could.
        """
        subject = document.subject
        if not subject.keeping:
            return dict(changes)
        sent = self.update_call(updater, document, changes).body
        requested = subject.requested(updater.operation)
        write = Write(
            updater.operation, sent, document.shown, updater.partial, frozenset(changes if is_fixed else ()),
            stays=frozenset(document.shown.keys() - requested.keys()),
        )  # fmt: skip
        kept: dict[str, Any] = self.session.bodies.kept(subject, write)
        others = {name: value for name, value in kept.items() if sent.get(name, ...) != value}
        return {**changes, **others}

    def update_without(self, name: str, updater: Updater, document: Document) -> None:
        """Change a document by a body that leaves out the property: by an empty one, unless the schema asks for more.

        Raises:
            NotExercised: the schema takes no such body.
            Broken: the server does not.
        """
        bodies = self.session.bodies
        changes: tuple[dict[str, Any], ...] = ({}, bodies.change(document.subject, updater))
        fitting = (one for one in changes if name not in one and bodies.fits(updater.operation, one))
        change = next(fitting, None)
        if change is None:
            raise NotExercised(f"the schema of {updater.operation} takes no body without {name}")
        accepted(self.try_update(updater, document, change), f"an update without {name}")

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
        shown = document.subject.named(shown) if isinstance(shown, dict) else {}
        document.answered = _is_shown(document.subject, shown)
        if document.answered:
            document.shown = shown
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


def _move(document: Document, changes: Mapping[str, Any]) -> None:
    """Note where a change has taken the document: a path that leads through its parent leads through the new one."""
    path, subject = document.around.get("path", {}), document.subject
    for action in (subject.action(one) for one in (*subject.creators, *subject.listers, *subject.readers)):
        path = path | {one: changes[name] for one, name in action.scope if one in path and name in changes}
    document.around = {**document.around, "path": path}


def _is_shown(subject: Subject, shown: Mapping[str, Any]) -> bool:
    """Whether an answer shows the document: some of its properties, and not its id alone."""
    properties = subject.resource.properties.keys()
    return bool(shown.keys() & (properties - {subject.key} or properties))


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


def refused_as(exchange: Exchange, statuses: Collection[int], what: str, strict: bool = False) -> None:
    """Hold that a request was refused with one of the statuses; strictly, or undeclared ones are left to others."""
    if not exchange.refused:
        raise Broken(f"{what} to be refused", f"the server answered {exchange.told()}")
    declared = exchange.call.operation.statuses
    if exchange.status not in statuses and (strict or str(exchange.status) in declared):
        wanted = " or ".join(str(status) for status in sorted(statuses))
        raise Broken(f"{what} to be refused with {wanted}", f"the server answered {exchange.told()}")


def unless_scarce(exchange: Exchange, subject: Subject) -> None:
    """Not exercised where what a create names is taken, and no other can be made for it to name."""
    if subject.scarce and exchange.refused and says_taken(exchange):
        raise NotExercised(f"no other {', '.join(sorted(subject.scarce))} can be had: {exchange.told(60)}")


def accepted(exchange: Exchange, what: str, check: str | None = None) -> None:
    """Hold that a request was accepted."""
    if not exchange.ok:
        raise Broken(f"{what} to be accepted", f"the server answered {exchange.told()}", check)


Attempt = Callable[[Trial], None]
