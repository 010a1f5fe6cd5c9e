"""The discovery: hypotheses are gathered, seen on the server, attacked, and told what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from specdouble.contract import Contract, Rule
from specdouble.contract.kind import kinds
from specdouble.contract.pointer import look_up, pointer, tokens
from specdouble.discover import beginnings, documents, identities, replacement, shape
from specdouble.discover.bounds import miner as bounds
from specdouble.discover.bounds.bound import KEYWORDS
from specdouble.discover.experiment import Experiment, Result
from specdouble.discover.experiments import Stated, tried
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.loop import MOST_ROUNDS, Loop, Round
from specdouble.discover.miners import mine
from specdouble.discover.outcome import CONFIRMED, REFUTED, SILENT, UNDECIDED, UNPROVED, Outcome
from specdouble.discover.refinement import is_refined_by, resolved
from specdouble.discover.revision import amend, withdraw
from specdouble.discover.supposition import is_stated, rules_by, supposable, suppose
from specdouble.discover.traffic import miner as traffic
from specdouble.discover.traffic.recording import Recording, read_recording
from specdouble.discover.traffic.seed import Seed
from specdouble.rules import of_some
from specdouble.verify.attack import attack_of
from specdouble.verify.problem import TIME_OVER, CouldNotRun, OutOfTime
from specdouble.verify.settings import Settings
from specdouble.verify.sight import Probe, Sight
from specdouble.verify.visit import Visit, visiting
from specdouble.whole_files import write_whole

_SHORTEST = 2.0  # seconds that an experiment needs at the least
UNTRIED = "there was no time, or no server, to try it"
# The part of the time that is over when each step ends: what one leaves, the next ones have.
FOUNDED, LOOKED, JUDGED, CLOSED = 0.3, 0.5, 0.85, 1.0


@dataclass
class Discovery:
    """The discovery of one server's rules.

    Args:
        contract: what is known of it before.
        settings: where it is, who calls; without a URL nothing is asked.
        say: takes a line about how it goes.
        known: outcomes of an earlier run, by the key of their hypothesis: they are not tried again.
        allow_refs: the folders that the contract's references may lead to.
        traffic: a file of recorded exchanges, which suggest rules too.
        recording: what was read from it.
        loop: runs the double of what was found beside the server; left out where None.

    `users` are the documents of those who called, by collection, where a rule says that they are documents.
    """

    contract: Contract
    settings: Settings
    say: Callable[[str], None] = lambda _line: None
    known: Mapping[str, Outcome] = field(default_factory=dict)
    allow_refs: tuple[Path, ...] = ()
    traffic: Path | None = None
    recording: Recording | None = None
    loop: Loop | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    believed: list[Hypothesis] = field(default_factory=list)
    seen: list[Hypothesis] = field(default_factory=list)
    limits: list[Hypothesis] = field(default_factory=list)
    users: dict[str, list[dict[str, Any]]] = field(default_factory=dict, repr=False)
    left: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    requests: int = 0
    seconds: float = 0.0
    stopped: str = ""
    _started: float = 0.0
    _noted: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Find the rules out.

        Raises:
            CouldNotRun: the server or its users cannot be used.
        """
        self._started = time.monotonic()
        self._believe(documents.mine(self.contract))
        self._doubt_what_loses()
        if self.settings.url:
            self._look()
            self._judge()
            self._found_on_believed(CONFIRMED)
            self._drop_what_stands_on_nothing()
            with self._while_it_lasts():
                self._close()
        else:
            self._take_unproved()
        self._note_leftovers()
        self.seconds = time.monotonic() - self._started

    def _note_leftovers(self) -> None:
        """Write down together what each run has left: each wrote the file anew."""
        self.left = summed(self.left)
        if self.settings.leftovers is not None and self._noted:
            write_whole(self.settings.leftovers, "".join(self._noted))

    def _leave(self, left: Sequence[str], requests: int, secrets: Mapping[str, str]) -> None:
        """Note what a run has left, needed and must keep to itself."""
        self.left += left
        self.requests += requests
        self.secrets |= secrets
        file = self.settings.leftovers
        if file is not None and file.is_file():
            self._noted.append(file.read_text("utf-8"))

    @property
    def supposed(self) -> Contract:
        """The contract with all that is believed so far."""
        return suppose(self.contract, self.believed, self.allow_refs)

    def _believe(self, hypotheses: Iterable[Hypothesis]) -> None:
        """Lay over the contract what other hypotheses stand on."""
        good, _ = supposable(self.contract, self.believed, [*self._unsaid(hypotheses)], self.allow_refs)
        self.believed += good

    def _unsaid(self, hypotheses: Iterable[Hypothesis]) -> Iterator[Hypothesis]:
        """Those that the contract has no annotation for: what it has one for is attacked as it stands there."""
        return (one for one in hypotheses if not is_stated(self.contract, one))

    def _recorded(self, supposed: Contract) -> Iterator[Hypothesis]:
        """What recorded exchanges suggest of the documents that are believed."""
        if self.traffic is not None:
            self.recording = read_recording(self.traffic, supposed)
            yield from traffic.mine(self.recording)

    def _doubt_what_loses(self) -> None:
        """Leave documents as they were inferred, where an annotation would tell less of what operations do to them."""
        supposed, losing = self.supposed.actions, set[str]()
        for name, known in self.contract.actions.items():
            now = supposed.get(name)
            if now is None:
                losing.add(known.collection)
            elif now.collection != known.collection and len(now.envelope) >= len(known.envelope):
                losing |= {known.collection, now.collection}  # not nearer to the root: the guess was as good
        doubted = {one.pointer for one in self.believed if one.value.get("collection") in losing}
        self.believed = [one for one in self.believed if one.pointer not in doubted]

    @contextmanager
    def _while_it_lasts(self) -> Iterator[None]:
        """Do what there is time and a server for: what was found before counts all the same.

        Raises:
            CouldNotRun: the server or its users could not be used from the beginning.
        """
        try:
            yield
        except OutOfTime:
            self.stopped = self.stopped or TIME_OVER
        except CouldNotRun as error:
            if not self.requests:
                raise
            self.stopped = self.stopped or f"the server could be used no longer: {error}"

    @contextmanager
    def _visiting(self, supposed: Contract, part: float) -> Iterator[Visit]:
        """A visit that ends in time, and of which is noted what it leaves."""
        with visiting(supposed, self._settings(part), shape.referring(supposed)) as visit:
            yield visit
        self._leave(visit.left, visit.requests, visit.session.crowd.secrets())
        self.stopped = self.stopped or visit.stopped

    def _settings(self, part: float) -> Settings:
        """The settings for what comes next, with the time that it may take.

        Args:
            part: of all the time, what is over when it ends.

        Raises:
            OutOfTime: there is none.
        """
        told = replace(self.settings, phases=("rules",), checks=None, baseline=None, reports={})
        if told.max_time is None:
            return told
        left = told.max_time * part - (time.monotonic() - self._started)
        if left < min(_SHORTEST, told.max_time * part):
            raise OutOfTime
        return replace(told, max_time=left, grace=told.max_time * (CLOSED - part))

    # Without a server

    def _take_unproved(self) -> None:
        """Take what words and shape suggest, as far as it can stand together."""
        supposed = self.supposed
        first: dict[tuple[str, ...], Hypothesis] = {}
        for one in self._unsaid(mine(supposed, self._recorded(supposed))):
            known = resolved(supposed, one)
            if known is not None:
                first.setdefault(known.place, known)
        good, bad = supposable(self.contract, self.believed, list(first.values()), self.allow_refs)
        founding = [*self.believed]
        self.believed += good
        self._tell_all(good, UNPROVED)
        self.believed = founding
        self._found_on_believed(UNPROVED)
        self.outcomes += [Outcome(one, UNDECIDED, reason=why) for one, why in bad.items()]

    def _tell_all(self, hypotheses: Sequence[Hypothesis], state: str) -> None:
        supposed = self.supposed
        for one in hypotheses:
            rules = rules_by(supposed, one)
            self.outcomes.append(Outcome(one, state, _ids(rules), _sentences(rules), one.source.words))

    def _found_on_believed(self, state: str) -> None:
        """Tell what the rules stand on; documents of which nothing was found are left as they are inferred."""
        ruled = [one.hypothesis for one in self.outcomes if one.rule]
        apart = [one for one in self.believed if one.keyword not in KEYWORDS]
        founded = [one for one in apart if one.keyword != "x-resource" or self._is_stood_on(one, ruled)]
        self.outcomes = [*(Outcome(one, state, reason=one.source.words) for one in founded), *self.outcomes]

    def _is_stood_on(self, resource: Hypothesis, ruled: Sequence[Hypothesis]) -> bool:
        collection = resource.value["collection"]
        said = [one.value for one in (*self.believed, *ruled) if one is not resource]
        named = any(value == collection or _collection(value) == collection for value in said)
        below = resource.pointer + "/"
        return named or any((one.pointer + "/").startswith(below) for one in ruled)

    # What is seen

    def _look(self) -> None:
        """Visit the server twice: whose documents are is seen first, since scopes are told by it."""
        probes = [module.PROBE for module in of_some("probe").values()]
        founded: list[Hypothesis] = []  # grows as it is seen: what was there when time ends counts
        with self._while_it_lasts(), self._visiting(self.supposed, FOUNDED) as visit:
            self.say("looking at documents, users and who owns what")
            founded += (known := [*identities.mine(visit.session)])
            self.users = identities.users(visit.session, known)
            founded += replacement.mine(visit.session)
            founded += self._sights(visit, [one for one in probes if one.founds])
            self._bound(visit)
        founded = _shared_alike(founded)
        attacked = [one for one in self._unsaid(founded) if one.keyword in ("x-resource", "x-validations")]
        self._believe(one for one in founded if one not in attacked)
        scopes, _ = supposable(self.contract, self.believed, attacked, self.allow_refs)
        self.seen += scopes
        self.limits = self._limits()
        with self._while_it_lasts(), self._visiting(self._with([*scopes, *self.limits]), LOOKED) as visit:
            self.seen += self._unsaid(self._sights(visit, [one for one in probes if not one.founds]))
            self._believe(beginnings.mine(visit.session))

    def _bound(self, visit: Visit) -> None:
        """What single values are held to: whatever is tried later must be within it."""
        claims = bounds.claims_of(self._mined()[0])
        for subject in visit.session.subjects.values():
            self.say(f"looking for bounds of {subject.collection}")
            for one in bounds.mine(visit.session, subject, claims):
                self.outcomes.append(one)
                if one.holds:
                    self._believe([one.hypothesis])

    def _limits(self) -> list[Hypothesis]:
        """What the words say of how many documents there may be: whatever is tried needs room for its own."""
        claims = [one for one in self._mined()[0] if one.source.claims]
        good, _ = supposable(self.contract, [*self.believed, *self.seen], claims, self.allow_refs)
        supposed = self._with([*self.seen, *good])
        return [one for one in good if any(attack_of(rule).room for rule in rules_by(supposed, one))]

    def _with(self, hypotheses: Sequence[Hypothesis]) -> Contract:
        return suppose(self.contract, [*self.believed, *hypotheses], self.allow_refs)

    def _sights(self, visit: Visit, probes: Sequence[Probe]) -> Iterator[Hypothesis]:
        """What the probes see of each collection's documents, as far as there is time."""
        subjects = visit.session.subjects.values()
        for turn in [one for one in probes if one.early], [one for one in probes if not one.early]:
            for subject, probe in product(subjects, turn):
                self.say(f"looking at {subject.collection}")
                yield from map(_of_sight, probe.see(visit.session, subject))

    # What is attacked

    def _judge(self) -> None:
        """Attack what was seen and what is stated; then, alone, what the words claim and nothing has shown."""
        known, nameless = self._mined()
        mined = [one for one in known if one.keyword not in KEYWORDS]
        self.outcomes += nameless
        guessed = [one for one in mined if not one.source.claims and self._is_worth_an_attack(one)]
        first = {one.place: one for one in (*guessed, *self.limits, *self.seen)}
        stated = list(self._stated())
        doubted = self._conclude(self._tried(list(first.values()), stated), mined)
        proved = [one.hypothesis for one in self.outcomes if one.state in (CONFIRMED, SILENT)]
        beside = [one for one in first.values() if one.key in {other.key for other in proved}]
        again = [(one, rule) for one, rule in stated if one in doubted]
        self.outcomes += [one.outcome(one.hypothesis, one.state) for one in self._tried([], again, beside)]
        for claim in (one for one in mined if one.source.claims):
            if not any(is_refined_by(claim, one) for one in proved):
                others = [one for one in beside if one.place != claim.place]
                self._judge_claim(claim, others)

    def _judge_claim(self, claim: Hypothesis, beside: Sequence[Hypothesis]) -> None:
        """Attack what words claim; what they leave open, as spellings, is as it was seen."""
        seen = next((one for one in self.seen if is_refined_by(claim, one)), claim)
        said = self._refusing(claim.source)
        for result in self._tried([seen], [], beside):
            elsewhere = result.in_part and bool(said) and said not in result.broken_in
            state = CONFIRMED if result.state == REFUTED and elsewhere else result.state
            self.outcomes.append(result.outcome(replace(seen, source=claim.source), state))

    def _refusing(self, source: Source) -> str:
        """The id of the operation of whose refusals a sentence speaks; empty where it speaks of more than that."""
        words = " ".join(source.words.split())
        for operation in self.contract.operations.values():
            said = (one.description for one in operation.responses.values())
            if words and any(words in " ".join(text.split()) for text in said):
                return operation.id
        return ""

    def _mined(self) -> tuple[list[Hypothesis], list[Outcome]]:
        """What words, names and shape suggest by all that is known now; and what they claim of unknown properties."""
        supposed = self._with([one for one in self.seen if one.keyword == "x-resource"])
        places = {one.place for one in self.believed}
        known, nameless = list[Hypothesis](), list[Outcome]()
        for one in self._unsaid(mine(supposed, self._recorded(supposed))):
            found = resolved(supposed, one)
            if found is None and one.source.claims:
                reason = "no property is known that it could speak of"
                nameless.append(Outcome(one, UNDECIDED, reason=reason))
            elif found is not None and found.place not in places:
                known.append(found)
        return known, nameless

    @staticmethod
    def _is_worth_an_attack(one: Hypothesis) -> bool:
        """Whether nobody has looked for a rule of its kind: what a probe did not see is not there."""
        return one.keyword not in {kinds()[name].keyword for name in of_some("probe")}

    def _stated(self) -> Iterator[tuple[Hypothesis, Rule]]:
        """The rules that keywords of OpenAPI's own say, and those that the contract has annotations for."""
        supposed = self.supposed
        for rule in supposed.rules.values():
            if any(rule in rules_by(supposed, one) for one in self.believed):
                continue
            *parents, keyword = tokens(rule.pointer) or ["", ""]
            with suppress(LookupError):
                value = look_up(supposed.data, rule.pointer)
                source = Source("contract", rule.file, rule.line, f"`{keyword}: {value}`")
                yield Hypothesis(keyword, pointer(*parents), value, source, 0.9), rule

    def _tried(
        self,
        wanted: Sequence[Hypothesis],
        stated: Sequence[Stated],
        beside: Sequence[Hypothesis] = (),
        part: float = JUDGED,
    ) -> list[Result]:
        """The results of experiments with all of these, which end when that part of the time is over.

        Args:
            wanted: what is tried.
            stated: what the contract says itself, and is tried with it.
            beside: what is laid over the contract besides.
            part: of all the time, what is over then.
        """
        return tried(wanted, stated, beside, partial(self._in_one_experiment, part=part))

    def _in_one_experiment(
        self, wanted: Sequence[Hypothesis], stated: Sequence[Stated], beside: Sequence[Hypothesis], part: float
    ) -> tuple[list[Result], list[Result]]:
        """What an earlier run has found of these, and what one experiment with the others finds."""
        known = [Result.taken(self.known[one.key]) for one in wanted if one.key in self.known]
        waiting = [one for one in wanted if one.key not in self.known]
        laid = [*self.believed, *beside, *(one.hypothesis for one in known if one.state == CONFIRMED)]
        good, bad = supposable(self.contract, laid, waiting, self.allow_refs)
        results = [Result(one, UNDECIDED, reason=why) for one, why in bad.items()]
        experiment = Experiment(self.contract, laid, self.allow_refs, self.say)
        untried = {*good}
        with self._while_it_lasts():
            experiment.run(good, stated, lambda: self._settings(part))
            untried.clear()
        results += experiment.results
        untried -= {one.hypothesis for one in results}
        results += [Result(one, UNDECIDED, reason=UNTRIED) for one in good if one in untried]
        self._leave(experiment.left, experiment.requests, experiment.secrets)
        self.stopped = self.stopped or experiment.stopped
        return known, results

    def _conclude(self, results: Sequence[Result], mined: Sequence[Hypothesis]) -> list[Hypothesis]:
        """Tell what became of what was seen, guessed and stated; what is promised and was broken is tried again."""
        doubted = []
        for result in results:
            one = result.hypothesis
            said = [other.source for other in mined if is_refined_by(other, one)]
            source = next((other for other in said if other.claims), said[0] if said else one.source)
            state = result.weighed(source)
            if state == REFUTED:
                doubted.append(one)
            elif state:
                self.outcomes.append(result.outcome(replace(one, source=source), state))
        return doubted

    def _drop_what_stands_on_nothing(self) -> None:
        """Leave undecided what cannot be written without a rule that was broken: a quota of each owner, say."""
        holding = [one.hypothesis for one in self.outcomes if one.holds]
        _, bad = supposable(self.contract, [], holding, self.allow_refs)
        self.outcomes = [
            replace(one, state=UNDECIDED, reason=bad[one.hypothesis]) if one.holds and one.hypothesis in bad else one
            for one in self.outcomes
        ]

    # The loop that closes

    def _close(self) -> None:
        """Run the double of what was found beside the server, until nothing new is learned of what differs."""
        for _ in range(MOST_ROUNDS if self.loop is not None else 0):
            assert self.loop is not None
            self.say("running the double of what was found beside the server")
            done = self.loop.beside(self._found(), self._settings(CLOSED), Seed(self.users), self.say)
            self._leave(done.left, done.requests, done.secrets)
            withdrawn = withdraw(self.outcomes, done.found)
            amended = amend(self.outcomes, done.found, self._is_supposable)
            questions = [*self._unsaid(self.loop.questions(self.supposed, done.found))]
            learned = [one for one in self._tried(questions, [], self._holding(), CLOSED) if one.state == CONFIRMED]
            self.outcomes += [one.outcome(one.hypothesis, SILENT) for one in learned]
            self._drop_what_stands_on_nothing()
            self.loop.rounds.append(
                Round(done.steps, len(done.found), len(questions), len(learned), withdrawn, amended, done.nothing)
            )
            self.loop.open = done.found
            if not learned and not withdrawn and not amended:
                break

    def _found(self) -> Contract:
        """The contract with all that holds."""
        return suppose(self.contract, [one.hypothesis for one in self.outcomes if one.holds], self.allow_refs)

    def _is_supposable(self, hypothesis: Hypothesis) -> bool:
        """Whether a hypothesis can stand beside what the others stand on."""
        return bool(supposable(self.contract, self.believed, [hypothesis])[0])

    def _holding(self) -> list[Hypothesis]:
        """The rules that hold."""
        rules = [one.hypothesis for one in self.outcomes if one.holds and one.rule]
        return [one for one in rules if one not in self.believed]


def _shared_alike(founded: Sequence[Hypothesis]) -> list[Hypothesis]:
    """What was seen; an owner that other documents show to be a tenant is one, though few users create these."""
    shared = {one.value["tenant"] for one in founded if one.keyword == "x-resource" and "tenant" in one.value}
    return [
        replace(one, value={"tenant": one.value["owner"]})
        if one.keyword == "x-resource" and one.value.get("owner") in shared
        else one
        for one in founded
    ]


def summed(lines: Iterable[str]) -> list[str]:
    """The lines about what is left, those that count what is left of one kind put together."""
    counts: dict[str, int] = {}
    for line in lines:
        number, _, rest = line.partition(" ")
        key, count = (rest, int(number)) if number.isdigit() else (line, 0)
        counts[key] = counts.get(key, 0) + count
    return [f"{count} {rest}" if count else rest for rest, count in counts.items()]


def _of_sight(sight: Sight) -> Hypothesis:
    return Hypothesis(sight.keyword, sight.pointer, sight.value, Source("trial", words=sight.words), 0.9)


def _collection(value: Any) -> Any:
    return value.get("collection") if isinstance(value, dict) else None


def _ids(rules: Sequence[Rule]) -> str:
    return ", ".join(rule.id for rule in rules)


def _sentences(rules: Sequence[Rule]) -> str:
    return "; ".join(str(rule) for rule in rules)
