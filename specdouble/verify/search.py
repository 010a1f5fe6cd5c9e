"""The search for a request of an operation that the server takes, led by what its refusals say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from specdouble.verify.baseline import Baseline, State
from specdouble.verify.body_texts import texts_of, with_text
from specdouble.verify.candidates import Candidates
from specdouble.verify.examples import of_body, usual
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.orders import in_order
from specdouble.verify.problem import Broken, Interruption, NobodyNamed, NotExercised, OutOfTime, Trouble
from specdouble.verify.reader import FORBIDDEN
from specdouble.verify.refusal import properties_blamed, properties_named, says_taken
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import plausible
from specdouble.verify.wrapper import document_schema, named_in_path, unwrapped, with_document

MOST_SENT = 40  # requests of one operation
MOST_RENEWALS = 3  # of the texts of a body, where they are said to be taken
MOST_PLACES = 6  # requests of one body with other parameters
# What a request is refused with that is right in itself, and not of this document now (RFC 9110, 15.5 and 4918, 11.2).
OF_STATE = (400, 403, 409, 412, 422)


class Search:
    """The search for one request of one operation that the server takes."""

    def __init__(self, session: Shared, baseline: Baseline, trials: list[Trial]) -> None:
        self.session, self.baseline, self.operation = session, baseline, baseline.operation
        self.user: User = session.crowd.who((self.operation.id,))
        self.trials = trials
        self.sent: set[str] = set()
        self.usual: dict[str, Any] | None = None
        self.candidates = Candidates(session, self.operation, self.user)
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
            self.candidates.user = other
            self.sent.clear()
            self._seek()
            if self.baseline.missing is None:
                crowd.barred[self.operation.id] = barred
                return
            barred.add(other.name)
        self.user = self.candidates.user = was
        self.baseline.refused = refused

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
        stale = {name: self.candidates.fresh(name, held[name]) for name in subject.once & held.keys()}
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
            blamed = properties_named(exchange.text, held) or held
            renewed = {name: self.candidates.fresh(name, value) for name, value in held.items() if name in blamed}
            self.session.fresh.vary = held | renewed == self.baseline.held
            self.baseline.held = held | renewed

    def _codes(self, subject: Subject, exchange: Exchange) -> dict[str, str]:
        """The texts of a request that are codes: of a form, and no words."""
        sent, known = subject.unwrapped(exchange.call), self.candidates.schemas
        texts = {name: value for name, value in sent.items() if name in known and isinstance(value, str)}
        return {name: text for name, text in texts.items() if self.session.fresh.code_like(text)}

    def _renew_patterned(self, subject: Subject, exchange: Exchange) -> None:
        """Have each body hold another text where one that a pattern asks for was taken: the blamed ones, or all."""
        sent = subject.unwrapped(exchange.call)
        texts = {name: value for name, value in sent.items() if self.candidates.is_patterned(name, value)}
        blamed = properties_named(exchange.text, texts) or texts
        self.session.anew |= {(subject.collection, name) for name in texts if name in blamed}

    def _seek_kept_names(self, subject: Subject, exchange: Exchange) -> None:
        """Hold names without spaces where the server changes what has some, and keeps what has none."""
        held = self.baseline.held
        changed = [name for name, (sent, seen) in self._texts(subject, exchange).items() if sent != seen]
        if not changed:
            return
        plain = {name: self.candidates.compact() for name in changed}
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
        return {**places, "path": {**places["path"], named: self.session.fresh.value(schema, compact=True)}}

    def _texts(self, subject: Subject, exchange: Exchange) -> dict[str, tuple[str, Any]]:
        """The texts with words of this run: as they were sent, and as the answer shows them."""
        shown_so, sent = exchange.shown(subject.action(self.operation)), subject.unwrapped(exchange.call)
        if not isinstance(shown_so, dict):
            return {}
        words = self.session.fresh.words_in(sent)
        return {name: (value, shown_so[name]) for name, value in words.items() if name in shown_so}

    # Bodies

    def _bodies(self) -> Iterator[Any]:
        """Documents: the usual one, what the contract shows, everything."""
        try:
            usual = self.session.usual_document(self.operation, self.user)
            yield usual
            yield from self.candidates.as_shown(usual)
        except NotExercised as reason:
            self.baseline.why = str(reason)
        for body in of_body(self.session.contract, self.operation):
            yield unwrapped(self.session.contract, self.operation, body)
        own_ids = {"id", "_id", "uuid"} if self.operation.method == "post" else set()
        for entry in self.candidates.neighbours()[:1]:
            if isinstance(entry, dict):
                yield {name: entry[name] for name in self.candidates.schemas if name in entry and name not in own_ids}
        if self.candidates.schemas:
            everything = {name: self.candidates.usual(name) for name in self.candidates.schemas if name not in own_ids}
            yield in_order(everything, everything)
        else:
            schema = document_schema(self.session.contract, self.operation)
            yield plausible(schema, self.session.contract.resolve, self.session.fresh.word())

    def _mended(self, body: object) -> bool:
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

    def _mend(self, body: object, refusal: Exchange) -> Any:
        """The body with another value for a property that the refusal names; None where it names none."""
        if not isinstance(body, dict):
            return None
        text = refusal.text
        if says_taken(refusal) and self.renewals < MOST_RENEWALS:
            self.session.fresh.vary = self.renewals > 0
            self.renewals += 1
            return {name: self.candidates.fresh(name, value) for name, value in body.items()}
        for name in properties_blamed(text, body, self.candidates.schemas):
            for value in self.tried.setdefault(name, self.candidates.values(name, text)):
                changed = {**body, name: value}
                if self._is_new(changed) and self.candidates.fits(name, value):
                    return changed
            without = {one: value for one, value in body.items() if one != name}
            if name in body and self._is_new(without):
                return without
        return self._mend_within(body, text)

    def _mend_within(self, body: dict[str, Any], refusal: str) -> Any:
        """The body with another text for one within its objects and lists that the refusal quotes."""
        for place, value in texts_of(body):
            if len(place) < 2 or len(value) < 2 or value not in refusal:
                continue
            values = self.tried.setdefault(str(place), usual({"type": "string"}, _itself, self.candidates.compact()))
            for other in values:
                changed = with_text(body, place, other)
                if self._is_new(changed):
                    return changed
        return None

    def _is_new(self, body: object) -> bool:
        return len(self.sent) < MOST_SENT and _key(body) not in self.sent

    def _keep(self, body: object) -> None:
        """Keep what the body holds that the usual one does not."""
        if isinstance(body, dict):
            usual = self.usual or {}
            self.baseline.held = {name: value for name, value in body.items() if usual.get(name, ...) != value}

    def _seek_full(self) -> None:
        """Find which properties of a full body the server does not take."""
        without, taken = set[str](), list[frozenset[str]]()
        varied = self.session.fresh.vary
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
            text = exchange.text
            if says_taken(exchange) and not varied:
                self.session.fresh.vary = varied = True
                continue
            self.session.fresh.vary = self.session.fresh.vary and not says_taken(exchange)
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
        made = self.session.referents.as_bound(subject, name, path, bound) if bound else {}
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
            return trial.send(self.operation, self.user, **trial.as_of_now(self.operation, self.user, parts))
        except Broken:
            return trial.exchanges[-1]


def _itself(schema: Any) -> Any:
    return schema


def _key(body: object) -> str:
    return json.dumps(body, sort_keys=True, default=str)
