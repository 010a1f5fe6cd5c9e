"""What Schemathesis cannot know: which values keep the contract's rules. Given to every request before it is sent."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from threading import local
from typing import Any

from hypothesis.errors import UnsatisfiedAssumption
from schemathesis import Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

from specdouble.contract import Media, Operation, PropertyRule
from specdouble.verify.attack import Write
from specdouble.verify.conformance.path_values import meant, name_in_path
from specdouble.verify.exchange import Call, Exchange, in_path
from specdouble.verify.identity import User
from specdouble.verify.ledger import SAFE
from specdouble.verify.paging import is_cursor
from specdouble.verify.preconditions import idempotency_key, is_condition
from specdouble.verify.problem import Interruption, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged
from specdouble.verify.wrapper import named_as_in_path, properties_sent, rewrapped, unwrapped

LARGEST = 2**63 - 1
SCRATCH = "scratch"  # documents that generated requests may change; what others refer to stays as it was made
UNKNOWN_ONE_IN = 5  # how often an id is left as it was generated, most likely one of no document


class Knowledge:
    """Edits generated requests so that what fits the schema keeps the rules, and stays wrong where it is meant to be.

    Args:
        session: where the documents are that a request refers to.
        by_label: the contract's operations by Schemathesis' label.
    """

    def __init__(self, session: Session, by_label: dict[str, Operation]) -> None:
        self.session, self.by_label = session, by_label
        self._turn = count(1)
        self._sent: dict[int, int] = {}
        self._under_way = local()  # what this thread has sent last
        self._heard: set[str] = set()  # the requests whose answers are noted
        self.held_back: dict[str, str] = {}  # why the guard let the last request of an operation not through
        self.renamed: set[str] = set()  # the requests whose path names another document than it was to

    def before_call(self, case: Any) -> None:
        """The hook.

        Raises:
            UnsatisfiedAssumption: the request may change what this run did not create.
        """
        operation = self.by_label.get(case.operation.label)
        if operation is None:
            return
        self.held_back.pop(case.operation.label, None)
        named = dict(case.path_parameters or {})
        try:
            if case.meta is not None and not self._is_wrong_as_a_whole(case):
                self._parameters(operation, case)
                self._headers(operation, case)
                self._body(operation, case)
        except Interruption:
            pass  # the request goes out as it was generated
        self._hold(operation, case)
        self._name_tag(operation, case)
        if case.path_parameters != named:
            self.renamed.add(case.id)

    def after_call(self, case: Any, response: Response) -> None:
        """The hook: what a generated request has created is noted, to be deleted again."""
        operation = self.by_label.get(case.operation.label)
        self._heard.add(case.id)
        if operation is not None and case.method.lower() == operation.method:
            call = _call(operation, case, self._user(operation).name or None)
            self.session.ledger.answer(self._sent.pop(id(case), 0), call, exchange_of(call, response))
            self.session.client.orphans.after(call, response.status_code)

    def overhear(self, case: Any, response: Response) -> None:
        """Note what a request of Schemathesis' own checks has created: no hook sees those."""
        operation = self.by_label.get(case.operation.label)
        if operation is None or case.id in self._heard or case.method.lower() != operation.method:
            return
        self._heard.add(case.id)
        call = _call(operation, case, self._user(operation).name or None)
        self.session.ledger.answer(0, call, exchange_of(call, response))

    def dropped(self) -> None:
        """Note that the request that is under way may have been done, though it is sent again."""
        call = getattr(self._under_way, "call", None)
        if call is not None:
            self.session.ledger.send(call)

    def _user(self, operation: Operation) -> User:
        """Who asks for the operation."""
        return self.session.crowd.who((operation.id,))

    def _hold(self, operation: Operation, case: Any) -> None:
        """Hold that the request writes to nothing of another's: where it would, ids of this run take their place."""
        user = self._user(operation).name or None
        if case.method.lower() != operation.method:
            if self.session.guard.is_open or case.method.lower() in SAFE:
                return
            raise UnsatisfiedAssumption(f"{case.method} is not declared, and may change what is there")
        call = _call(operation, case, user)
        if self.session.guard.refuses(call) is not None:
            self._take_own(operation, case)
            call = _call(operation, case, user)
            why = self.session.guard.refuses(call)
            if why is not None:
                self.held_back[case.operation.label] = why
                raise UnsatisfiedAssumption(why)
        orphans = self.session.client.orphans
        why = orphans.refuses(call)
        if why is not None:
            self.held_back[case.operation.label] = why
            raise UnsatisfiedAssumption(why)
        orphans.before(call)
        self._repeat_id(operation, case)
        self._under_way.call = call
        self._sent[id(case)] = self.session.ledger.send(call)
        if case.path_parameters:
            held = meant(case).items()
            name_in_path(case, {name: in_path(operation.path, name, value) for name, value in held})

    def _repeat_id(self, operation: Operation, case: Any) -> None:
        """Have the body of an update hold the id that its path names, where it holds one that fits its schema."""
        contract, action = self.session.contract, self.session.contract.actions.get(operation.id)
        document = unwrapped(contract, operation, case.body)
        if case.meta is None or action is None or not isinstance(document, dict):
            return
        name, schemas = contract.resources[action.collection].id, properties_sent(contract, operation)
        if self._positive(case, ParameterLocation.BODY) and self._fits(schemas, name, document):
            document = named_as_in_path(contract, operation, document, meant(case))
            case.body = rewrapped(contract, operation, case.body, document)

    def _take_own(self, operation: Operation, case: Any) -> None:
        """Put ids of documents of this run, or of none, where others' stand."""
        ledger, held = self.session.ledger, meant(case)
        schemas = {one.name: one.schema for one in operation.parameters}
        for name, sort, _ in reversed(ledger.kinds.named(operation, held)):
            value = held[name]
            usable = ledger.owned(sort, value) is not None or ledger.kinds.is_given(sort)
            found = value if usable else self._document(operation, name)
            if found is None:
                found = self.session.fresh.value(schemas.get(name))
            held[name] = found
            held = self.session.beside_each_other(operation, held)
        if held != meant(case):
            name_in_path(case, held)
        if isinstance(case.body, dict):
            own = {
                name: value
                for name, value in case.body.items()
                if not self.session.guard.is_anothers(operation, name, value, True)
                and not self.session.guard.joins_another(name, value)
                and not self.session.guard.loses(_call(operation, case, None), name, value)
            }
            if own != case.body:
                case.body = own
                if self._positive(case, ParameterLocation.BODY):  # what was wrong may have gone with it
                    case.body = sane(own)

    @staticmethod
    def _is_wrong_as_a_whole(case: Any) -> bool:
        """Whether a request is meant to be refused for no part of it: one that is mended would be taken."""
        modes = [component.mode for component in case.meta.components.values()]
        return case.meta.generation.mode == GenerationMode.NEGATIVE and GenerationMode.NEGATIVE not in modes

    def _positive(self, case: Any, location: ParameterLocation) -> bool:
        component = case.meta.components.get(location)
        return component is None or component.mode == GenerationMode.POSITIVE

    def _parameters(self, operation: Operation, case: Any) -> None:
        if case.path_parameters:
            is_positive = self._positive(case, ParameterLocation.PATH)
            path = self._named(operation, case, meant(case), is_positive)
            name_in_path(case, self.session.beside_each_other(operation, path) if is_positive else path)
        if isinstance(case.query, dict) and case.query:
            is_positive = self._positive(case, ParameterLocation.QUERY)
            for name in [one for one in case.query if is_positive and is_cursor(operation, one)]:
                del case.query[name]
            case.query.update(self._named(operation, case, case.query, is_positive))

    def _named(self, operation: Operation, case: Any, held: Mapping[str, Any], is_positive: bool) -> dict[str, Any]:
        """The parameters, those that name documents with such as there are."""
        is_linked = case.meta.phase.name == TestPhase.STATEFUL  # links have filled them in
        named = dict(held)
        for name in named:
            if is_positive and isinstance(named[name], int):
                named[name] = sane(named[name])
            # What others refer to must not be deleted or closed: later requests that name it would be refused.
            guarded = self.session.uses_up(operation, name) and self.session.referents.holds(named[name])
            usual = not is_linked and is_positive and next(self._turn) % UNKNOWN_ONE_IN
            found = self._document(operation, name) if guarded or usual else None
            if found is not None:
                named[name] = found
        return named

    def _headers(self, operation: Operation, case: Any) -> None:
        """What is right or wrong by what the server has, not by its schema: conditions, and keys that were used."""
        if not self._positive(case, ParameterLocation.HEADER):
            return
        asked = [one for one in operation.parameters if one.location == "header" and one.required]
        # Those of a rule too, of which the contract's own schemas know nothing.
        asked = [one for one in asked if one.slot is None or is_condition(one.name)]
        for parameter in asked:
            value = self.session.parameters.value(operation, parameter, self._user(operation))
            case.headers = {**(case.headers or {}), parameter.name: str(value)}
        if not case.headers:
            return
        key = idempotency_key(operation)
        for name in list(case.headers):
            if is_condition(name) and name not in [one.name for one in asked]:
                del case.headers[name]
            elif key is not None and name.lower() == key.name.lower():
                case.headers[name] = str(self.session.fresh.value(key.schema, compact=True))

    def _name_tag(self, operation: Operation, case: Any) -> None:
        """The tag that the document has by now, of whichever one the path names in the end."""
        if case.headers:
            parts = {"path": meant(case), "headers": dict(case.headers)}
            with suppress(Interruption):
                case.headers = Trial(self.session).as_of_now(operation, self._user(operation), parts)["headers"]

    def _document(self, operation: Operation, parameter: str) -> Any:
        """The id of a document that the parameter may name, of the type that the parameter has."""
        fixed = self.session.settings.parameters
        found = fixed[parameter] if parameter in fixed else self._id_of_document(operation, parameter)
        schema = next((one.schema for one in operation.parameters if one.name == parameter), None)
        is_text = kind(merged(schema, self.session.contract.resolve)) == "string"
        # A number would count as a value that does not fit, however the path spells it.
        return str(found) if is_text and isinstance(found, int) else found

    def _id_of_document(self, operation: Operation, parameter: str) -> Any:
        action, user = self.session.contract.actions.get(operation.id), self._user(operation)
        is_own = action is not None and action.id == parameter
        target = action.collection if action is not None and is_own else self.session.named_by(operation, parameter)
        if target is None:
            return None
        if self.session.uses_up(operation, parameter) and self.session.subjects[target].creators:
            return self._new(self.session.subjects[target])
        return self.session.referents.or_none(target, user, SCRATCH if is_own else "")

    def _new(self, subject: Subject) -> Any:
        """The id of a document that nothing refers to; None where none can be made."""
        try:
            return Trial(self.session).create(subject).id
        except Interruption:
            return None

    def _body(self, operation: Operation, case: Any) -> None:
        media = operation.document_body
        contract = self.session.contract
        document = unwrapped(contract, operation, case.body)
        if media is None or not isinstance(document, dict):
            return
        action = self.session.contract.actions.get(operation.id)
        subject = self.session.subjects[action.collection] if action else None
        positive = self._positive(case, ParameterLocation.BODY)
        document = sane(copy.deepcopy(document)) if positive else dict(document)
        if subject is not None:
            self._ruled(operation, subject, document)
            self._bound(operation, subject, case, document)
        self._implied(operation, document, subject)
        subject = subject or self.session.described(operation)
        if subject is not None and subject.keeping and positive:
            document = self._kept(operation, subject, case, document)
        around = sane(case.body) if positive else case.body
        body = rewrapped(contract, operation, around, document)
        if body != case.body and self._is_valid(media, body) == self._is_valid(media, case.body):
            case.body = body

    def _is_valid(self, media: Media, body: object) -> bool:
        """Whether a body fits its schema, formats included."""
        return media.slot is None or self.session.contract.schemas.is_valid(media.slot, body)

    def breaks_a_rule(self, operation: Operation, case: Any) -> bool:
        """Whether a request would break a rule about several properties at once, one about moves, or a format.

        Schemathesis looks at no format of what is a text or null.
        """
        media = operation.document_body
        if media is not None and not self._is_valid(media, case.body):
            return True
        action = self.session.contract.actions.get(operation.id)
        subject = self.session.subjects[action.collection] if action else None
        document = unwrapped(self.session.contract, operation, case.body)
        if not isinstance(document, dict):
            return False
        if subject is None:
            subject = self.session.described(operation)
        elif self._may_be_refused(operation, subject, case, document):
            return True
        if subject is None:
            return False
        if not subject.keeping:
            return False
        try:
            return self._kept(operation, subject, case, document) != document
        except (UnsatisfiedAssumption, Interruption):
            return True

    def _may_be_refused(self, operation: Operation, subject: Subject, case: Any, body: dict[str, Any]) -> bool:
        """Whether what a request does to the document that it names may be refused, though its own parts are right."""
        return (
            self._refers_below(subject, body)
            or self._moves(operation, subject, case, body)
            or self._leaves_less(operation, subject, body)
        )

    def _refers_below(self, subject: Subject, body: dict[str, Any]) -> bool:
        """Whether a request names a document that stands below another one: a server may ask for the same parent."""
        for rule in subject.resource.of(PropertyRule):
            target = self.session.subjects.get(rule.refers_to or "")
            is_below = target is not None and any("{" in creator.path for creator in target.creators)
            if is_below and body.get(rule.name) is not None:
                return True
        return False

    def _leaves_less(self, operation: Operation, subject: Subject, body: dict[str, Any]) -> bool:
        """Whether a change holds a part of an object which alone is less than answers show of it."""
        updater = next((one for one in subject.updaters if one.operation is operation), None)
        known = body.keys() & subject.resource.properties.keys()
        return updater is not None and updater.partial and not all(
            subject.may_come_of(name, None, body[name]) for name in known)  # fmt: skip

    def _moves(self, operation: Operation, subject: Subject, case: Any, body: dict[str, Any]) -> bool:
        """Whether a request sets what is fixed, or a state, to another value than the document has by now."""
        updater = next((one for one in subject.updaters if one.operation is operation), None)
        bound = (subject.bound_on_update - {subject.id_sent}) & body.keys()
        before = self._named_by(subject, updater, case) if updater is not None and bound else None
        return before is not None and any(body[name] != before.get(name) for name in bound)

    def _kept(self, operation: Operation, subject: Subject, case: Any, body: dict[str, Any]) -> dict[str, Any]:
        """The body with which the document keeps the rules about several properties at once.

        Raises:
            UnsatisfiedAssumption: none was found.
        """
        write = Write(operation, body)
        updater = next((one for one in subject.updaters if one.operation is operation), None)
        if updater is not None:
            before = self._named_by(subject, updater, case)
            stays = frozenset((before or {}).keys() - subject.requested(operation).keys())
            write = Write(operation, body, before, updater.partial, stays=stays)
        try:
            return self.session.bodies.kept(subject, write)
        except NotExercised as error:
            raise UnsatisfiedAssumption(str(error)) from None

    def _named_by(self, subject: Subject, updater: Updater, case: Any) -> dict[str, Any] | None:
        """The document that a request names, as it is; None where there is none, or nothing shows it."""
        return Trial(self.session).look_at(subject, updater.action.id, meant(case))

    def _ruled(self, operation: Operation, subject: Subject, body: dict[str, Any]) -> None:
        """Values that keep the rules, in place of values that fit their schemas."""
        schemas, user, bodies = subject.requested(operation), self._user(operation), self.session.bodies
        named = {subject.id_sent} if self._names_anew(operation, subject) else set()
        for name in subject.chosen.keys() | named:
            if self._fits(schemas, name, body):
                chosen = bodies.value(subject, name, schemas[name], user, like=body[name])
                if bodies.property_fits(schemas[name], chosen):
                    body[name] = chosen
        for name in body:
            if self._fits(schemas, name, body):
                body[name] = bodies.embedding(schemas[name], body[name], user)

    def _bound(self, operation: Operation, subject: Subject, case: Any, body: dict[str, Any]) -> None:
        """What an update cannot set to any value: as the document was made, or is by now, or left out."""
        action = subject.action(operation)
        if action.does not in ("update", "replace") or operation in subject.creators:
            return
        made = self.session.referents.as_bound(subject, action.id, meant(case), body)
        schemas, needed = subject.requested(operation), subject.required(operation)
        for name in subject.bound_on_update - {subject.id_sent}:
            if not self._fits(schemas, name, body):
                continue
            if name in made:
                body[name] = made[name]
            elif name not in needed:
                del body[name]

    @staticmethod
    def _names_anew(operation: Operation, subject: Subject) -> bool:
        """Whether the body holds the id of a document that is not there yet."""
        return subject.named_by_client and operation in subject.creators

    def _fits(self, schemas: Mapping[str, Any], name: str, body: dict[str, Any]) -> bool:
        return name in schemas and name in body and self.session.bodies.property_fits(schemas[name], body[name])

    def _implied(self, operation: Operation, body: dict[str, Any], subject: Subject | None) -> None:
        anew = subject.id_sent if subject and self._names_anew(operation, subject) else None
        for name, value in body.items():
            target = self.session.named_in(subject, name) if name != anew else None
            if target is not None and isinstance(value, str | int) and not isinstance(value, bool):
                own = subject is not None and subject.collection == target
                found = self.session.referents.or_none(target, self._user(operation), SCRATCH if own else "")
                if found is not None and type(found) is type(value):
                    body[name] = found


def _call(operation: Operation, case: Any, user: str | None) -> Call:
    """A generated request in our words."""
    query = case.query if isinstance(case.query, dict) else {}
    body = case.body if isinstance(case.body, dict | list) else None
    return Call(operation, user, meant(case), query, body=body, has_body=body is not None)


def exchange_of(call: Call, response: Response) -> Exchange:
    """An answer to a generated request in our words."""
    headers = {name.lower(): values[0] for name, values in response.headers.items() if values}
    method, content = call.operation.method.upper(), response.content or b""
    return Exchange(call, method, "", {}, None, response.status_code, headers, content, 0.0, 0.0)


def sane(value: object) -> Any:
    """The value without what no store can carry: NUL, half surrogates, integers over 64 bits, keys of operators."""
    if isinstance(value, str):
        return "".join(char for char in value if char != "\0" and not "\ud800" <= char <= "\udfff")
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return max(-LARGEST, min(value, LARGEST))
    if isinstance(value, dict):
        return {sane(name): sane(item) for name, item in value.items() if not name.startswith("$") and "." not in name}
    return [sane(item) for item in value] if isinstance(value, list) else value
