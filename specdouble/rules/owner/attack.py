"""Owners: a user's documents do not exist for another user, not for a colleague either."""

from __future__ import annotations

from operator import attrgetter

from specdouble.rules.owner.rule import Owner
from specdouble.verify.attack import Attack
from specdouble.verify.case import Missing, Plan
from specdouble.verify.checks import isolation
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject


def plan(session: Session, subject: Subject, rule: Owner) -> Plan:
    """The cases of one rule."""
    crowd = session.crowd
    yield from isolation.plan(session, subject, rule, held_by=attrgetter("id"))
    if subject.creators and len(crowd) == 1:
        yield Missing(rule.id, "needs another user in [tool.specdouble.verify]", decisive=True)
    elif subject.creators and len(crowd) and not crowd.colleagues():
        yield Missing(rule.id, "within an organization: needs a second user of the same one in the settings")


ATTACK = Attack(plan, shows="access")
