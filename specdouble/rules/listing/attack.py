"""Lists: pages that together show every document once, filters and orders, by the parameters that a rule names."""

from __future__ import annotations

from specdouble.rules.listing.rule import ListParameters
from specdouble.verify.attack import Attack
from specdouble.verify.case import Missing, Plan
from specdouble.verify.checks import filtering, paging
from specdouble.verify.session import Session


def plan(session: Session, _subject: None, rule: ListParameters) -> Plan:
    """The cases of one rule."""
    subject = session.subjects[session.contract.actions[rule.operation].collection]
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}", decisive=True)
        return
    subject = subject.seen_in(session.contract.operations[rule.operation])
    yield from paging.cases(subject, rule.id)
    yield from filtering.cases(session, subject, rule.id)


ATTACK = Attack(plan)
