"""Bodies that keep the contract, its rules included: references exist, unique values are new."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Protocol

from specdouble.contract import Contract, Operation
from specdouble.verify import form
from specdouble.verify.attack import Write, attack_of
from specdouble.verify.fresh_values import FreshValues
from specdouble.verify.identity import Crowd, User
from specdouble.verify.orders import in_order
from specdouble.verify.problem import NotExercised
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.values import kind, merged, plausible
from specdouble.verify.wrapper import named_in_path, properties_sent, unwrapped, wrapped


class Referring(Protocol):
    """The documents that bodies refer to."""

    def or_none(self, collection: str, user: User, purpose: str = "") -> Any:
        """The id of a document of the collection, where one can be had."""

    def shown(self, subject: Subject, user: User) -> dict[str, Any]:
        """A document that the user may refer to, as the server shows it; empty where none can be had."""


class Surroundings(Protocol):
    """What a body is made from: the documents that it may refer to, and values that are new among them."""

    contract: Contract
    crowd: Crowd
    subjects: dict[str, Subject]
    fresh: FreshValues
    anew: set[tuple[str, str]]

    def named_in(self, subject: Subject | None, name: str) -> str | None:
        """The collection of which a property of a body names a document."""

    @property
    def referents(self) -> Referring:
        """The documents that it may refer to."""

    def held(self, operation: Operation) -> dict[str, Any]:
        """What an operation's body must hold beside what its schema asks for."""

    @property
    def baselines(self) -> Any:
        """What is known of each operation."""


class Bodies:
    """Makes bodies for operations that write documents.

    Args:
        session: where the documents are that a body refers to.
    """

    def __init__(self, session: Surroundings) -> None:
        self.session, self.contract = session, session.contract
        self._slots: dict[str, str] = {}
        subjects = list(session.subjects.values())
        self._described = {self._description(one.resource.schema): one for one in reversed(subjects)}
        for subject in session.subjects.values():
            for schema in subject.resource.properties.values():
                self.contract.schemas.slot(schema, "response")
            for operation in (*subject.creators, *(one.operation for one in subject.updaters)):
                for schema in subject.requested(operation).values():
                    self._slot(schema)  # now, as those that are asked for together are compiled together

    def make(self, subject: Subject, operation: Operation, user: User, full: bool) -> dict[str, Any]:
        """A body that the operation must accept: what is required, or everything.

        Raises:
            NotExercised: none could be made.
        """
        media = operation.document_body
        if media is None and (operation.body is not None or not named_in_path(self.contract, operation)):
            raise NotExercised(f"{operation} takes no body that is JSON or a form")
        needed, held = subject.required(operation), self.session.held(operation)
        taken = subject.taken(operation)
        in_path = taken.keys() - subject.requested(operation)
        must = {*needed, *held, *in_path}
        body = {
            name: self.value(subject, name, schema, user)
            for name, schema in taken.items()
            if name in must or (full and self.wanted(subject, operation, name, schema))
        }
        # A text with a new word in it is one that the server takes, and keeps what is unique unique.
        body |= {
            name: one for name, one in held.items() if name not in subject.chosen or self._is_new(subject, name, one)
        }
        if subject.needs_id(operation):  # a place for the one that the path names
            body.setdefault(subject.resource.id, self._any_id(subject, operation))
        body = in_order(body, body)
        larger = () if full else self._larger(subject, operation, user, body)
        for one in chain([body], larger, self._of_examples(subject, operation, body, full)):
            if self.fits(operation, one):
                return self.kept(subject, Write(operation, one))
        whole = subject.wrapped(operation, body)
        slot = media.slot if media else None
        violations = self.contract.schemas.violations(slot, whole, "body") if slot else []
        why = f": {violations[0].pointer} {violations[0].message}" if violations else ""
        raise NotExercised(f"no body could be made that fits the schema of {operation}{why}")

    def _larger(
        self, subject: Subject, operation: Operation, user: User, body: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """The body with more and more properties: a schema may ask for some, whichever they are.

        First come those that no rule speaks of, and that tell no state.
        """
        states = {name for name, _ in subject.states(operation)} | subject.chosen.keys()
        requested = subject.requested(operation)
        for name in sorted(requested.keys() - body.keys(), key=lambda one: (one in states, one)):
            if self.wanted(subject, operation, name, requested[name]):
                body = {**body, name: self.value(subject, name, requested[name], user)}
                yield in_order(body, body)

    def _of_examples(
        self, subject: Subject, operation: Operation, body: dict[str, Any], full: bool
    ) -> Iterator[dict[str, Any]]:
        """The bodies that the contract shows, with what of the body is chosen by rules."""
        media, needed = operation.document_body, subject.required(operation)
        for whole in media.examples.values() if media else ():
            example = unwrapped(self.contract, operation, whole)
            if isinstance(example, dict):
                known = {name: value for name, value in example.items() if full or name in needed}
                yield known | {name: value for name, value in body.items() if name in subject.chosen}

    def _any_id(self, subject: Subject, operation: Operation) -> Any:
        schema = properties_sent(self.contract, operation)[subject.resource.id]
        return plausible(schema, self.contract.resolve, self.session.fresh.word())

    def _is_new(self, subject: Subject, name: str, value: object) -> bool:
        return name not in subject.referring and self.session.fresh.is_own(value)

    def kept(self, subject: Subject, write: Write) -> dict[str, Any]:
        """The body, changed as little as makes its document keep the rules about several properties at once.

        A body that does not fit its schema stays as it is: it is meant to be refused.

        Raises:
            NotExercised: none was found.
        """
        for keep, rules in subject.keeping:
            if self.fits(write.operation, write.body):
                write = replace(write, body=keep(self.session, subject, rules, write))
        return write.body

    def ordered(self, requested: Mapping[str, Any], body: dict[str, Any], keep: Collection[str] = ()) -> dict[str, Any]:
        """The body, or what is changed of it, with each span's end after its start.

        Args:
            requested: the schemas of the properties that there may be.
            body: what is to be sent.
            keep: properties that stay as they are: the other end of the span is moved.

        Raises:
            NotExercised: the schema has no room for the other end.
        """
        moved = in_order(requested, body, keep)
        for name, schema in requested.items():
            is_moved = name in body and moved[name] != body[name]
            if is_moved and self.property_fits(schema, body[name]) and not self.property_fits(schema, moved[name]):
                raise NotExercised(f"the schema has no {name} in the order that its name speaks of")
        return moved

    def wanted(self, subject: Subject, operation: Operation, name: str, schema: dict[str, Any]) -> bool:
        """Whether a full body holds the property: not what the server sets, nor the id of another document."""
        names_a_document = any(one.operation is operation and one.id_in_body == name for one in subject.updaters)
        found = self.session.baselines.found.get(operation.id)
        refused = found is not None and name in found.without
        return not (schema.get("readOnly") or name in subject.server_set or names_a_document or refused)

    def value(self, subject: Subject, name: str, schema: dict[str, Any], user: User, like: object = None) -> Any:
        """A value for one property that keeps its rules, like another where one is given."""
        rule = subject.chosen.get(name)
        refers = rule is not None and rule.refers_to is not None
        if name == subject.id_sent and subject.named_by_client and not refers:
            return self._new_id(schema, subject.resource.id_path[1:])
        choose = attack_of(rule).value if rule else None
        if choose is not None:
            return choose(self.session, subject, rule, schema, user, like)
        target = self.session.named_in(subject, name)
        if target is not None and target != subject.collection and name not in subject.server_set:
            found = self.session.referents.or_none(target, user)
            if found is not None:
                return found
        worded = self._worded(schema, name)
        if worded is None and (subject.collection, name) in self.session.anew:
            return self.session.fresh.value(schema)
        made = worded or plausible(schema, self.contract.resolve, self.session.fresh.word(), name=name)
        return self.embedding(schema, made, user)

    def embeds(self, schema: Any) -> bool:
        """Whether values of the schema hold documents of a collection, with their ids."""
        found: list[Subject] = []

        def note(subject: Subject) -> dict[str, Any]:
            found.append(subject)
            return {}

        self._embedding(schema, plausible(schema, self.contract.resolve, "probe"), note)
        return bool(found)

    def embedding(self, schema: Any, value: object, user: User) -> Any:
        """The value with documents that there are in the place of those that it holds with their ids: a pet's type.

        A server finds them by the id, and shows what it has.
        """
        return self._embedding(schema, value, lambda one: self.session.referents.shown(one, user))

    def _description(self, schema: Any) -> int | None:
        """What tells a schema of objects from others, and its copies share; an `allOf` of it alone is one of these."""
        schema = self.contract.resolve(schema)
        parts = schema.get("allOf") if isinstance(schema, dict) else None
        if isinstance(parts, list) and len(parts) == 1 and "properties" not in schema:
            schema = self.contract.resolve(parts[0])
        told = (schema.get("properties") or schema.get("allOf")) if isinstance(schema, dict) else None
        return id(told) if told else None

    def _embedding(self, schema: Any, value: object, there: Callable[[Subject], dict[str, Any]]) -> Any:
        if isinstance(value, list):
            items = merged(schema, self.contract.resolve).get("items")
            return [self._embedding(items, one, there) for one in value]
        if not isinstance(value, dict):
            return value
        subject = self._described.get(self._description(schema))
        if subject is not None and subject.resource.id in value:
            return value | {name: one for name, one in there(subject).items() if name in value}
        parts = self.contract.properties(schema)
        return {name: self._embedding(parts[name], one, there) if name in parts else one for name, one in value.items()}

    def _worded(self, schema: dict[str, Any], name: str) -> str | None:
        """A text with a new word in it, though a pattern asks for something; None where the pattern takes none."""
        whole = merged(schema, self.contract.resolve)
        if kind(whole) != "string" or "pattern" not in whole:
            return None
        plain = {key: one for key, one in whole.items() if key != "pattern"}
        text = plausible(plain, self.contract.resolve, self.session.fresh.word(), name=name)
        has_word = isinstance(text, str) and self.session.fresh.is_word(text)
        return text if has_word and self.property_fits(schema, text) else None

    def _new_id(self, schema: Any, inside: tuple[str, ...]) -> Any:
        """An id that no document has; inside of what holds it, where it stands deeper."""
        if not inside:
            return self.session.fresh.value(schema, compact=True)
        holder = plausible(schema, self.contract.resolve, self.session.fresh.word())
        within = self.contract.properties(schema).get(inside[0], {})
        known = holder if isinstance(holder, dict) else {}
        return {**known, inside[0]: self._new_id(within, inside[1:])}

    def change(self, subject: Subject, updater: Updater) -> dict[str, Any]:
        """A change of one property that no rule speaks of, where there is one."""
        requested = subject.requested(updater.operation)
        for name, schema in requested.items():
            whole = merged(schema, self.contract.resolve)
            plain = kind(whole) == "string" and not whole.get("enum") and not whole.get("format")
            bound = name in subject.chosen or name in subject.bound_on_update or name in subject.server_set
            if plain and not bound and name != updater.id_in_body:
                return {name: plausible(schema, self.contract.resolve, self.session.fresh.word())}
        fixed = {*subject.bound_on_update, *subject.server_set, updater.id_in_body}
        free = [*sorted((subject.once - fixed) & requested.keys())[:1]]
        if not free and not self.fits(updater.operation, {}):  # a change of something has to be sent
            free = [name for name in requested if name not in fixed][:1]
        return {name: self.value(subject, name, requested[name], self.session.crowd.first) for name in free}

    def fits(self, operation: Operation, document: object) -> bool:
        """Whether a document fits the schema of the operation's body."""
        media = operation.document_body
        if operation.body is None and named_in_path(self.contract, operation):
            return True
        if media is None or not self.can_be_sent(operation, document):
            return False
        if media.slot is None:
            return True
        return self.contract.schemas.is_valid(media.slot, wrapped(self.contract, operation, document))

    @staticmethod
    def can_be_sent(operation: Operation, value: object) -> bool:
        """Whether the body that the operation takes can hold the value: a form holds no null, for one."""
        is_form = operation.json_body is None
        return not is_form or value == {} or form.can_hold(value)

    def refuses(self, operation: Operation, schema: Any, value: object) -> bool:
        """Whether the value of a property does not fit its schema in the operation's body, and can be sent."""
        if operation.json_body is None:
            if isinstance(value, dict | list) or value is None:
                return False
            whole = merged(schema, self.contract.resolve)
            value = form.as_read(whole, [str(form.as_text(value))]) if form.is_of_texts(whole) else form.read(value)
        return not self.property_fits(schema, value)

    def property_fits(self, schema: Any, value: object) -> bool:
        """Whether the value fits the schema of a property of a request."""
        return self.contract.schemas.is_valid(self._slot(schema), value)

    def _slot(self, schema: Any) -> str:
        key = json.dumps(schema, sort_keys=True, default=str)
        if key not in self._slots:
            self._slots[key] = self.contract.schemas.slot(schema, "request")
        return self._slots[key]


def shown(value: object, limit: int = 80) -> str:
    """A value for a sentence."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-limit // 3 :]} ({len(text)} characters)"
