"""Which cases there are: for each rule of the contract, and for each check that needs none, in no order yet."""

from __future__ import annotations

from specdouble.contract import CollectionRule
from specdouble.verify.attack import attack_of
from specdouble.verify.case import Case, Missing
from specdouble.verify.checks import (
    aftermath,
    authentication,
    bulk,
    concurrency,
    deletion,
    derived_values,
    filtering,
    header_fields,
    idempotency,
    nesting,
    offences,
    paging,
    patching,
    programs,
    random,
    refusals,
    replacement,
    representations,
    singletons,
    texts,
    totals,
    versions,
    writes,
)
from specdouble.verify.session import Session

# What there is for each collection, whatever its rules.
OF_SUBJECTS = (
    writes.plan,
    bulk.plan,
    refusals.plan,
    aftermath.plan,
    offences.plan,
    refusals.plan_reads,
    refusals.plan_queries,
    refusals.plan_unknown,
    random.plan,
    nesting.plan,
    paging.plan,
    filtering.plan,
    deletion.plan,
    patching.plan,
    replacement.plan,
    singletons.plan,
    concurrency.plan,
    versions.plan,
    derived_values.plan,
    totals.plan,
    header_fields.plan,
    representations.plan,
    idempotency.plan,
    programs.plan,
)


def plan(session: Session) -> list[Case | Missing]:
    """Every case of every rule and check."""
    found: list[Case | Missing] = []
    for rule in session.contract.rules.values():
        subject = session.subjects[rule.collection] if isinstance(rule, CollectionRule) else None
        planned = list(attack_of(rule).plan(session, subject, rule))
        found += planned or [Missing(rule.id, "nothing that the contract declares shows whether it is kept")]
    for subject in session.subjects.values():
        for of_subject in OF_SUBJECTS:
            found += of_subject(session, subject)
    found += refusals.plan_malformed(session)
    found += patching.plan_media(session)
    found += texts.plan(session)
    found += authentication.plan(session)
    return [one for one in found if not isinstance(one, Case) or _wanted(session, one)]


def _wanted(session: Session, case: Case) -> bool:
    return session.selection.takes(case.check) and session.selection.concerns(case.operations)
