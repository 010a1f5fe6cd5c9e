"""Tenants: an organization's documents do not exist for a user of another one."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from specdouble.rules.tenant.rule import Tenant
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks import isolation
from specdouble.verify.identity import User
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial


def plan(session: Session, subject: Subject, rule: Tenant) -> Plan:
    """The cases of one rule."""
    pairs = session.crowd.foreigners()
    yield from isolation.plan(session, subject, rule, held_by=attrgetter("tenant"))
    if not subject.creators and not rule.is_opened:
        for operation in subject.listers:
            for one, other in pairs:
                run = partial(_apart, subject=subject.seen_in(operation), rule=rule, one=one, other=other)
                promise = f"{operation} shows nothing that is another organization's"
                yield Case(rule.id, promise, run, f"{one.name}'s beside {other.name}'s", ids(operation))
    if subject.creators and len(session.crowd) and not pairs:
        known = {user.tenant for user in session.crowd if user.tenant is not None}
        why = "they are of one" if known else "theirs are not known: `tenant` in their entries says them"
        reason = f"needs users of two organizations in [tool.specdouble.verify]; {why}"
        yield Missing(rule.id, reason, decisive=True)


def _apart(trial: Trial, subject: Subject, rule: Tenant, one: User, other: User) -> None:
    """What no request makes is there before: a document of one organization is in the list of one of two alone."""
    own, others = (
        {str(entry[subject.key]): entry for entry in trial.listed(subject, user) if subject.key in entry}
        for user in (one, other)
    )
    if not own or not others:
        raise NotExercised(f"{subject.listers[0]} shows nothing to one of them")
    shared = next((key for key in own if key in others and own[key].get(rule.name) is not None), None)
    if shared is not None:
        told = f"{shared!r} of {rule.name} {own[shared][rule.name]!r} is in the lists of both"
        raise Broken(f"a document to be shown to {one.name} or to {other.name}", told)


ATTACK = Attack(plan, shows="access")
