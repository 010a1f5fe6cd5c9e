"""Times that stand still, move when they should not, or are written in another way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from specdouble.contract import Contract
from specdouble.double.state.clock import Clock
from specdouble.double.state.documents import Collection
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Refusal
from specdouble.prove.change import Store, keeping, kept, storing
from specdouble.prove.facts import changers, doing, rules_of, shown, unwritten
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.rules.timestamp.keep import TimestampKeeper
from specdouble.rules.timestamp.rule import Timestamp

Fault = tuple[str, str, Change, str]


def mutants(contract: Contract) -> Mutants:
    """The mutants of every timestamp."""
    for rule in rules_of(contract, Timestamp):
        why = unwritten(contract, rule.collection)
        for kind, sentence, change, check in _of(contract, rule):
            concerns = (check, rule.id) if check else (rule.id,)
            yield Mutant(f"timestamp.{kind}", rule.about, sentence, change, concerns, equivalent=why)


def _of(contract: Contract, rule: Timestamp) -> Iterator[Fault]:
    name, things = rule.name, rule.collection
    yield (
        "without-zone",
        f"{name} does not say that it is UTC.",
        _written(rule, lambda text: text.removesuffix("Z")),
        "",
    )
    yield "date-alone", f"{name} is a day without a time.", _written(rule, lambda text: text[:10]), ""
    yield "in-another-zone", f"{name} is local time that is said to be UTC.", _written(rule, _later), ""
    if changers(contract, things) and rule.event == "updated":
        yield "not-moved", f"A change of a document of {things} leaves its {name}.", kept(rule, Still), ""
        yield from _unasked(contract, rule)
    elif changers(contract, things):
        yield "moved", f"A change of a document of {things} moves its {name}.", kept(rule, Moving), ""


def _written(rule: Timestamp, other: Callable[[str], str]) -> Change:
    class Writing(TimestampKeeper):
        def create(self, document: Document, now: str) -> None:
            document[rule.name] = other(now)

        def change(self, before: Document, after: Document) -> None:
            if rule.event == "updated":
                after[rule.name] = other(self.clock.timestamp())

    return kept(rule, Writing)


def _later(text: str) -> str:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text) + timedelta(hours=2)
        return moment.isoformat(timespec="milliseconds")[:-6] + "Z"
    return text


class Still(TimestampKeeper):
    """Leaves the time as it was at the first write."""

    def change(self, before: Document, after: Document) -> None:
        """No change moves it."""
        after[self.rule.name] = before[self.rule.name]


class Moving(TimestampKeeper):
    """Moves the time with every change."""

    def change(self, before: Document, after: Document) -> None:
        """Every change moves it."""
        after[self.rule.name] = self.clock.timestamp(after=before.get(self.rule.name))


def _unasked(contract: Contract, rule: Timestamp) -> Iterator[Fault]:
    """The time of the last change moves though nothing was changed."""
    things, name = rule.collection, rule.name
    refused = any(other.refuses for other in contract.resources[things].rules)
    if refused and shown(contract, things):
        sentence = f"A change that a rule refuses moves {name}."
        yield "moved-by-refused", sentence, keeping(things, _touching(name)), "refused_leaves_no_trace"
    for key in doing(contract, things, "read"):
        change = storing((key,), things, _touched_by_reads(name))
        yield "moved-by-read", f"Reading a document of {things} moves its {name}.", change, "read_changes_nothing"
        return


def _touching(name: str) -> type[Collection]:
    class Touching(Collection):
        def _save(self, before: Document, after: Document, touched: set[str]) -> Document:
            try:
                return super()._save(before, after, touched)
            except Refusal:
                stamp = self._rules.clock.timestamp(after=before.get(name))
                self._documents.replace_one({"_id": before["_id"]}, {**before, name: stamp})
                raise

    return Touching


def _touched_by_reads(name: str) -> type[Store]:
    class Touched(Store):
        def find_one(self, filter: Any) -> Any:
            found = self.documents.find_one(filter)
            if found is not None:
                found[name] = Clock().timestamp(after=found.get(name))
                self.documents.replace_one({"_id": found["_id"]}, dict(found))
            return found

    return Touched
