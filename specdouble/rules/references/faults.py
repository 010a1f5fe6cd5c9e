"""References that are not followed, or too late; deletions that leave behind what they should not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract
from specdouble.contract.rule import ScopeRule
from specdouble.double.answers.placement import Placement
from specdouble.double.state.departure import Departure
from specdouble.double.state.documents import Collection
from specdouble.double.state.keeper import Document, Keeper, View
from specdouble.double.state.problem import Broken, Refusal
from specdouble.prove.change import keeping, kept, kept_also, kept_as, refused_wrongly, together, unkept
from specdouble.prove.facts import (
    IsFirst,
    changers,
    creators,
    doing,
    lifecycles,
    rules_of,
    sendable,
    unwritten,
    writable,
)
from specdouble.prove.fault import Change, Fault, Mutant, Mutants, mutants_of_rule
from specdouble.rules.references.keep import OnDeleteKeeper, ReferencesKeeper
from specdouble.rules.references.rule import OnDelete, References

Lets = Callable[[Document, Document | None], bool]
_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9][0-9]*")


def mutants(contract: Contract) -> Mutants:
    """The mutants of every rule of references."""
    for rule in rules_of(contract, References):
        why = unwritten(contract, rule.collection) or _asked_by_path(contract, rule)
        yield from mutants_of_rule(rule, _faults(contract, rule), why)
        if creators(contract, rule.collection):
            sentence = f"A document refused for its unknown {rule.name} is kept all the same."
            change, concerns = keeping(rule.collection, _late(rule)), (rule.id, "refused_leaves_no_trace")
            yield Mutant("references.checked-after-the-write", rule.about, sentence, change, concerns, equivalent=why)
    for end in rules_of(contract, OnDelete):
        faults = [*_of_deletion(end), *_in_states(contract, end)]
        yield from mutants_of_rule(end, faults, _undeleted(contract, end))


def _faults(contract: Contract, rule: References) -> Iterator[Fault]:
    name, things = rule.name, rule.target
    yield "dropped", f"Anything is accepted as {name}.", _letting(rule, lambda _after, _before: True)
    if not rule.key:
        sentence = f"Any well-formed id is accepted as {name}, whether a document of {things} has it or not."
        yield "format-checked-alone", sentence, _letting(rule, lambda after, _: _well_formed(after.get(rule.name)))
    if any(name in sendable(contract, contract.operations[key]) for key in changers(contract, rule.collection)):
        sentence = f"A change may name as {name} what does not exist."
        yield "unchecked-on-update", sentence, _letting(rule, lambda _, before: before is not None)
    yield from _of_others(contract, rule)
    if rule.within:
        sentence = f"A document of {things} is accepted as {name} wherever it lies."
        yield "from-elsewhere", sentence, kept_as(rule, replace(rule, within=()))
    if doing(contract, rule.target, "delete"):
        yield "dangling", f"The id of a deleted document of {things} is accepted as {name}.", _dangling(rule)
    yield from refused_wrongly(contract, rule, f"An unknown {name}")


def _asked_by_path(contract: Contract, rule: References) -> str:
    """Why the path refuses what is not there before the rule does; empty where a body may name it."""
    creating, name = creators(contract, rule.collection), rule.name
    if any(
        name in writable(contract, contract.operations[key]) for key in creating + changers(contract, rule.collection)
    ):
        return ""
    placed = [Placement(contract, contract.operations[key], contract.actions[key]) for key in creating]
    if not placed or not all(one.asks_for(name) for one in placed):
        return ""
    return f"{name} is of the path alone, where what it names is looked for before the rule is asked"


def _undeleted(contract: Contract, rule: OnDelete) -> str:
    """Why no deletion shows what becomes of a reference; empty where one does."""
    if not doing(contract, rule.collection, "delete") or not creators(contract, rule.collection):
        return f"no operation deletes documents of {rule.collection} that were created"
    taken = [sendable(contract, contract.operations[key]) for key in creators(contract, rule.referrer)]
    return "" if any(rule.name in one for one in taken) else f"no operation creates what names documents by {rule.name}"


def _of_deletion(rule: OnDelete) -> Iterator[Fault]:
    things, name = rule.collection, rule.name
    if rule.does != "ignore":
        sentence = f"A document of {things} is deleted and what names it by {name} is forgotten."
        yield "left-dangling", sentence, unkept(rule)
        sentence = f"The deletion of any document of {things} concerns all of {rule.referrer} that have a {name}."
        yield "all-taken-for-named", sentence, kept(rule, Indiscriminate)
    for does, sentence in _WRONGLY.items():
        if does != rule.does:
            yield f"{does}-instead", sentence.format(things=things, referrer=rule.referrer, name=name), kept_as(
                rule, replace(rule, does=does)
            )  # fmt: skip


def _in_states(contract: Contract, rule: OnDelete) -> Iterator[Fault]:
    """Those that name it are looked for in one state alone."""
    for state, is_first in lifecycles(contract.resources[rule.referrer]) if rule.does != "ignore" else ():
        sentence = f"The deletion knows nothing of documents of {rule.referrer} whose {state} has moved."
        yield "in-one-state", sentence, kept(rule, _looking_in(state, is_first))


def _looking_in(state: str, is_first: IsFirst) -> type[OnDeleteKeeper]:
    class InOneState(OnDeleteKeeper):
        def referring(self, document: Document, departure: Departure) -> list[Document]:
            return [one for one in super().referring(document, departure) if is_first(one.get(state))]

    return InOneState


_WRONGLY = {
    "restrict": "A document of {things} cannot be deleted while {referrer} names it.",
    "cascade": "A document of {things} takes all of {referrer} with it that name it.",
    "set-null": "{name} is emptied when the document of {things} that it names is deleted.",
}


class Indiscriminate(OnDeleteKeeper):
    """Takes every document that names one for a document that names this one."""

    def referring(self, document: Document, departure: Departure) -> list[Document]:
        """All that name any."""
        return departure.referring(self.rule.referrer, self.rule.name, {"$ne": None})

    def forget(self, after: Document, value: object) -> None:
        """Whatever it names."""
        super().forget(after, after.get(self.rule.name))
        if isinstance(after.get(self.rule.name), list):
            after[self.rule.name] = []


def _letting(rule: References, lets: Lets) -> Change:
    """Let a value pass that the rule refuses."""

    class Lenient(ReferencesKeeper):
        def broken(self, after: Document, before: Any, touched: Any, view: View) -> Broken | None:
            return None if lets(self.shown(after), before) else super().broken(after, before, touched, view)

    return kept(rule, Lenient)


def _well_formed(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(one, str | int) and bool(_ID.fullmatch(str(one))) for one in values)


def _of_others(contract: Contract, rule: References) -> Iterator[Fault]:
    target = contract.resources[rule.target]
    if any(one.is_opened for one in target.of(ScopeRule)):
        return  # who sees a document may name it
    if rule.of_anyone and (target.owner or target.tenant):
        sentence = f"Another's document of {rule.target} is refused as {rule.name}."
        yield "of-the-caller-alone", sentence, kept_as(rule, replace(rule, of_anyone=False))
        return
    if target.owner and target.tenant:
        sentence = f"A colleague's document of {rule.target} is accepted as {rule.name}."
        yield "of-colleagues", sentence, _seeing(rule, _held(contract, target.owner))
    if target.owner or target.tenant:
        sentence = f"Anybody's document of {rule.target} is accepted as {rule.name}."
        yield "of-anybody", sentence, _seeing(rule, _held(contract, target.owner, target.tenant))


def _held(contract: Contract, *names: str | None) -> set[str]:
    """The properties that hold the same claims as these, in whatever document."""
    known = {name for name in names if name}
    return known | {other for name in known for other in contract.scopes_alike.get(name, ())}


def _seeing(rule: References, unscoped: set[str]) -> Change:
    """Look a reference up without the scopes."""

    class Seeing(ReferencesKeeper):
        def broken(self, after: Document, before: Any, touched: Any, view: View) -> Broken | None:
            return super().broken(after, before, touched, Wide(view, rule.target, unscoped))

    return kept(rule, Seeing)


class Wide:
    """The store, seen without some scopes by whoever refers to documents of one collection."""

    def __init__(self, view: View, target: str, unscoped: set[str]) -> None:
        self.view, self.target, self.unscoped = view, target, unscoped

    def holder(self, collection: str, field: str, key: str) -> object:
        """As it is."""
        return self.view.holder(collection, field, key)

    def belonging(self, collection: str, document: Document) -> Document:
        """As it is."""
        return self.view.belonging(collection, document)

    def count(self, collection: str, scope: Mapping[str, Any]) -> int:
        """As it is."""
        return self.view.count(collection, scope)

    def values(self, collection: str, field: str, scope: Mapping[str, Any]) -> Sequence[Any]:
        """As it is."""
        return self.view.values(collection, field, scope)

    def has(self, collection: str, id: str | int, referrer: Document, key: str = "") -> bool:
        """Whether there is one, whosever it is."""
        if collection == self.target:
            referrer = {name: value for name, value in referrer.items() if name not in self.unscoped}
        return self.view.has(collection, id, referrer, key)


def _late(rule: References) -> type[Collection]:
    class Late(Collection):
        def insert_one(self, document: Document) -> Any:
            sent = dict(document)
            try:
                return super().insert_one(document)
            except Refusal as refusal:
                if all(one.rule == rule for one in refusal.broken):
                    stored = self._rules.completed(self._rules.stored(sent), self._user)
                    self._rules.key(stored)
                    self._documents.insert_one(stored)
                raise

    return Late


def _dangling(rule: References) -> Change:
    """Accept every id that a document ever had."""
    given: set[Any] = set()

    class Remembering(Keeper):
        def create(self, document: Document, now: str) -> None:
            given.add(document.get(rule.key) if rule.key else document["_id"])

    def was(after: Document, _before: Document | None) -> bool:
        value = after.get(rule.name)
        return all(
            isinstance(one, str | int) and one in given for one in (value if isinstance(value, list) else [value])
        )

    return together(kept_also(rule.target, Remembering), _letting(rule, was))
