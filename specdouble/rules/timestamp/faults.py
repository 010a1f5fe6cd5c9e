"""Times that stand still, move when they should not, or are written in another way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import orjson

from specdouble.contract import Contract
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.state.clock import Clock
from specdouble.double.state.documents import Collection
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Refusal
from specdouble.prove.change import (
    Store,
    changed_answer,
    is_success,
    keeping,
    kept,
    loaded,
    replying,
    storing,
    together,
)
from specdouble.prove.facts import IsFirst, changers, doing, lifecycles, rules_of, shown, unwritten
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
        _shown(contract, rule, lambda text: text.removesuffix("Z")),
        "",
    )
    yield "date-alone", f"{name} is a day without a time.", _shown(contract, rule, lambda text: text[:10]), ""
    yield "in-another-zone", f"{name} is local time that is said to be UTC.", _shown(contract, rule, _later), ""
    if changers(contract, things) and rule.event == "updated":
        yield "not-moved", f"A change of a document of {things} leaves its {name}.", kept(rule, Still), ""
        for state, is_first in lifecycles(contract.resources[things]):
            sentence = f"A change of a document of {things} whose {state} has moved leaves its {name}."
            yield "not-moved-in-a-state", sentence, kept(rule, _still_once_moved(state, is_first)), ""
        yield from _unasked(contract, rule)
    elif changers(contract, things):
        yield "moved", f"A change of a document of {things} moves its {name}.", kept(rule, Moving), ""


def _shown(contract: Contract, rule: Timestamp, other: Callable[[str], str]) -> Change:
    """Answer with the time written in another way: what is stored and does not fit, the double would not show."""
    ids = doing(contract, rule.collection, "create", "read", "list", "update", "replace")
    return together(*(replying((key,), _told(contract.actions[key].envelope, rule.name, other)) for key in ids))


def _told(envelope: tuple[str, ...], name: str, other: Callable[[str], str]) -> Callable[[Outcome], Outcome]:
    def reply(outcome: Outcome) -> Outcome:
        whole = loaded(outcome.answer.body)
        shown = whole
        for one in envelope:
            shown = shown.get(one) if isinstance(shown, dict) else None
        stamped = [one for one in (shown if isinstance(shown, list) else [shown]) if _is_stamped(one, name)]
        if not is_success(outcome) or not stamped:
            return outcome
        for document in stamped:
            document[name] = other(document[name])
        return changed_answer(outcome, body=orjson.dumps(whole))

    return reply


def _is_stamped(document: object, name: str) -> bool:
    return isinstance(document, dict) and isinstance(document.get(name), str)


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


def _still_once_moved(state: str, is_first: IsFirst) -> type[TimestampKeeper]:
    """Leaves the time of documents that are not in their first state any more."""

    class StillOnceMoved(Still):
        def change(self, before: Document, after: Document) -> None:
            if is_first(before.get(state)):
                TimestampKeeper.change(self, before, after)
            else:
                super().change(before, after)

    return StillOnceMoved


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
        def find_one(self, filter: object) -> Any:
            found = self.documents.find_one(filter)
            if found is not None:
                found[name] = Clock().timestamp(after=found.get(name))
                self.documents.replace_one({"_id": found["_id"]}, dict(found))
            return found

    return Touched
