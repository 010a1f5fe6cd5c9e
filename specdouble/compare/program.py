"""A program: a few requests about one kind of documents, drawn by chance and made so that they meet each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from specdouble.verify.document import Document
from specdouble.verify.exchange import Call
from specdouble.verify.identity import User
from specdouble.verify.problem import NotExercised
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial
from specdouble.verify.values import edges, kind, merged, plausible
from specdouble.verify.values import unlike as unlike_text


@dataclass(frozen=True)
class Step:
    """One request of a program.

    Args:
        intent: what it is meant to try, as a clause.
        call: the request.
        document: the document that it is about; None where it creates one, or lists.
        tried: the property that it is meant to try; empty where it is the document as a whole.
    """

    intent: str
    call: Call
    document: Document | None = None
    tried: str = ""


class Author:
    """Writes the steps of one program, each when those before it were answered.

    Args:
        trial: at the server.
        subject: the documents.
        chance: what the choices are drawn from.
        unlike: the users who are to the first one of the server what they are not to that of the double.
    """

    def __init__(self, trial: Trial, subject: Subject, chance: Random, unlike: frozenset[str] = frozenset()) -> None:
        self.trial, self.subject, self.chance, self.unlike = trial, subject, chance, unlike
        self.documents: list[Document] = []
        self.deleted: list[Document] = []

    def next(self) -> Step:
        """The next step.

        Raises:
            NotExercised: it cannot be made.
        """
        if not self.documents:
            return self.chance.choice([self.usual, self.usual, self.full, self.wrong])()
        return self.chance.choice(list(self.moves()))()

    def moves(self) -> Iterator[Callable[[], Step]]:
        """What can be tried once there are documents; what tells most, more often."""
        yield from (self.usual, self.full, self.again, self.alike, self.wrong, self.edge, self.missing)
        if self.subject.readers:
            yield from (self.read, self.read_by_another)
        if self.subject.listers:
            yield self.listed
        if self.subject.updaters:
            yield from (self.change, self.change, self.change_alike, self.change_wrong, self.change_by_another)
        if self.subject.deleters:
            yield from (self.delete, self.delete_by_another)
        if self.deleted and self.subject.readers:
            yield self.read_deleted

    # Creates

    def usual(self) -> Step:
        return self._create("a usual create", self._body())

    def full(self) -> Step:
        return self._create("a create with every property", self._body(full=True))

    def again(self) -> Step:
        """The body of another document once more."""
        return self._create("a create with the same body as another", dict(self._one().sent))

    def alike(self) -> Step:
        """One text of another document, as it is or spelled otherwise."""
        name, value = self._text_of_another()
        spelled, how = self._spelled(value)
        return self._create(f"a create with another's {name}{how}", {**self._body(), name: spelled}, name)

    def wrong(self) -> Step:
        name, value = self._wrong(self.trial.creator(self.subject))
        return self._create(f"a create with {name} of a wrong kind", {**self._body(), name: value}, name)

    def edge(self) -> Step:
        name, schema = self._property(self.trial.creator(self.subject))
        found = list(edges(schema, self.trial.contract.resolve))
        if not found:
            raise NotExercised("no bounds")
        what, value = self.chance.choice(found)
        return self._create(f"a create with {name} {what}", {**self._body(), name: self._new(name, value)}, name)

    def _new(self, name: str, value: object) -> Any:
        """A text of the same length that no other document has, where no two may have the same.

        Raises:
            NotExercised: it is too short for that, and may have been taken before.
        """
        if not isinstance(value, str) or name not in self.subject.once:
            return value
        word = self.trial.session.fresh.word()
        if len(value) < len(word):
            raise NotExercised("a text so short may be taken")
        return word + value[len(word) :]

    def missing(self) -> Step:
        body = self._body()
        if not body:
            raise NotExercised("nothing is required")
        name = self.chance.choice(sorted(body))
        rest = {one: value for one, value in body.items() if one != name}
        return self._create(f"a create without {name}", rest, name)

    # What is there

    def read(self) -> Step:
        return self._read("a read", self._one(), None)

    def read_by_another(self) -> Step:
        return self._read("a read by another user", self._one(), self._another())

    def read_deleted(self) -> Step:
        return self._read("a read of what was deleted", self.chance.choice(self.deleted), None)

    def listed(self) -> Step:
        operation, document = self.subject.listers[0], self._one()
        place = self.trial.listing(document)
        around: dict[str, Any] = self.trial.session.surroundings(operation, document.user, None, known=place)
        return Step("a list", Call(operation, document.user.name, **around))

    # Changes

    def change(self) -> Step:
        updater = self._updater()
        name, schema = self._property(updater.operation)
        few = merged(schema, self.trial.contract.resolve).get("enum")
        if few:
            value = self.chance.choice(few)
            return self._update(f"a change of {name} to {value!r}", updater, {name: value})
        value = self.trial.session.bodies.value(self.subject, name, schema, self.trial.user)
        return self._update(f"a change of {name}", updater, {name: value})

    def change_alike(self) -> Step:
        updater = self._updater()
        name, value = self._text_of_another()
        if name not in self.subject.requested(updater.operation):
            raise NotExercised("it is not changed")
        spelled, how = self._spelled(value)
        return self._update(f"a change to another's {name}{how}", updater, {name: spelled})

    def change_wrong(self) -> Step:
        updater = self._updater()
        name, value = self._wrong(updater.operation)
        return self._update(f"a change to a {name} of a wrong kind", updater, {name: value})

    def change_by_another(self) -> Step:
        updater = self._updater()
        change = self.trial.session.bodies.change(self.subject, updater)
        return self._update("a change by another user", updater, change, self._another())

    def delete(self) -> Step:
        return self._delete("a delete", self._one(), None)

    def delete_by_another(self) -> Step:
        return self._delete("a delete by another user", self._one(), self._another())

    # Parts

    def _body(self, *, full: bool = False) -> dict[str, Any]:
        return self.trial.body(self.subject, self.trial.creator(self.subject), self.trial.user, full)

    def _create(self, intent: str, body: dict[str, Any], tried: str = "") -> Step:
        return Step(intent, self.trial.create_call(self.subject, self.trial.user, body, room=False), tried=tried)

    def _one(self) -> Document:
        return self.chance.choice(self.documents)

    def _another(self) -> User:
        others = [
            user for user in self.trial.users
            if user.name != self.trial.user.name and user.name not in self.unlike
        ]  # fmt: skip
        if not others:
            raise NotExercised("there is no other user, or none that is to both what it is to one")
        return self.chance.choice(others)

    def _updater(self) -> Updater:
        return self.chance.choice(self.subject.updaters)

    def _read(self, intent: str, document: Document, user: User | None) -> Step:
        operation = self.subject.readers[0]
        who = user or document.user
        return Step(intent, Call(operation, who.name, **self.trial.place(operation, document)), document)

    def _update(self, intent: str, updater: Updater, change: dict[str, Any], user: User | None = None) -> Step:
        document = self._one()
        call = self.trial.update_call(updater, document, change, user)
        return Step(intent, call, document, next(iter(change), "") if user is None else "")

    def _delete(self, intent: str, document: Document, user: User | None) -> Step:
        operation = self.subject.deleters[0]
        who = user or document.user
        return Step(intent, Call(operation, who.name, **self.trial.place(operation, document)), document)

    def _property(self, operation: Any) -> tuple[str, Any]:
        known = {
            name: schema
            for name, schema in self.subject.requested(operation).items()
            if name not in self.subject.server_set and name != self.subject.id_sent
        }
        if not known:
            raise NotExercised("nothing can be sent")
        name = self.chance.choice(sorted(known))
        return name, known[name]

    def _wrong(self, operation: object) -> tuple[str, Any]:
        """A value that is of another kind; for what holds an id, one of no document."""
        name, schema = self._property(operation)
        shape = kind(merged(schema, self.trial.contract.resolve))
        held = self._one().sent.get(name) if self.documents else None
        if isinstance(held, str) and self.trial.session.referents.origins.get(held) is not None:
            return name, unlike_text(held)
        return name, 17 if shape == "string" else plausible({"type": "string"}, self.trial.contract.resolve, "text")

    def _text_of_another(self) -> tuple[str, str]:
        texts = {
            name: value
            for name, value in self._one().sent.items()
            if isinstance(value, str) and name in self.subject.requested(self.trial.creator(self.subject))
        }
        if not texts:
            raise NotExercised("no text was sent")
        name = self.chance.choice(sorted(texts))
        return name, texts[name]

    def _spelled(self, value: str) -> tuple[str, str]:
        ways = [(value, ""), (value.swapcase(), " in other case"), (f" {value} ", " with spaces around")]
        return self.chance.choice(ways)
