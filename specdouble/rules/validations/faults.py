"""Validations that are not asked, not always, or of something else than of what is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract
from specdouble.contract.expression_tree import Call, Node, replaced, text_of, walk
from specdouble.double.state.documents import Collection as Documents
from specdouble.double.state.keeper import Document, View
from specdouble.double.state.problem import Broken, Refusal
from specdouble.prove.change import keeping, kept, kept_as, refused_wrongly, sent, unkept
from specdouble.prove.facts import changers, creators, rules_of, sendable
from specdouble.prove.fault import Fault, Mutants, mutants_of_rule
from specdouble.rules.validations.keep import ValidationsKeeper
from specdouble.rules.validations.rule import Validation

_BESIDE = {"_<_": "_<=_", "_<=_": "_<_", "_>_": "_>=_", "_>=_": "_>_"}


def mutants(contract: Contract) -> Mutants:
    """The mutants of every validation."""
    for rule in rules_of(contract, Validation):
        why = "" if _setting(contract, rule, _writers(contract, rule)) else _UNSET.format(rule.expression)
        yield from mutants_of_rule(rule, _faults(contract, rule), why)


_UNSET = "no operation sets what `{}` speaks of"


def _writers(contract: Contract, rule: Validation) -> list[str]:
    created = [] if rule.is_transition else creators(contract, rule.collection)
    return [*created, *changers(contract, rule.collection)]


def _setting(contract: Contract, rule: Validation, ids: Collection[str]) -> list[str]:
    """The operations of these whose bodies set what the rule reads."""
    names = rule.spelled_out(contract.resources[rule.collection]).names
    taken = {key: sendable(contract, contract.operations[key]).keys() for key in ids}
    return [key for key, known in taken.items() if names is None or names & known]


def _faults(contract: Contract, rule: Validation) -> Iterator[Fault]:
    told = f"`{rule.expression}`"
    yield "ignored", f"{told} is not asked.", unkept(rule)
    created = [] if rule.is_transition else _setting(contract, rule, creators(contract, rule.collection))
    changed = _setting(contract, rule, changers(contract, rule.collection))
    if created and changed:
        yield "on-create-alone", f"{told} is asked of new documents alone.", kept(rule, _OnCreateAlone)
        yield "on-update-alone", f"{told} is asked of changes alone.", kept(rule, _OnUpdateAlone)
    names = rule.spelled_out(contract.resources[rule.collection]).names
    if changed and not rule.path and names is not None and len(names) > 1:
        sentence = f"{told} is asked of what a change sends, and not of what comes of it."
        yield "on-the-patch", sentence, kept(rule, _OnThePatch)
    for number, program in enumerate(_one_beside(rule.compiled.tree)):
        kind = "boundary" if number == 0 else f"boundary-{number + 1}"
        yield kind, f"`{program}` is asked in the place of {told}.", kept_as(rule, replace(rule, program=program))
    if created:
        sentence = f"A document refused for {told} is kept all the same."
        yield "refused-but-stored", sentence, keeping(rule.collection, _late(rule))
    yield from refused_wrongly(contract, rule, f"What breaks {told}")


def _one_beside(tree: Node) -> Iterator[str]:
    """The expression with each of its bounds off by one: `<` for `<=`."""
    for node in walk(tree):
        if isinstance(node, Call) and node.function in _BESIDE:
            yield text_of(replaced(tree, node, replace(node, function=_BESIDE[node.function])))


class _OnCreateAlone(ValidationsKeeper):
    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        return super().broken(after, before, touched, view) if before is None else None


class _OnUpdateAlone(ValidationsKeeper):
    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        return None if before is None else super().broken(after, before, touched, view)


class _OnThePatch(ValidationsKeeper):
    """What is not sent is not looked at: where something is missing, nothing is asked."""

    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        names = self.rule.spelled_out(self.resource).names or frozenset()
        if before is not None and not names <= sent().keys():
            return None
        return super().broken(after, before, touched, view)


def _late(rule: Validation) -> type[Documents]:
    class Late(Documents):
        def insert_one(self, document: Document) -> Any:
            given = dict(document)
            try:
                return super().insert_one(document)
            except Refusal as refusal:
                if all(one.rule == rule for one in refusal.broken):
                    stored = self._rules.completed(self._rules.stored(given), self._user)
                    self._rules.key(stored)
                    self._documents.insert_one(stored)
                raise

    return Late
