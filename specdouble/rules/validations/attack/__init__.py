"""Validations: documents that keep all are accepted, those that break one are refused, and moments are instants."""

from __future__ import annotations

from specdouble.rules.validations.attack import offsets
from specdouble.rules.validations.attack.documents import keep, offend
from specdouble.rules.validations.attack.documents import plan as plan_documents
from specdouble.rules.validations.rule import Validation
from specdouble.verify.attack import Attack
from specdouble.verify.case import Plan
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject


def plan(_session: Session, subject: Subject, rule: Validation) -> Plan:
    """The cases of one rule."""
    yield from plan_documents(subject, rule)
    yield from offsets.plan(subject, rule)


ATTACK = Attack(plan, keep=keep, offend=offend)
