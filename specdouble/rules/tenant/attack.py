"""Tenants: an organization's documents do not exist for a user of another one."""

from __future__ import annotations

from operator import attrgetter

from specdouble.rules.tenant.rule import Tenant
from specdouble.verify.attack import Attack
from specdouble.verify.case import Missing, Plan
from specdouble.verify.checks import isolation
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject


def plan(session: Session, subject: Subject, rule: Tenant) -> Plan:
    """The cases of one rule."""
    pairs = session.crowd.foreigners()
    yield from isolation.plan(session, subject, rule, held_by=attrgetter("tenant"))
    if subject.creators and len(session.crowd) and not pairs:
        known = {user.tenant for user in session.crowd if user.tenant is not None}
        why = "they are of one" if known else "theirs are not known: `tenant` in their entries says them"
        reason = f"needs users of two organizations in [tool.specdouble.verify]; {why}"
        yield Missing(rule.id, reason, decisive=True)


ATTACK = Attack(plan, shows="access")
