"""Rules that are kept as long as a document is in its first state, and forgotten in the next."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.contract import CollectionRule, Contract, PropertyRule, Resource
from specdouble.prove.change import kept_where
from specdouble.prove.facts import IsFirst, changers, creators, lifecycles, sendable
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.verify.attack import attack_of


def mutants(contract: Contract) -> Mutants:
    """The mutants of every rule that a change can break, where documents begin in a state."""
    for resource in contract.resources.values():
        for name, is_first in lifecycles(resource) if creators(contract, resource.collection) else ():
            for rule in _changeable(contract, resource):
                sentence = f"{rule.id} is forgotten once {name} is another than at the beginning."
                yield Mutant("state.forgotten", rule.id, sentence, _forgotten(rule, name, is_first), (rule.id,))


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


def _forgotten(rule: CollectionRule, name: str, is_first: IsFirst) -> Change:
    return kept_where(rule, lambda _after, before: before is None or is_first(before.get(name)))
