"""Documents that another organization's users, or anybody, may see or change."""

from __future__ import annotations

from specdouble.contract import Contract, PropertyRule, Resource
from specdouble.prove.change import unscoped
from specdouble.prove.facts import rules_of
from specdouble.prove.fault import Mutant, Mutants
from specdouble.prove.mutants import isolation
from specdouble.rules.tenant.rule import Tenant


def mutants(contract: Contract) -> Mutants:
    """The mutants of every tenant."""
    for rule in rules_of(contract, Tenant):
        resource = contract.resources[rule.collection]
        why = _told_by_the_owner(contract, resource)
        yield from isolation.of_rule(contract, resource, rule, "Another organization's user", why)
        if resource.owner:
            yield from _open(contract, resource, rule)
        else:
            yield from isolation.disclosed(contract, resource, rule)


def _told_by_the_owner(contract: Contract, resource: Resource) -> str:
    """Why the owner tells the tenant, where each user has one of either; empty where it does not."""
    if not resource.owner or not _is_of_users(contract, resource):
        return ""
    return f"{resource.owner} is checked too, and a user belongs to one {resource.tenant}: nobody else has both"


def _is_of_users(contract: Contract, resource: Resource) -> bool:
    claimed = [identity.claims for identity in contract.identities.values()]
    return all(resource.owner in claims and resource.tenant in claims for claims in claimed)


def _open(contract: Contract, resource: Resource, rule: Tenant) -> Mutants:
    """Where owner and tenant are both checked, one hides that the other is not."""
    assert resource.owner is not None
    concerns = tuple(one.id for one in resource.of(PropertyRule) if one.hides)
    for key, does in isolation.operations(contract, resource):
        change = unscoped((key,), resource.collection, {resource.owner, rule.name})
        sentence = f"Anybody who is signed in can {does} a document of {resource.collection}."
        yield Mutant("tenant.open-to-all", f"{key}.{rule.name}", sentence, change, concerns, (key,))
