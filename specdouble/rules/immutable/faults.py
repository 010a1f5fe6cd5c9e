"""What is fixed can be changed, or seems so."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from specdouble.contract import Contract
from specdouble.double.state.keeper import Document, View
from specdouble.double.state.problem import Broken
from specdouble.prove.change import kept, refused_wrongly, unkept
from specdouble.prove.facts import document_schema, doing, required_names, rules_of, sendable, settable, unchanged
from specdouble.prove.fault import Fault, Mutants, mutants_of_rule
from specdouble.rules.immutable.keep import ImmutableKeeper
from specdouble.rules.immutable.rule import Immutable


def mutants(contract: Contract) -> Mutants:
    """The mutants of every immutable property."""
    for rule in rules_of(contract, Immutable):
        yield from mutants_of_rule(rule, _faults(contract, rule), unchanged(contract, rule))


def _faults(contract: Contract, rule: Immutable) -> Iterator[Fault]:
    yield "unchecked", f"{rule.name} can be changed after creation.", unkept(rule)
    sentence = f"A change of {rule.name} is answered as done and has no effect."
    yield "ignored", sentence, kept(rule, Ignoring)
    if not _is_always_sent(contract, rule):  # where it is, no change is taken at all, and nobody knows why
        yield "own-refused", f"A change that sends {rule.name} as it is, is refused.", kept(rule, Touchy)
    state = next(_states(contract, rule), None)
    if state is not None:
        name, first = state
        sentence = f"{rule.name} can be changed once {name} is another than {first!r}."
        yield "unchecked-later", sentence, kept(rule, lambda *given: Tired(name, first, *given))
    yield from refused_wrongly(contract, rule, f"A change of {rule.name}")


def _is_always_sent(contract: Contract, rule: Immutable) -> bool:
    """Whether some operation takes no change without the property."""
    changes = [contract.operations[key] for key in doing(contract, rule.collection, "update", "replace")]
    medias = [(one, one.json_body) for one in changes]
    schemas = [document_schema(contract, one, media) for one, media in medias if media is not None]
    return any(rule.name in required_names(contract, schema) for schema in schemas)


def _states(contract: Contract, rule: Immutable) -> Iterator[tuple[str, Any]]:
    """The properties that have states a change leads to, each with the one that documents begin in."""
    changes = [sendable(contract, contract.operations[key]) for key in doing(contract, rule.collection, "update")]
    for name, schema in settable(contract, rule.collection, "create").items():
        states = schema.get("enum") or []
        if name != rule.name and len(states) > 1 and any(name in one for one in changes):
            yield name, schema.get("default", states[0])


class Touchy(ImmutableKeeper):
    """Refuses whatever names the property."""

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether the change names it."""
        is_named = before is not None and self.rule.name in touched
        return Broken(self.rule, "cannot be changed") if is_named else None


class Tired(ImmutableKeeper):
    """Looks at documents in their first state alone.

    Args:
        name: the property that has the state.
        first: the state.
        given: what a keeper is made of.
    """

    def __init__(self, name: str, first: object, *given: Any) -> None:
        super().__init__(*given)
        self._name, self._first = name, first

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether the value differs, where the document is in its first state."""
        is_later = before is not None and before.get(self._name, self._first) != self._first
        return None if is_later else super().broken(after, before, touched, view)


class Ignoring(ImmutableKeeper):
    """Puts the stored value back, and says nothing."""

    def change(self, before: Document, after: Document) -> None:
        """Whatever the change said."""
        if self.rule.name in before:
            after[self.rule.name] = before[self.rule.name]
