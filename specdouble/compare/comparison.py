"""The comparison: programs are run on the server and on the double, step by step, and their answers held together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from specdouble.compare.alignment import ABSENT, Alignment, unlike
from specdouble.compare.difference import Cause, Difference, What
from specdouble.compare.program import Author, Step
from specdouble.contract import Contract
from specdouble.verify.bodies import shown
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.naming import references_by_name
from specdouble.verify.problem import TIME_OVER, Broken, CouldNotRun, Interruption, NotExercised, OutOfTime, Trouble
from specdouble.verify.report.shell import curl_lines
from specdouble.verify.reproduction import reproduction
from specdouble.verify.session import Session
from specdouble.verify.settings import Account, Settings
from specdouble.verify.sight import INCONCLUSIVE, sent
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.verdict import Failure
from specdouble.verify.visit import Visit, visiting

LONGEST = 8  # steps of a program
_FOR_PEOPLE = ("message", "msg")  # beside a document: what it says is for people, as of a refusal
DEFAULT_PROGRAMS = 60


@dataclass
class Comparison:
    """What came of it.

    Args:
        contract: what both promise.
        causes: the differences, by their cause.
        programs: how many were run.
        steps: how many requests were compared.
        spoilt: how many programs the network ended early.
        untried: why some documents were not compared, by collection.
        left: what could not be deleted on the server.
        stopped: why it ended early.
    """

    contract: Contract
    causes: dict[tuple[str, ...], Cause] = field(default_factory=dict)
    programs: int = 0
    steps: int = 0
    spoilt: int = 0
    requests: int = 0
    seconds: float = 0.0
    untried: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    stopped: str = ""

    @property
    def nothing(self) -> str:
        """Why no request was compared; empty where one was."""
        if self.steps:
            return ""
        spoilt = "the network spoilt each program" if self.spoilt else ""
        refused = next(iter(self.untried.values()), "no create of any documents is accepted")
        return self.stopped or spoilt or refused

    @property
    def found(self) -> list[Cause]:
        """The causes: those seen most often first."""
        return sorted(self.causes.values(), key=lambda one: -one.count)

    @property
    def by_operation(self) -> dict[str, list[Cause]]:
        """The causes by the id of the operation that showed them first."""
        groups: dict[str, list[Cause]] = {}
        for cause in self.found:
            groups.setdefault(cause.first.operation, []).append(cause)
        return groups


def compare(
    contract: Contract,
    settings: Settings,
    double_url: str,
    programs: int = DEFAULT_PROGRAMS,
    say: Callable[[str], None] = lambda _line: None,
) -> Comparison:
    """Run the same programs on the server of the settings and on the double.

    Args:
        contract: what both promise.
        settings: where the server is, who calls, and the seed of the programs.
        double_url: where the double is: it was started for this, and everything may be written to it.
        programs: how many there are.
        say: takes a line about how it goes.

    Raises:
        CouldNotRun: one of the two, or its users, cannot be used.
    """
    comparison, started = Comparison(contract), time.monotonic()
    told = replace(settings, phases=("rules",), checks=None)
    of_double = replace(told, url=double_url, owned=True, leftovers=None, max_time=None)
    with ExitStack() as stack:
        server = stack.enter_context(visiting(contract, told))
        double = _at_double(stack, contract, of_double, server.session)
        double.session.client.deadline = server.session.client.deadline
        _run(comparison, server.session, double.session, programs, say)
        comparison.secrets = {**double.session.crowd.secrets(), **server.session.crowd.secrets()}
    comparison.left, comparison.requests = server.left, server.requests
    comparison.stopped = comparison.stopped or server.stopped
    comparison.seconds = time.monotonic() - started
    return comparison


def _at_double(stack: ExitStack, contract: Contract, settings: Settings, server: Session) -> Visit:
    """A visit of the double by the same users: where it lets them not sign in, with what the server gave them.

    Raises:
        CouldNotRun: it takes neither.
    """
    try:
        return stack.enter_context(visiting(contract, settings))
    except CouldNotRun:
        given = tuple(Account(user.name, {}, dict(user.credentials), user.tenant) for user in server.crowd)
    try:
        return stack.enter_context(visiting(contract, replace(settings, users=given, login=None, oauth=None)))
    except CouldNotRun as error:
        raise CouldNotRun(f"the double takes none of the users: {error}") from None


def _run(comparison: Comparison, server: Session, double: Session, programs: int, say: Callable[[str], None]) -> None:
    """Each collection in turn, until all programs were run, or time is over."""
    subjects = [one for one in server.subjects.values() if one.creators and _is_taken(comparison, server, one)]
    chance = Random(server.settings.seed)
    try:
        for number in range(programs if subjects else 0):
            subject = subjects[number % len(subjects)]
            say(f"program {number + 1}/{programs}: {subject.collection}, {len(comparison.causes)} differences so far")
            _Program(comparison, server, double, subject, Random(chance.random())).run()
            comparison.programs += 1
    except OutOfTime:
        comparison.stopped = TIME_OVER
    except KeyboardInterrupt:
        comparison.stopped = "interrupted"


def _is_taken(comparison: Comparison, server: Session, subject: Subject) -> bool:
    """Whether the server takes a create: else there is nothing to compare."""
    why = server.baselines.missing((subject.creators[0].id,))
    if why is not None:
        comparison.untried[subject.collection] = why
    return why is None


class _Program:
    """One program on both.

    Args:
        comparison: where differences are kept.
        server: the server.
        double: the double.
        subject: the documents, as the server has them.
        chance: what its steps are drawn from.
    """

    def __init__(
        self, comparison: Comparison, server: Session, double: Session, subject: Subject, chance: Random
    ) -> None:
        self.comparison, self.server, self.double = comparison, server, double
        self.subject, self.chance = subject, chance
        server.ledger.recent.clear()
        self.at_server, self.at_double = Trial(server), Trial(double)
        self.alignment = Alignment(server.client.url, double.client.url, _kinds(server, subject))
        self.author = Author(self.at_server, subject, chance, _unlike(server, double))
        self.twins: dict[str, Document] = {}  # the double's document, by the server's id

    def run(self) -> None:
        """Run it, until an answer differs so that what follows would, too; then delete what it made."""
        try:
            for _ in range(self.chance.randint(2, LONGEST)):
                with suppress(NotExercised, Broken):
                    if self._differs(self.author.next()):
                        return
        except Trouble:  # nobody knows what the request did
            self.comparison.spoilt += 1
        finally:
            self._delete(self.at_server)
            self._delete(self.at_double)

    @staticmethod
    def _delete(trial: Trial) -> None:
        """Delete what a program has made: the next one finds no more on one server than on the other."""
        for document in reversed(trial.made):
            if document.subject.deleters and document.id is not None:
                with suppress(NotExercised, Broken, Trouble):
                    trial.delete(document)

    def _differs(self, step: Step) -> bool:
        """Run one step on both; whether what follows cannot be compared any more."""
        mine = self._sent(self.at_server, step.call)
        theirs = self._sent(self.at_double, self._translated(step.call))
        self.comparison.steps += 1
        if mine.status != theirs.status:
            self._note(
                step, "status", "", f"answers {mine.status}", f"answers {theirs.status}", refused_by=_rule_of(theirs)
            )
            self._forget(step, mine, theirs)
            return True
        if mine.ok:
            self._adopt(step, mine, theirs)
        self._compare_bodies(step, mine, theirs)
        if mine.ok and step.document is None and step.call.operation.method == "get":
            self._compare_lists(step, mine, theirs)
        elif step.call.operation.method not in ("get", "delete") and mine.ok:
            self._compare_states(step)
        return False

    @staticmethod
    def _sent(trial: Trial, call: Call) -> Exchange:
        """The answer; one of 5xx is an answer too."""
        sent = len(trial.exchanges)
        with suppress(Broken):
            trial.send(
                call.operation, trial.session.crowd.users.get(call.user or ""), path=call.path, query=call.query,
                headers=call.headers, body=call.body, has_body=call.has_body,
            )  # fmt: skip
        if len(trial.exchanges) == sent:
            raise NotExercised("no answer")
        return trial.exchanges[-1]

    def _translated(self, call: Call) -> Call:
        """The request with the double's ids of the same documents."""
        named = {name: kind for name, kind, _ in self.server.ledger.kinds.named(call.operation, {})}
        sent = {**self.alignment.kinds, **self._own_ids()}
        for kinds, part in ((named, dict(call.path)), (sent, call.body), (sent, dict(call.query))):
            for name, value in _scalars(part):
                self._pair_reference(kinds.get(name), value)
        known = self.alignment.translated
        return replace(
            call,
            operation=self.double.contract.operations[call.operation.id],
            body=known(call.body, sent),
            path=known(dict(call.path), named),
            query=known(dict(call.query), sent),
        )

    def _own_ids(self) -> dict[str, str]:
        """What a request names the program's documents by."""
        names = {self.subject.resource.id, *(one.id_in_body for one in self.subject.updaters if one.id_in_body)}
        return dict.fromkeys(names, self.subject.collection)

    def _pair_reference(self, kind: str | None, value: object) -> None:
        """Have a document on the double for one of the server's that a request names.

        Args:
            kind: the collection that it is of; None where nothing says, so that a text alone tells it.
            value: what a request holds.
        """
        if not isinstance(value, str | int) or isinstance(value, bool):
            return
        if kind is None and isinstance(value, str):
            kind = next((owner for owner, key in self.server.referents.made if key == value), None)
        made = self.server.referents.made.get((kind, str(value))) if kind else None
        if kind is None or made is None or self.alignment.knows(kind, value):
            return
        user = self.double.crowd.users.get(made.call.user or "", self.double.crowd.first)
        with suppress(Interruption):
            self.alignment.pair(kind, value, self.double.referents.of(kind, user, str(value)))

    # What was made

    def _adopt(self, step: Step, mine: Exchange, theirs: Exchange) -> None:
        """Note what a step has made, changed or deleted."""
        operation = step.call.operation
        if step.document is None and operation in self.subject.creators:
            twin_subject = self.double.subjects[self.subject.collection]
            made = self.at_server.adopt(self.subject, self.at_server.user, mine)
            twin = self.at_double.adopt(twin_subject, self.at_double.user, theirs)
            if made is not None and twin is not None and made.id is not None:
                self.alignment.pair(self.subject.collection, made.id, twin.id)
                self.author.documents.append(made)
                self.twins[str(made.id)] = twin
        elif step.document is not None and operation in self.subject.deleters:
            self.author.documents = [one for one in self.author.documents if one is not step.document]
            self.author.deleted.append(step.document)
        elif step.document is not None and operation.method in ("put", "patch", "post"):
            step.document.shown = mine.shown(self.subject.action(operation)) or step.document.shown

    def _forget(self, step: Step, mine: Exchange, theirs: Exchange) -> None:
        """Note what one of the two has made all the same, so that it is deleted in the end."""
        if step.document is None and step.call.operation in self.subject.creators:
            self.at_server.adopt(self.subject, self.at_server.user, mine)
            self.at_double.adopt(self.double.subjects[self.subject.collection], self.at_double.user, theirs)

    # What is held together

    def _compare_bodies(self, step: Step, mine: Exchange, theirs: Exchange) -> None:
        # What a refusal says beside its status is for people, and each server has its own words.
        if mine.ok and step.call.operation not in self.subject.listers:
            self._tell(step, "value", self._plain(mine.json, "server"), self._plain(theirs.json, "double"))

    def _compare_states(self, step: Step) -> None:
        """What a read shows after a write."""
        document = step.document or (self.author.documents[-1] if self.author.documents else None)
        twin = self.twins.get(str(document.id)) if document else None
        if document is None or twin is None or not self.subject.observable:
            return
        one = self.at_server.look_for(document, document.user)
        other = self.at_double.look_for(twin, twin.user)
        self._tell(step, "state", self._plain(one, "server"), self._plain(other, "double"))

    def _compare_lists(self, step: Step, mine: Exchange, theirs: Exchange) -> None:
        """Of each list, what this program made: what else is there are others' documents."""
        envelope = self.subject.action(step.call.operation).envelope
        one = self._own(mine.at(envelope), "server")
        other = self._own(theirs.at(envelope), "double")
        if [key for key, _ in one] != [key for key, _ in other]:
            same = sorted(key for key, _ in one) == sorted(key for key, _ in other)
            what = "in another order" if same else "others of the documents"
            self._note(step, "list", "", f"lists {len(one)} of them", f"lists {what}: {len(other)}")
        else:
            self._tell(step, "value", [entry for _, entry in one], [entry for _, entry in other])

    def _own(self, entries: object, side: str) -> list[tuple[str, Any]]:
        known, collection = self.alignment.of(side), self.subject.collection
        found = []
        for entry in entries if isinstance(entries, list) else ():
            key = str(entry.get(self.subject.key)) if isinstance(entry, dict) else ""
            if (collection, key) in known:
                found.append((key if side == "server" else str(known[collection, key]), self._plain(entry, side)))
        return found

    def _plain(self, value: object, side: str) -> Any:
        return self.alignment.plain(None if value is ... else value, side, self.subject.server_set)

    def _tell(self, step: Step, what: What, server: object, double: object) -> None:
        for place, one, other in unlike(server, double):
            if place in _FOR_PEOPLE and self._around(step) and isinstance(one, str) and isinstance(other, str):
                continue
            is_shape = one is ABSENT or other is ABSENT or type(one) is not type(other)
            where = self._within(step, place)
            self._note(step, "shape" if is_shape else what, where, _clause(one), _clause(other))

    def _within(self, step: Step, place: str) -> str:
        """The path of a property within its document, whatever an answer wraps around it."""
        around = self._around(step)
        if not _is_within(place, around):
            return place
        return place.removeprefix(around).removeprefix("[]").removeprefix(".") or place

    def _around(self, step: Step) -> str:
        """The path of the document in an answer."""
        action = self.server.contract.actions.get(step.call.operation.id)
        return ".".join(action.envelope) if action else ""

    def _note(self, step: Step, what: What, place: str, server: str, double: str, refused_by: str = "") -> None:
        collection, operation = self.subject.collection, step.call.operation.id
        one = Difference(what, collection, operation, step.intent, place, server, double, step.tried, refused_by)
        known = self.comparison.causes.get(one.cause)
        if known is not None:
            known.count += 1
            return
        steps = list(self.at_server.exchanges)
        one = replace(one, taken=what == "status" and server.startswith("answers 4") and self._is_taken_anew(step))
        failure = Failure("compare", step.intent, "", "", "", steps, (one.operation,))
        cause = Cause(one, steps, curl=curl_lines(reproduction(self.server, failure)))
        self.comparison.causes[one.cause] = cause

    def _is_taken_anew(self, step: Step) -> bool:
        """Whether the server takes a create with the value that a step was to change a property to."""
        if step.document is None or not step.tried or not self.subject.creators:
            return False
        name, values = step.tried, self.subject.unwrapped(step.call)
        if name not in values or name not in self.subject.requested(self.subject.creators[0]):
            return False
        with suppress(*INCONCLUSIVE):
            anew = sent(self.at_server, self.subject, **{name: values[name]})
            return anew.ok and self.subject.unwrapped(anew.call).get(name) == values[name]
        return False


def _is_within(place: str, around: str) -> bool:
    """Whether a path leads to the place of another one, or into it."""
    return not around or place == around or (place.removeprefix(around)[:1] in (".", "[") and place.startswith(around))


def _unlike(server: Session, double: Session) -> frozenset[str]:
    """The users who are of one organization with the first on one of the two alone: a double is not told who is."""
    return frozenset(_colleagues_of_the_first(server) ^ _colleagues_of_the_first(double))


def _colleagues_of_the_first(session: Session) -> set[str]:
    return {other.name for one, other in session.crowd.colleagues() if one.name == session.crowd.first.name}


def _rule_of(refusal: Exchange) -> str:
    """The id of the rule by which the double refused a request, as its answer tells."""
    return refusal.headers.get("x-specdouble-rule", "")


def _kinds(session: Session, subject: Subject) -> dict[str, str]:
    """The properties and parameters that hold ids of documents, and of which collection.

    The documents' own `id` is none of them: what stands in a document may have an `id` of its own.
    """
    kinds = {**references_by_name(session.contract), **session.implied}
    for operation in session.contract.operations.values():
        action = session.contract.actions.get(operation.id)
        named = {name: kind for name, kind, _ in session.ledger.kinds.named(operation, {})}
        if action is not None and action.collection == subject.collection:
            kinds |= {held: named[parameter] for parameter, held in action.scope if parameter in named}
    kinds |= {rule.name: rule.refers_to for rule, _ in subject.attacks if rule.refers_to}
    return {name: kind for name, kind in kinds.items() if name != subject.resource.id}


def _scalars(value: object, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each text and number in a value, with the property that it stands in."""
    if isinstance(value, dict):
        for inner, part in value.items():
            yield from _scalars(part, str(inner))
    elif isinstance(value, list):
        for part in value:
            yield from _scalars(part, name)
    else:
        yield name, value


def _clause(value: object) -> str:
    return "shows nothing" if value is ABSENT else f"shows {shown(value, 60)}"
