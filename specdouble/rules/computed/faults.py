"""What is computed stands still, is off by a little, or is made of other things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract
from specdouble.contract.expression_tree import Call, Node, replaced, text_of, walk
from specdouble.double.state.keeper import Document
from specdouble.prove.change import kept, kept_as, unkept
from specdouble.prove.facts import changers, creators, kind_of, rules_of, sendable, unwritten
from specdouble.prove.fault import Fault, Mutants, mutants_of_rule
from specdouble.rules.computed.keep import ComputedKeeper
from specdouble.rules.computed.rule import Computed

_BESIDE = {"_+_": "_-_", "_-_": "_+_", "_*_": "_+_", "_/_": "_*_"}


def mutants(contract: Contract) -> Mutants:
    """The mutants of every computed property."""
    for rule in rules_of(contract, Computed):
        yield from mutants_of_rule(rule, _faults(contract, rule), unwritten(contract, rule.collection))


def _faults(contract: Contract, rule: Computed) -> Iterator[Fault]:
    name = rule.name
    yield "missing", f"{name} is not computed.", unkept(rule)
    yield "off", f"{name} is a little off.", kept(rule, Off)
    is_number = kind_of(contract.resources[rule.collection].properties[name]) in ("number", "integer")
    for program in [*_one_beside(rule.compiled.tree)][: int(is_number)]:
        yield "another", f"{name} is `{program}`.", kept_as(rule, replace(rule, program=program))
    reads = rule.reads or frozenset()
    ids = changers(contract, rule.collection)
    changed = any(reads & sendable(contract, contract.operations[key]).keys() for key in ids)
    if changed and creators(contract, rule.collection):
        yield "stale", f"{name} is computed for new documents alone: a change leaves it.", kept(rule, Stale)


def _one_beside(tree: Node) -> Iterator[str]:
    """The expression with another sign."""
    for node in walk(tree):
        if isinstance(node, Call) and node.function in _BESIDE:
            yield text_of(replaced(tree, node, replace(node, function=_BESIDE[node.function])))


class Off(ComputedKeeper):
    """Computes a little more, or something else."""

    def compute(self, document: Document) -> None:
        """Set what is not it."""
        super().compute(document)
        value: Any = document.get(self.rule.name)
        if isinstance(value, bool):
            document[self.rule.name] = not value
        elif isinstance(value, int | float):
            document[self.rule.name] = value + 1
        elif isinstance(value, str):
            document[self.rule.name] = value + "."


class Stale(ComputedKeeper):
    """Computes once."""

    def change(self, before: Document, after: Document) -> None:
        """Nothing: it stays."""
        if self.rule.name in before:
            after[self.rule.name] = before[self.rule.name]
