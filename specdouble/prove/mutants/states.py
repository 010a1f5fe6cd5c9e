"""Rules that are kept as long as a document is in its first state, and forgotten in the next."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.contract import CollectionRule, Contract, PropertyRule, Resource
from specdouble.double.state.keeper import Document
from specdouble.prove.change import kept_where
from specdouble.prove.facts import changers, creators, sendable
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.verify.attack import Attack, attack_of


def mutants(contract: Contract) -> Mutants:
    """The mutants of every rule that a change can break, where documents begin in a state."""
    for resource in contract.resources.values():
        for lifecycle, attack in _lifecycles(resource) if creators(contract, resource.collection) else ():
            for rule in _changeable(contract, resource):
                sentence = f"{rule.id} is forgotten once {lifecycle.name} is another than at the beginning."
                yield Mutant("state.forgotten", rule.id, sentence, _forgotten(rule, lifecycle, attack), (rule.id,))


def _lifecycles(resource: Resource) -> Iterator[tuple[PropertyRule, Attack]]:
    """The states in which not every document may begin."""
    for rule in resource.of(PropertyRule):
        attack = attack_of(rule)
        begins = attack.begins
        states = attack.states(rule) if attack.states is not None and begins is not None else ()
        if not all(begins is not None and begins(rule, state) for state in states):
            yield rule, attack


def _changeable(contract: Contract, resource: Resource) -> Iterator[CollectionRule]:
    """The rules that a change can break, and that no index of the store keeps beside."""
    ids = changers(contract, resource.collection)
    for rule in resource.rules:
        attack, names = attack_of(rule), _names(rule)
        can_be_sent = any(names <= sendable(contract, contract.operations[key]).keys() for key in ids)
        if attack.offend is not None and not attack.once and names and can_be_sent:
            yield rule


def _names(rule: CollectionRule) -> frozenset[str]:
    """The properties that it speaks of; none where it may be all."""
    if isinstance(rule, PropertyRule):
        return frozenset({rule.name})
    found: frozenset[str] | None = getattr(rule, "names", None)
    return found or frozenset()


def _forgotten(rule: CollectionRule, lifecycle: PropertyRule, attack: Attack) -> Change:
    def is_kept(_after: Document, before: Document | None) -> bool:
        assert attack.begins is not None
        return before is None or bool(attack.begins(lifecycle, before.get(lifecycle.name)))

    return kept_where(rule, is_kept)
