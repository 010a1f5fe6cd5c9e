"""Reads documents: one by its id, or a list of them, page after page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.paging import (
    MOST_PAGES,
    is_by_cursor,
    is_cut_short,
    next_page,
    tells_next,
    wider_page,
    widest_page,
)
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.sender import Sender
from specdouble.verify.subject import Subject
from specdouble.verify.values import kind, merged

FORBIDDEN = 403


class Reader(Sender):
    """Reads the documents that a trial made."""

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
        self.hold_to(document, seen)
        return seen

    @staticmethod
    def hold_to(document: Document, seen: dict[str, Any]) -> None:
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
        user = self.session.crowd.who((reader.id,)) if reader is not None else self.user
        exchange = self._read_at(subject, user, name, {"path": path})
        found = exchange.shown(subject.action(exchange.call.operation)) if exchange is not None else None
        return subject.named(found) if isinstance(found, dict) else None

    def _read_at(self, subject: Subject, user: User, name: str | None, parts: Mapping[str, Any]) -> Exchange | None:
        """A user's read of the document that a parameter names, one of these; None where there is none."""
        reader, held = next(iter(subject.readers), None), {**parts.get("query", {}), **parts.get("path", {})}
        if reader is None or name is None or name not in held:
            return None
        named = {**held, subject.action(reader).id or name: held[name]}
        place = self.session.surroundings(reader, user, None, known={"path": named, "query": named})
        exchange = self.send(reader, user, **place)
        return exchange if exchange.ok else None

    def as_of_now(self, operation: Operation, user: User, parts: dict[str, Any]) -> dict[str, Any]:
        """The parts of a request whose condition holds: with the tag that its document has by now in the place of `*`.

        Any tag is meant by `*` (RFC 9110, 13.1.1), but there are servers that compare the text alone.
        """
        headers, action = parts.get("headers", {}), self.contract.actions.get(operation.id)
        name = next((one for one, value in headers.items() if one.lower() == "if-match" and value == "*"), None)
        if name is None or action is None:
            return parts
        found = self._read_at(self.session.subjects[action.collection], user, action.id, parts)
        tag = found.headers.get("etag") if found is not None else None
        return parts if tag is None else {**parts, "headers": {**headers, name: tag}}

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
        self, subject: Subject, user: User, around: Mapping[str, Any] | None = None, until: object = None
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
        for number, (page, entries) in enumerate(self.pages(subject, user, around, whole=True), 1):
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
            if number == MOST_PAGES:  # of more, so many have to do
                if until is not None and next_page(page, entries, keys[-1] if keys else None) is not None:
                    raise NotExercised(f"{operation} has more than {MOST_PAGES} pages")
                break
        return shown

    def pages(
        self,
        subject: Subject,
        user: User,
        around: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        whole: bool = False,
    ) -> Iterator[tuple[Exchange, list[dict[str, Any]]]]:
        """The pages of a list, one after another, to the last.

        Args:
            subject: the documents.
            user: whose list it is.
            around: the parameters that lead to the list; the user's own where left out.
            query: what is asked of it.
            whole: whether a larger page is asked for where nothing says how the next one is.

        Raises:
            NotExercised: it shows no list, or does not end.
        """
        operation = subject.listers[0]
        start = self.session.surroundings(operation, user, None, known=around)
        asked, was_told = {**start.get("query", {}), **(query or {})}, False
        for number in range(MOST_PAGES):
            exchange = self.send(operation, user, **{**start, "query": asked})
            found = exchange.at(subject.action(operation).envelope)
            if not exchange.ok or not isinstance(found, list):
                raise NotExercised(f"{operation} shows no list: {exchange.told(80)}")
            entries = [subject.named(one) for one in found if isinstance(one, dict)]
            if whole and is_cut_short(self.contract, exchange, entries):
                asked = self._wider(exchange)
                continue
            last = entries[-1].get(subject.key) if entries else None
            following = next_page(exchange, entries, last, was_told=was_told)
            was_told = tells_next(exchange)
            if whole and number == 0 and was_told and following is not None:
                widest = widest_page(operation, asked)
                if widest is not None:
                    asked, was_told = widest, False
                    continue
            yield exchange, entries
            if following is None:
                return
            asked = following
        raise NotExercised(f"{operation} has more than {MOST_PAGES} pages")

    @staticmethod
    def _wider(cut_short: Exchange) -> dict[str, Any]:
        """The query of a larger page.

        Raises:
            NotExercised: there is none, and nothing says how the next page is asked for.
        """
        operation = cut_short.call.operation
        wider = wider_page(operation, cut_short.call.query)
        if wider is None:
            raise NotExercised(f"{operation} shows a full page, and nothing says how the next one is asked for")
        return wider

    def place(self, operation: Operation, document: Document) -> dict[str, Any]:
        """The parameters that name the document, for an operation on one."""
        name = document.subject.action(operation).id
        if document.id is None:
            raise NotExercised(f"{document.made.call.operation} does not tell the id of what it made")
        known = {**document.around, "path": self._parents(operation, document)}
        around = self.session.surroundings(operation, document.user, name, known=known)
        for where, held in placed(operation, name, document.id).items():
            around.setdefault(where, {}).update(held)
        return self.as_of_now(operation, document.user, dict(around))

    def acting(self, operation: Operation, document: Document) -> dict[str, Any]:
        """The parts of a request that does to the document what the operation's name says."""
        parts = self.place(operation, document)
        if operation.json_body is not None:
            parts["body"] = self._asked_by(operation, document)
        return parts

    def _asked_by(self, operation: Operation, document: Document) -> Any:
        """What an operation that changes a document asks for in its body: what names another one names one that is."""
        body, subject = self.session.plain_body(operation), document.subject
        if not isinstance(body, dict):
            return body
        chosen = {name: subject.resource.properties[name] for name in body if name in subject.chosen}
        values = {
            name: self.session.bodies.value(subject, name, schema, document.user) for name, schema in chosen.items()
        }
        return {**body, **values}


def placed(operation: Operation, name: str | None, value: object) -> dict[str, Any]:
    """The parameter of that name, where the operation has it; some contracts have it in the path and the query."""
    where = {one.location for one in operation.parameters if one.name == name}
    return {part: {name: value} for part in ("path", "query") if part in where}


def shows_all(operation: Operation) -> str:
    """The promise of an operation that reads or lists."""
    return f"{operation} shows every document of the caller"
