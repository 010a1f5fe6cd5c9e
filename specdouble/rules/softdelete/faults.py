"""Deleted documents that somebody finds, documents that a client deletes by a property, and names of the dead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specdouble.contract import Contract, PropertyRule
from specdouble.double.state.keeper import Document
from specdouble.prove.change import kept, kept_as, unscoped
from specdouble.prove.facts import changers, creators, doing, rules_of, sendable
from specdouble.prove.fault import Fault, Mutant, Mutants, mutants_of_rule
from specdouble.prove.mutants import isolation
from specdouble.rules.softdelete.keep import GONE, SoftDeleteKeeper
from specdouble.rules.softdelete.rule import SoftDelete


def mutants(contract: Contract) -> Mutants:
    """The mutants of every collection whose documents are marked where they are deleted."""
    for rule in rules_of(contract, SoftDelete):
        why = "" if doing(contract, rule.collection, "delete") else f"no operation deletes {rule.collection}"
        yield from _found(contract, rule, why)
        yield from mutants_of_rule(rule, _named(rule), why or _nameless(contract, rule))
        yield from mutants_of_rule(rule, _unmarked(rule), why or _untold(contract, rule))
        yield from mutants_of_rule(rule, _settable(rule), _unsendable(contract, rule))


def _found(contract: Contract, rule: SoftDelete, why: str) -> Mutants:
    """For each operation on documents, that it finds those which were deleted."""
    resource = contract.resources[rule.collection]
    for key, does in isolation.operations(contract, resource):
        sentence = f"Who tries to {does} documents of {rule.collection} meets those that were deleted, too."
        change = unscoped((key,), rule.collection, {GONE})
        target = f"{key}.{rule.name}"
        yield Mutant(f"{rule.kind}.found", target, sentence, change, (rule.id,), (key,), why)


def _named(rule: SoftDelete) -> Iterator[Fault]:
    if rule.names == "free":
        sentence = f"The unique values of a deleted document of {rule.collection} stay taken."
        yield "names-taken", sentence, kept_as(rule, replace(rule, names="taken"))
    else:
        sentence = f"Another document of {rule.collection} may have the unique values of a deleted one."
        yield "names-free", sentence, kept_as(rule, replace(rule, names="free"))


def _nameless(contract: Contract, rule: SoftDelete) -> str:
    """Why nothing shows whose names are free; empty where documents have some that are unique."""
    rules = contract.resources[rule.collection].rules
    is_unique = any(one.refuses and isinstance(one, PropertyRule) and one.identifies for one in rules)
    if not creators(contract, rule.collection):
        return f"no operation creates documents of {rule.collection}"
    return "" if is_unique else f"nothing of the documents of {rule.collection} is unique"


def _unmarked(rule: SoftDelete) -> Iterator[Fault]:
    sentence = f"The answer to the deletion of a document of {rule.collection} shows it without {rule.name}."
    yield "not-told", sentence, kept(rule, Silent)


def _untold(contract: Contract, rule: SoftDelete) -> str:
    """Why nobody is told that a document was deleted; empty where the answer to the deletion shows it."""
    for key in doing(contract, rule.collection, "delete"):
        operation = contract.operations[key]
        response = operation.response(operation.success)
        if response is not None and response.content:
            return ""
    return f"the answer to a deletion shows nothing of a document of {rule.collection}"


def _settable(rule: SoftDelete) -> Iterator[Fault]:
    sentence = f"A client deletes a document of {rule.collection} by writing {rule.name}."
    yield "set-by-clients", sentence, kept(rule, Settable)


def _unsendable(contract: Contract, rule: SoftDelete) -> str:
    """Why no client can write the property; empty where one can."""
    ids = [*creators(contract, rule.collection), *changers(contract, rule.collection)]
    taking = [sendable(contract, contract.operations[key]) for key in ids]
    if any(rule.name in taken and taken[rule.name].get("readOnly") is not True for taken in taking):
        return ""
    return f"no operation takes {rule.name} of a document of {rule.collection}"


class Silent(SoftDeleteKeeper):
    """Marks a document where nobody sees it."""

    def retire(self, document: Document) -> None:
        """The mark alone, which stays through `key`."""
        document[GONE] = True

    def key(self, document: Document) -> None:
        """The mark as it is, and no unique value of what has it."""
        if GONE in document:
            marked = {**document, self.rule.name: True}
            super().key(marked)
            for field in document.keys() - marked.keys():
                del document[field]


class Settable(SoftDeleteKeeper):
    """Takes a client's word for it."""

    fixed = False

    def create(self, document: Document, now: str) -> None:
        """Whatever the client says."""
