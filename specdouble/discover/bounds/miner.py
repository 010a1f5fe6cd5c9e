"""The bounds of a server's values: what words claim is held against it, and what no word says is sought."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from specdouble.contract import Operation
from specdouble.discover.bounds import lists, numbers, texts
from specdouble.discover.bounds.bound import KEYWORDS, Bound, sentence
from specdouble.discover.bounds.claims import pair
from specdouble.discover.bounds.property import TIMES, Property
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.outcome import CONFIRMED, REFUTED, SILENT, UNDECIDED, Outcome
from specdouble.verify.bodies import shown
from specdouble.verify.exchange import Exchange
from specdouble.verify.report.shell import curl_lines
from specdouble.verify.reproduction import reproduction
from specdouble.verify.session import Session
from specdouble.verify.sight import (
    INCONCLUSIVE,
    REFUSALS,
    changed_without,
    property_pointer,
    sent_properties,
)
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import view, views
from specdouble.verify.verdict import Failure

_SEEKERS: Mapping[str, Callable[[Property], Iterator[Bound]]] = {
    "string": texts.seen, "integer": numbers.seen, "number": numbers.seen, "array": lists.seen,
}  # fmt: skip


def mine(session: Session, subject: Subject, claims: Sequence[Hypothesis]) -> Iterator[Outcome]:
    """What is known of the bounds of one collection's values: claims first, then what is sought.

    Args:
        session: the server.
        subject: the documents.
        claims: what the contract's words say in keywords of JSON Schema.
    """
    if not subject.creators:
        return
    bench = _Bench(session, subject)
    for claim in claims:
        name = bench.names.get(claim.pointer, "")
        with suppress(*INCONCLUSIVE):
            if claim.keyword == "required":
                yield from bench.demanded(claim)
            elif name:
                yield bench.judged(claim, name)
    if not subject.deleters and not session.settings.owned:
        return  # what is sought leaves many documents
    yield from bench.needed()
    for name in bench.places:
        with suppress(*INCONCLUSIVE):
            yield from bench.sought(name)


class _Bench:
    """The properties of the documents of one collection, each to be put under trial."""

    def __init__(self, session: Session, subject: Subject) -> None:
        self.session, self.subject, self.creator = session, subject, subject.creators[0]
        left_out = {*session.implied, *subject.server_set, *subject.chosen, subject.id_sent}
        places = {name: at for name, _, at in sent_properties(session.contract, self.creator)}
        self.root = next(iter(places.values()), "").rpartition("/properties/")[0]
        self.places = {
            name: at for name, at in places.items() if name in subject.requested(self.creator) and name not in left_out
        }
        self.names = {at: name for name, at in self.places.items()}
        self.known: set[tuple[str, str]] = set()  # property and keyword of the claims that hold

    def judged(self, claim: Hypothesis, name: str) -> Outcome:
        """What becomes of a claim about the values of one property."""
        one = Property(self.session, self.subject, name)
        inside, outside = pair(one, claim.keyword, claim.value)
        taken = [one.takes(inside) for _ in range(TIMES)]
        if not all(taken):
            usual = not any(taken) and claim.keyword != "pattern" and one.takes(one.usual)
            reason = f"a value that keeps it is refused: {shown(self._value(one.offence, name), 40)}"
            return self._told(claim, one, REFUTED if usual else UNDECIDED, reason)
        if one.takes(outside) and one.takes(outside):
            reason = f"a value that does not keep it is accepted: {shown(self._value(one.control, name), 40)}"
            return self._told(claim, one, REFUTED, reason)
        if not one.parts(inside, outside):
            return self._told(claim, one, UNDECIDED, "the same is accepted once, and refused once")
        return self._confirmed(claim, one, name)

    def _confirmed(self, claim: Hypothesis, one: Property, name: str) -> Outcome:
        """That a claim holds of creates; undecided where answers, which have the same schema, do not keep it."""
        self.known.add((name, claim.keyword))
        objection = self._objection_of_answers(one, one.bound(claim.keyword, claim.value))
        return self._told(claim, one, UNDECIDED if objection else CONFIRMED, objection or claim.source.words)

    def demanded(self, claim: Hypothesis) -> Iterator[Outcome]:
        """What becomes of the claim that a create must send some properties."""
        if claim.pointer != self.root:
            return
        for name in claim.value:
            one = Property(self.session, self.subject, name)
            told = Hypothesis("required", claim.pointer, [name], claim.source, claim.prior)
            if one.is_needed():
                yield self._confirmed(told, one, name)
            elif one.trial.exchanges and one.trial.exchanges[0].ok:
                one.control = one.trial.exchanges[0]
                yield self._told(told, one, REFUTED, f"a create without {name} is accepted")

    def needed(self) -> Iterator[Outcome]:
        """The properties that every create must send, though no schema says so."""
        required = {*self.subject.required(self.creator)}
        for name in self.session.held(self.creator):
            if name in required or name not in self.subject.requested(self.creator) or (name, "required") in self.known:
                continue
            one = Property(self.session, self.subject, name)
            with suppress(*INCONCLUSIVE):
                if one.is_needed():
                    yield self._seen(one, one.bound("required", [name]), self.root)

    def sought(self, name: str) -> Iterator[Outcome]:
        """The bounds of one property that no word says."""
        one = Property(self.session, self.subject, name)
        seek = _SEEKERS.get(one.kind)
        if seek is None or "$ref" in self._raw(self.places[name]):
            return  # what stands beside a reference is not read before OpenAPI 3.1
        for bound in seek(one):
            if (name, bound.keyword) in self.known:
                continue
            if self._says_more(self.creator, bound):
                yield self._seen(one, bound, self.places[name])
            yield from self._on_updates(one, bound)

    def _on_updates(self, one: Property, bound: Bound) -> Iterator[Outcome]:
        """The same bound where an update has a schema of its own."""
        for updater, at in self._updates(bound.name):
            is_own = at != self.places[bound.name] and bound.keyword != "required"
            if is_own and self._says_more(updater.operation, bound):
                pair_of = self._pair_on_update(one, updater, bound)
                if pair_of is not None:
                    own = Bound(bound.name, bound.keyword, bound.value, *pair_of)
                    yield self._seen(one, own, at, f" on {updater.operation}")

    def _says_more(self, operation: Operation, bound: Bound) -> bool:
        """Whether the schema takes what is beyond the bound: a pattern may say how long a text is."""
        schema = self.subject.requested(operation)[bound.name]
        return self.session.bodies.property_fits(schema, self._value(bound.offence, bound.name))

    def _seen(self, one: Property, bound: Bound, at: str, where: str = "") -> Outcome:
        """A bound that no word says; undecided where another use of its schema does not keep it."""
        words = f"{bound.sentence}{where}: a create beyond it is refused, the same within it accepted"
        if bound.keyword == "required":
            words = f"a create without {bound.name} is refused, the same with it accepted"
        hypothesis = Hypothesis(bound.keyword, at, bound.value, Source("trial", words=words), 0.9)
        one.offence, one.control = bound.offence, bound.control
        objection = "" if where else self._objection(one, bound)
        told = self._told(hypothesis, one, UNDECIDED if objection else SILENT, objection or words)
        return replace(told, sentence=told.sentence + where)

    def _objection(self, one: Property, bound: Bound) -> str:
        """Why the schema cannot say it, though creates are held to it; empty where it can."""
        for updater, at in self._updates(bound.name):
            if at != self._place(bound.name):
                continue
            if bound.keyword == "required" and updater.partial:
                return f"{updater.operation} has the same schema, and changes one property alone"
            if not self._is_kept_on_update(one, updater, bound):
                return f"{updater.operation} has the same schema, and was not seen to refuse what creates refuse"
        return self._objection_of_answers(one, bound)

    def _is_kept_on_update(self, one: Property, updater: Updater, bound: Bound) -> bool:
        if bound.keyword != "required":
            return self._pair_on_update(one, updater, bound) is not None
        with suppress(*INCONCLUSIVE):
            return changed_without(one.trial, self.subject, updater, bound.name).status in REFUSALS
        return False

    def _objection_of_answers(self, one: Property, bound: Bound) -> str:
        """That answers have the same schema, and show what was taken otherwise: the bound is of requests alone."""
        properties, at = self.subject.resource.properties, self._place(bound.name)
        if bound.name not in properties or property_pointer(self.session.contract, self.subject, bound.name) != at:
            return ""
        schema = {**properties[bound.name], bound.keyword: bound.value}
        with suppress(*INCONCLUSIVE):
            document = next(made for made in one.trial.made if made.made is bound.control)
            for _, seen in views(one.trial, document):
                is_kept = bound.keyword == "required" or self.session.bodies.property_fits(schema, seen.get(bound.name))
                if bound.name not in seen or not is_kept:
                    return "answers have the same schema, and do not show it so"
        return ""

    def _place(self, name: str) -> str:
        """Where the schema of a property of requests stands."""
        return self.places.get(name, self.root + "/properties/" + name)

    def _updates(self, name: str) -> Iterator[tuple[Updater, str]]:
        for updater in self.subject.updaters:
            places = {key: at for key, _, at in sent_properties(self.session.contract, updater.operation)}
            if name in places and not updater.id_in_body and name not in self.subject.bound_on_update:
                yield updater, places[name]

    def _pair_on_update(self, one: Property, updater: Updater, bound: Bound) -> tuple[Exchange, Exchange] | None:
        """A change that is refused for what is beyond the bound, and one like it that is accepted."""
        with suppress(*INCONCLUSIVE):
            trial, value = one.trial, self._value(bound.offence, bound.name)
            document = trial.create(self.subject)
            offence = trial.try_update(updater, document, {bound.name: value}, as_it_is=True)
            own = view(trial, document).get(bound.name)
            control = trial.try_update(updater, document, {bound.name: one.usual() if own is None else own})
            if offence.status in REFUSALS and control.ok:
                return offence, control
        return None

    def _value(self, exchange: Exchange | None, name: str) -> Any:
        return self.subject.unwrapped(exchange.call).get(name) if exchange is not None else None

    def _raw(self, at: str) -> Any:
        found = self.session.contract.document.get(at)
        return found if isinstance(found, dict) else {}

    def _told(self, hypothesis: Hypothesis, one: Property, state: str, reason: str) -> Outcome:
        """The outcome, with the pair as lines for a shell."""
        steps = [exchange for exchange in (one.control, one.offence) if exchange is not None]
        value = hypothesis.value[0] if hypothesis.keyword == "required" else hypothesis.value
        said = sentence(one.name, hypothesis.keyword, value)
        rule = f"{hypothesis.keyword}:{self.subject.collection}.{one.name}"
        failure = Failure(rule, said, "", "", "", steps, (self.creator.id,))
        curl = curl_lines(reproduction(self.session, failure)) if steps else ""
        return Outcome(hypothesis, state, rule, said, reason, curl, one.requests, TIMES)


def claims_of(hypotheses: Iterable[Hypothesis]) -> list[Hypothesis]:
    """Those that words claim in keywords that single values are held to."""
    return [one for one in hypotheses if one.keyword in KEYWORDS and one.source.claims]
