"""Tenants: an organization's documents do not exist for a user of another one."""

from __future__ import annotations

from operator import attrgetter

from specdouble.rules.tenant.rule import Tenant
from specdouble.verify.attack import Attack
from specdouble.verify.case import Missing, Plan
from specdouble.verify.checks import isolation
from specdouble.verify.subject import Subject
from specdouble.verify.world import World


def plan(world: World, subject: Subject, rule: Tenant) -> Plan:
    """The cases of one rule."""
    pairs = world.crowd.foreigners()
    yield from isolation.plan(world, subject, rule, pairs, told=attrgetter("tenant"))
    if subject.creators and len(world.crowd) and not pairs:
        known = {user.tenant for user in world.crowd if user.tenant is not None}
        why = "they are of one" if known else "theirs are not known: `tenant` in their entries says them"
        reason = f"needs users of two organizations in [tool.specdouble.verify]; {why}"
        yield Missing(rule.id, reason, decisive=True)


ATTACK = Attack(plan)
