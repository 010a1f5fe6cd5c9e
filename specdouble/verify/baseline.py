"""The baseline: one request of each operation that the server takes, sought before anything is judged."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import PropertyRule
from specdouble.verify.attack import attack_of
from specdouble.verify.bodies import shown
from specdouble.verify.creation import ends_in_parameter
from specdouble.verify.document import Document
from specdouble.verify.examples import of_body, of_schema, quoted, usual
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.orders import in_order
from specdouble.verify.problem import Broken, Interruption, NobodyNamed, NotExercised, OutOfTime, Trouble
from specdouble.verify.reader import FORBIDDEN
from specdouble.verify.refusal import properties_blamed, properties_named, says_taken
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged, plausible
from specdouble.verify.wrapper import document_schema, named_in_path, properties_sent, unwrapped, with_document

ATTEMPTS = 2  # at a search that the network spoils
MOST_SENT = 40  # requests of one operation
MOST_RENEWALS = 3  # of the texts of a body, where they are said to be taken
LINES_SHOWN = 3  # operations that the same would help
MOST_PLACES = 6  # requests of one body with other parameters
# What a request is refused with that is right in itself, and not of this document now (RFC 9110, 15.5 and 4918, 11.2).
OF_STATE = (400, 403, 409, 412, 422)
ADVICE = {
    401: "a user whose credentials it takes, in [tool.specdouble.verify]",
    403: "a user who may do this, in [tool.specdouble.verify]",
    404: "an `example` of the parameter, or its value in `parameters` of [tool.specdouble.verify]",
}
BODY_ADVICE = "an `example` that the server takes, or `x-validations` that say what it demands"


@dataclass(frozen=True)
class State:
    """What a document has come to: an order is paid.

    Args:
        rule: which property tells it, and how documents get there.
        value: what the property has to be.
    """

    rule: PropertyRule
    value: Any

    def __str__(self) -> str:
        return f"{self.rule.id} {self.value}"

    def reach(self, trial: Trial, subject: Subject, user: User) -> Document:
        """A new document of the user that has come to it.

        Raises:
            NotExercised: no requests that the server takes lead there.
        """
        attack = attack_of(self.rule)
        assert attack.reach is not None
        document: Document = attack.reach(trial, subject, self.rule, self.value, user)
        return document


@dataclass
class Baseline:
    """What is known of one operation.

    Args:
        operation: the operation.
        taken: the request that the server took.
        refused: the request that came nearest, where it took none.
        why: why none could be sent.
        nobody: whether that is for want of a user.
        held: what its body must hold beside the usual, by property; words in it are made anew.
        without: the properties of a full body that the server does not take.
        states: what the documents have to have come to that its path names, by parameter: only what is paid is shipped.
    """

    operation: Operation
    taken: Exchange | None = None
    refused: Exchange | None = None
    why: str = ""
    nobody: bool = False
    held: Mapping[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    states: Mapping[str, State] = field(default_factory=dict)

    @property
    def missing(self) -> str | None:
        """Why what depends on it is not exercised; None where there is a request that the server takes."""
        if self.taken is not None:
            return None
        if self.refused is None:
            told = self.nobody or self.why.startswith(str(self.operation))
            return self.why if told else f"{self.operation}: {self.why}"
        return f"no request of {self.operation} was found that the server takes ({self.refused.told(60)})"

    @property
    def line(self) -> str:
        """What was sent, and what came back."""
        if self.refused is None:
            return str(self.operation) if self.nobody else self.missing or ""
        call, path = self.refused.call, self.operation.path
        for name, value in call.path.items():
            path = path.replace("{" + name + "}", str(value))
        sent = f" {shown(call.body, 160)}" if call.has_body else ""
        return f"{self.operation.method.upper()} {path}{sent}: {self.refused.told(120)}"

    @property
    def advice(self) -> str:
        """What would help."""
        if self.refused is None:
            return self.why if self.nobody else "none could be sent"
        status = self.refused.status
        if status >= 500:
            return "the server failed, which is told as a failure"
        if says_taken(self.refused):
            return "what is made anew is refused as taken; an `example` that the server takes would help"
        helps = ADVICE.get(status) or (BODY_ADVICE if self.operation.body else ADVICE[404])
        return f"{helps} would help"


class Baselines:
    """The baselines of all operations, each sought when it is first asked for.

    Args:
        session: the server.
    """

    def __init__(self, session: Any) -> None:
        self.session = session
        self.found: dict[str, Baseline] = {}
        self.trials: list[Trial] = []  # what was sent on the way, to be judged as every answer is

    def seek(self, names: Collection[str]) -> None:
        """Seek those of these operations; creates first and deletes last, as others need their documents."""
        operations = [
            one for one in self.session.contract.operations.values() if one.id in names and self._may_ask(one)
        ]
        operations.sort(key=_turn)
        for operation in operations:
            if not self.session.setting_up:
                self.session.ledger.recent.clear()  # what an earlier search made may make room for this one
            self.of(operation)

    def _may_ask(self, operation: Operation) -> bool:
        guard = self.session.guard
        allowed = guard.forbids(operation) is None and operation.id not in guard.logins
        return allowed and operation.id not in self.session.selection.left_out

    def of(self, operation: Operation) -> Baseline:
        """The baseline of an operation; while it is sought, an empty one."""
        if operation.id not in self.found:
            self.found[operation.id] = baseline = Baseline(operation)
            for _ in range(ATTEMPTS):
                if _Search(self.session, baseline, self.trials).run():
                    break
        return self.found[operation.id]

    def missing(self, operations: tuple[str, ...]) -> str | None:
        """Why a case about these operations cannot be judged."""
        for name in operations:
            found = self.found.get(name)
            if found is not None and found.missing is not None:
                return found.missing
        return None

    def lacking(self) -> list[Baseline]:
        """Those of which no request was found that the server takes."""
        return [one for one in self.found.values() if one.missing is not None]

    def told(self) -> list[str]:
        """Those of which no request is known: a line for each way to help, and its first operations."""
        by_advice: dict[str, list[str]] = {}
        for one in self.lacking():
            by_advice.setdefault(one.advice, []).append(one.line)
        lines: list[str] = []
        for advice, told in by_advice.items():
            lines += [f"{len(told)} {'operation' if len(told) == 1 else 'operations'}: {advice}"]
            lines += [f"  {line}" for line in told[:LINES_SHOWN]]
            lines += [f"  and {len(told) - LINES_SHOWN} more"] if len(told) > LINES_SHOWN else []
        return lines

    def anew(self, operation: Operation, user: User) -> Any:
        """The id of a new document that the operation made; None where it makes none that is told."""
        if not self._may_ask(operation):
            return None
        was, known = set(self.session.ledger.created), self.found.get(operation.id)
        if known is not None and known.taken is None:
            return None  # it is being sought, or there is none
        if known is not None:
            try:
                Trial(self.session).send(operation, user, **self.session.request(operation, user))
            except Interruption:
                return None
        else:
            self.of(operation)
        made = [one for key, one in list(self.session.ledger.created.items()) if key not in was]
        new = [one.id for one in made if one.by is operation]
        return new[-1] if new else None


def _turn(operation: Operation) -> tuple[bool, bool, int]:
    """When an operation has its turn: what is deleted must be there, and with it what it stands below."""
    deletes, depth = operation.method == "delete", operation.path.count("{")
    return deletes, operation.method != "post", -depth if deletes else depth


class _Search:
    """The search for one request of one operation that the server takes."""

    def __init__(self, session: Any, baseline: Baseline, trials: list[Trial]) -> None:
        self.session, self.baseline, self.operation = session, baseline, baseline.operation
        self.user: User = session.crowd.who((self.operation.id,))
        self.trials = trials
        self.sent: set[str] = set()
        self.usual: dict[str, Any] | None = None
        schemas = properties_sent(session.contract, self.operation)
        self.schemas = {name: one for name, one in schemas.items() if one.get("readOnly") is not True}
        subject = session.written(self.operation)
        rules = subject.resource.of(PropertyRule) if subject is not None else []
        self.naming = {rule.name for rule in rules if rule.refers_to}
        self.tried: dict[str, Iterator[Any]] = {}
        self.renewals = self.attempts = 0

    def run(self) -> bool:
        """Seek it; whether another search would find nothing else: the network did not stand in the way."""
        self.baseline.why = ""
        try:
            self._seek()
            self._seek_who_may()
        except OutOfTime:
            self.baseline.why = "there was no time to find a request that the server takes"
            raise
        except Trouble as trouble:
            self.baseline.why = str(trouble)
            return False
        except Interruption as interruption:
            self.baseline.why, self.baseline.nobody = str(interruption), isinstance(interruption, NobodyNamed)
        return True

    def _seek(self) -> None:
        named = named_in_path(self.session.contract, self.operation)
        if self.operation.body is None and named is None:
            self._place({})
            self._seek_state()
            return
        if self.operation.body is not None and self.operation.document_body is None:
            self.baseline.why = "its body is neither JSON nor a form"
            return
        self._try_bodies()
        self._seek_state()
        if self.baseline.taken is None or self.usual is None:
            return
        subject = self.session.written(self.operation)
        if subject is not None and self.operation in subject.creators:
            self._seek_new(subject)
            self._seek_names(subject)
            self._seek_least()
            self._seek_full()

    def _try_bodies(self) -> None:
        """Until one is taken, each mended as its refusals say."""
        for body in self._bodies():
            self.attempts += 1
            if not self.sent and isinstance(body, dict):
                self.usual = body
            if self._mended(body) or len(self.sent) >= MOST_SENT:
                break

    # Users

    def _seek_who_may(self) -> None:
        """Where the user is forbidden it, seek it as another: not everybody may do everything, whatever is written."""
        refused, was = self.baseline.refused, self.user
        if self.baseline.taken is not None or refused is None or refused.status != FORBIDDEN:
            return
        crowd, barred = self.session.crowd, {was.name}
        for other in (one for one in crowd if one.name != was.name):
            self.user, self.usual, self.attempts = other, None, 0
            self.sent.clear()
            self._seek()
            if self.baseline.missing is None:
                crowd.barred[self.operation.id] = barred
                return
            barred.add(other.name)
        self.user, self.baseline.refused = was, refused

    # States

    def _seek_state(self) -> None:
        """Where no request is taken, send one about documents that have come further: what is paid may be shipped."""
        refused = self.baseline.refused
        if self.baseline.taken is not None or refused is None or refused.status not in OF_STATE:
            return
        for parameter, state in self._states():
            self.baseline.states = {parameter: state}
            try:
                placed = self.session.places(self.operation, self.user)
            except NotExercised:
                continue  # nothing leads there
            parts = {} if self.usual is None else {"body": self.usual}
            exchange = self._send({**placed, **self._bound(placed, parts)})
            if exchange is not None and exchange.status < 400:
                self.baseline.taken = exchange
                return
        self.baseline.states = {}

    def _states(self) -> Iterator[tuple[str, State]]:
        """What each document that the path names can come to, by the parameter that names it."""
        for parameter in self.operation.parameters:
            collection = self.session.names_document_of(self.operation, parameter)
            if collection is None or parameter.location != "path":
                continue
            for rule, attack in self.session.subjects[collection].attacks:
                for value in attack.states(rule) if attack.states else ():
                    yield parameter.name, State(rule, value)

    # Names

    def _seek_new(self, subject: Subject) -> None:
        """Find a form of what is unique in which every document can have its own, as a rule asks for."""
        held = self.baseline.held
        stale = {name: self._fresh(name, held[name]) for name in subject.once & held.keys()}
        stale = {name: value for name, value in stale.items() if value != held[name]}
        if not stale:
            return
        self.baseline.held = {**held, **stale}
        exchange = self._send(self._request())
        if exchange is None or not exchange.ok:
            self.baseline.held = held

    def _seek_least(self) -> None:
        """Hold no more than the server asks for: a body with everything in it was perhaps taken for one part of it."""
        needed = {*self.session.required_of(self.operation)}
        for name in [one for one in self.baseline.held if one not in needed]:
            before = self.baseline.held
            self.baseline.held = {one: value for one, value in before.items() if one != name}
            exchange = self._send(self._request())
            if exchange is None or not exchange.ok:
                self.baseline.held = before

    def _seek_names(self, subject: Subject) -> None:
        """Find names that a second document can have too, and that the server keeps as they are."""
        before = self.baseline.held
        for _ in range(MOST_RENEWALS):
            exchange = self._send(self._request())
            if exchange is None:
                return
            if exchange.ok:
                self._seek_kept_names(subject, exchange)
                return
            if not says_taken(exchange):
                self.baseline.held = before  # the new ones are refused for what they are
                return
            before = self.baseline.held
            self._renew_patterned(subject, exchange)
            held = {**self._codes(subject, exchange), **before}
            blamed = properties_named(exchange.content.decode("utf-8", "replace"), held) or held
            texts = {name: self._fresh(name, value) if name in blamed else value for name, value in held.items()}
            self.session.words_vary = texts == self.baseline.held
            self.baseline.held = texts

    def _codes(self, subject: Subject, exchange: Exchange) -> dict[str, str]:
        """The texts of a request that are codes: of a form, and no words."""
        sent = {name: value for name, value in subject.unwrapped(exchange.call).items() if name in self.schemas}
        return {name: value for name, value in sent.items() if isinstance(value, str) and self.session.code_like(value)}

    def _renew_patterned(self, subject: Subject, exchange: Exchange) -> None:
        """Have each body hold another text where one that a pattern asks for was taken: the blamed ones, or all."""
        texts = {
            name: value for name, value in subject.unwrapped(exchange.call).items() if self._is_patterned(name, value)
        }
        blamed = properties_named(exchange.content.decode("utf-8", "replace"), texts) or texts
        self.session.anew |= {(subject.collection, name) for name in texts if name in blamed}

    def _is_patterned(self, name: str, value: Any) -> bool:
        """Whether a text is one that a pattern asks for, and has no word or code of this run in it."""
        if not isinstance(value, str) or name not in self.schemas or name in self.naming:
            return False
        schema = merged(self.schemas[name], self.session.contract.resolve)
        fixed = {"enum", "const"} & schema.keys()
        return "pattern" in schema and not fixed and not self.session.is_word(value) and value not in self.session.codes

    def _seek_kept_names(self, subject: Subject, exchange: Exchange) -> None:
        """Hold names without spaces where the server changes what has some, and keeps what has none."""
        held = self.baseline.held
        changed = [name for name, (sent, seen) in self._texts(subject, exchange).items() if sent != seen]
        if not changed:
            return
        plain = {name: self._compact() for name in changed}
        self.baseline.held = {**held, **plain}
        again = self._send(self._request())
        kept = self._texts(subject, again) if again is not None and again.ok else {}
        if not all(name in kept and kept[name][0] == kept[name][1] for name in changed):
            self.baseline.held = held

    def _request(self) -> dict[str, Any]:
        """A request as most are: new parameters, a usual document."""
        return {**self._new_place(), "body": self.session.usual_document(self.operation, self.user)}

    def _new_place(self) -> dict[str, Any]:
        """The parameters of a create: where the path names the document, it is one that is not there yet."""
        places: dict[str, Any] = self.session.places(self.operation, self.user)
        subject = self.session.written(self.operation)
        named = subject.action(self.operation).id if subject is not None else None
        if subject is None or named is None or self.operation not in subject.creators:
            return places
        schema = next(one.schema for one in self.operation.parameters if one.name == named)
        return {**places, "path": {**places["path"], named: self.session.fresh_value(schema, compact=True)}}

    def _texts(self, subject: Subject, exchange: Exchange) -> dict[str, tuple[str, Any]]:
        """The texts with words of this run: as they were sent, and as the answer shows them."""
        shown_so, sent = exchange.shown(subject.action(self.operation)), subject.unwrapped(exchange.call)
        if not isinstance(shown_so, dict):
            return {}
        words = {name: value for name, value in sent.items() if isinstance(value, str) and self.session.is_word(value)}
        return {name: (value, shown_so[name]) for name, value in words.items() if name in shown_so}

    # Bodies

    def _bodies(self) -> Iterator[Any]:
        """Documents: the usual one, what the contract shows, everything."""
        try:
            usual = self.session.usual_document(self.operation, self.user)
            yield usual
            yield from self._as_shown(usual)
        except NotExercised as reason:
            self.baseline.why = str(reason)
        for body in of_body(self.session.contract, self.operation):
            yield unwrapped(self.session.contract, self.operation, body)
        own_ids = {"id", "_id", "uuid"} if self.operation.method == "post" else set()
        for entry in self._neighbours()[:1]:
            if isinstance(entry, dict):
                yield {name: entry[name] for name in self.schemas if name in entry and name not in own_ids}
        if self.schemas:
            everything = {name: self._usual(name) for name in self.schemas if name not in own_ids}
            yield in_order(everything, everything)
        else:
            schema = document_schema(self.session.contract, self.operation)
            yield plausible(schema, self.session.contract.resolve, self.session.word())

    def _as_shown(self, usual: Any) -> Iterator[dict[str, Any]]:
        """The usual body with the examples of its properties: a refusal may name none of them."""
        names = [name for name in usual if name in self.schemas and name not in self.naming] if self.schemas else []
        examples = {name: next(of_schema(self.schemas[name], self.session.contract.resolve), None) for name in names}
        known = {name: value for name, value in examples.items() if value is not None and self._fits(name, value)}
        if any(usual[name] != value for name, value in known.items()):
            yield {**usual, **known}

    def _usual(self, name: str) -> Any:
        """A value that a property may have; of one that names another document, the id of one that is there."""
        target = self.session.named_in(self.session.written(self.operation), name)
        key = self.session.reference_or_none(target, self.user) if target is not None else None
        if key is not None:
            return key
        return plausible(self.schemas[name], self.session.contract.resolve, self.session.word(), name=name)

    def _mended(self, body: Any) -> bool:
        """Send a body; where it is refused, mend what the refusal names, until it is taken or there is no more."""
        for _ in range(MOST_SENT):
            exchange = self._place({"body": body})
            if exchange is None:
                return False
            if exchange.ok:
                self._keep(body)
                return True
            body = self._mend(body, exchange)
            if body is None:
                return False
        return False

    def _mend(self, body: Any, refusal: Exchange) -> Any:
        """The body with another value for a property that the refusal names; None where it names none."""
        if not isinstance(body, dict):
            return None
        text = refusal.content.decode("utf-8", "replace")
        if says_taken(refusal) and self.renewals < MOST_RENEWALS:
            self.session.words_vary = self.renewals > 0
            self.renewals += 1
            return {name: self._fresh(name, value) for name, value in body.items()}
        for name in properties_blamed(text, body, self.schemas):
            for value in self.tried.setdefault(name, self._values(name, text)):
                changed = {**body, name: value}
                if self._is_new(changed) and self._fits(name, value):
                    return changed
            without = {one: value for one, value in body.items() if one != name}
            if name in body and self._is_new(without):
                return without
        return self._mend_within(body, text)

    def _mend_within(self, body: dict[str, Any], refusal: str) -> Any:
        """The body with another text for one within its objects and lists that the refusal quotes."""
        for place, value in _texts(body):
            if len(place) < 2 or len(value) < 2 or value not in refusal:
                continue
            values = self.tried.setdefault(str(place), usual({"type": "string"}, _itself, self._compact()))
            for other in values:
                changed = _replaced(body, place, other)
                if self._is_new(changed):
                    return changed
        return None

    def _compact(self) -> str:
        """A text without spaces that no document holds."""
        word: str = self.session.fresh_value({"type": "string"}, compact=True)
        return word

    def _values(self, name: str, refusal: str) -> Iterator[Any]:
        """Values for a property, the likeliest first."""
        schema, resolve = self.schemas[name], self.session.contract.resolve
        yield self._usual(name)
        yield from of_schema(schema, resolve)
        for entry in self._neighbours():
            if isinstance(entry, dict) and entry.get(name) is not None:
                yield entry[name]
        if kind(merged(schema, resolve)) == "string":
            yield from quoted(_said(refusal))
        yield from usual(schema, resolve, self._compact())

    def _neighbours(self) -> list[Any]:
        """Documents like the one that is made, as a list shows them."""
        ledger = self.session.ledger
        named = ledger.named(self.operation, {})
        wanted = named[-1][1] if ends_in_parameter(self.operation) else ledger.kind_of_children(self.operation)
        found: list[Any] = self.session.parameters.existing(wanted, self.user)
        return found

    def _fresh(self, name: str, value: Any) -> Any:
        """A text that no document holds, as like the other as may be; what names another document stays."""
        if not isinstance(value, str) or name not in self.schemas or name in self.naming or merged(
            self.schemas[name], self.session.contract.resolve).get("enum"):  # fmt: skip
            return value
        if self.session.is_word(value):
            return self.session.afresh(value)
        code = self.session.code_like(value)
        if code is not None and self._fits(name, code):
            return code
        if self._is_patterned(name, value):
            return self.session.fresh_value(self.schemas[name])
        word = self._compact()
        likes = (f"{word}.{value}", f"{word}@{value.rpartition('@')[2]}", f"{value}/{word}", word)
        marks = ("." in value and "@" not in value and "/" not in value, "@" in value, "/" in value, True)
        found = next(like for like, fitting in zip(likes, marks, strict=True) if fitting)
        return found if self._fits(name, found) else value

    def _fits(self, name: str, value: Any) -> bool:
        fits: bool = self.session.bodies.property_fits(self.schemas[name], value)
        return fits

    def _is_new(self, body: Any) -> bool:
        return len(self.sent) < MOST_SENT and _key(body) not in self.sent

    def _keep(self, body: Any) -> None:
        """Keep what the body holds that the usual one does not."""
        if isinstance(body, dict):
            usual = self.usual or {}
            self.baseline.held = {name: value for name, value in body.items() if usual.get(name, ...) != value}

    def _seek_full(self) -> None:
        """Find which properties of a full body the server does not take."""
        without, taken = set[str](), list[frozenset[str]]()
        varied = self.session.words_vary
        while len(self.sent) < MOST_SENT and len(taken) < 2:
            body = self.session.full_document(self.operation, self.user)
            needed = {*self.session.required_of(self.operation), *self.baseline.held}
            optional = [name for name in body if name not in needed and name not in without]
            exchange = self._send(self._with(body, without))
            if exchange is not None and exchange.ok:
                taken.append(frozenset(without))  # a second one must be taken too: a number may be one's alone
                continue
            if exchange is None or not exchange.refused or not optional:
                break
            text = exchange.content.decode("utf-8", "replace")
            if says_taken(exchange) and not varied:
                self.session.words_vary = varied = True
                continue
            self.session.words_vary = self.session.words_vary and not says_taken(exchange)
            without.add(next((name for name in properties_named(text, body) if name in optional), optional[0]))
        # Where no second one is taken, whatever it leaves out, that is not for what it holds.
        self.baseline.without = (taken or [frozenset(without)])[-1]

    def _with(self, body: dict[str, Any], without: set[str]) -> dict[str, Any]:
        assert self.baseline.taken is not None
        call = self.baseline.taken.call
        kept = {name: value for name, value in body.items() if name not in without}
        # An idempotency key is another one for another body.
        known = {"headers": call.headers}
        around = self.session.surroundings(self.operation, self.user, None, known=known)
        fields = {**call.headers, **around.get("headers", {})}
        return {**self._new_place(), "headers": fields, "body": kept}

    # Parameters

    def _place(self, parts: dict[str, Any]) -> Exchange | None:
        """Send a body to the likeliest place, and to others where it is not found or refused for its place."""
        exchange = None
        for placed in self._places():
            exchange = self._send({**placed, **self._bound(placed, parts)})
            if self.attempts <= 1 and (parts or self.baseline.refused is None):
                self._note_refusal(exchange)
            if exchange is None or exchange.ok or exchange.status in (401, 403, 409) or parts:
                break
        if exchange is not None and exchange.status < 400 and self.baseline.taken is None:
            self.baseline.taken = exchange
        return exchange

    def _note_refusal(self, exchange: Exchange | None) -> None:
        """Note how far the likeliest request came: what is always refused as taken stays told so."""
        known = self.baseline.refused
        stays_taken = known is not None and self.renewals >= MOST_RENEWALS and says_taken(known)
        if exchange is not None and not (stays_taken and not says_taken(exchange)):
            self.baseline.refused = exchange

    def _bound(self, placed: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
        """The body with what an update cannot set to any value as the document was made, or is by now."""
        subject, body = self.session.written(self.operation), parts.get("body")
        if subject is None or self.operation in subject.creators or not isinstance(body, dict):
            return parts
        path, name = placed.get("path", {}), subject.action(self.operation).id
        bound = (subject.bound_on_update - {subject.id_sent}) & body.keys()
        made = self.session.as_bound(subject, name, path, bound) if bound else {}
        return {**parts, "body": {**body, **{name: made[name] for name in body if name in bound and name in made}}}

    def _places(self) -> Iterator[dict[str, Any]]:
        """The parameters of a request: the likeliest, then each with another value."""
        usual = self.session.places(self.operation, self.user)
        yield usual
        count = 0
        for parameter in self.operation.parameters:
            where = parameter.location
            if not parameter.required or where not in ("path", "query"):
                continue
            for value in self.session.parameters.candidates(self.operation, parameter, self.user):
                if value == usual[where].get(parameter.name) or count >= MOST_PLACES:
                    continue
                count += 1
                yield {**usual, where: {**usual[where], parameter.name: value}}

    def _send(self, parts: dict[str, Any]) -> Exchange | None:
        """Send one request, whose `body` is a document to be wrapped; None where no more may be sent."""
        if len(self.sent) >= MOST_SENT:
            return None
        self.sent.add(_key(parts.get("body", parts)))
        if "body" in parts:
            parts = with_document(self.session.contract, self.operation, parts, parts.pop("body"))
        trial = Trial(self.session)
        self.trials.append(trial)
        try:
            return trial.send(self.operation, self.user, **parts)
        except Broken:
            return trial.exchanges[-1]


def _texts(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each text of a body, and where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(item, (*place, name))


def _replaced(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """The body with another value in one place."""
    if not place:
        return value
    copy: Any = dict(body) if isinstance(body, dict) else list(body)
    copy[place[0]] = _replaced(body[place[0]], place[1:], value)
    return copy


def _itself(schema: Any) -> Any:
    return schema


def _said(refusal: str) -> str:
    """What a refusal says, without the names of its own members: `error` is none of the values that it asks for."""
    try:
        return "\n".join(text for _, text in _texts(json.loads(refusal)))
    except ValueError:
        return refusal


def _key(body: Any) -> str:
    return json.dumps(body, sort_keys=True, default=str)
