"""Which cases there are: for each rule of the contract, and for each check that needs none; breadth first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest

from specdouble.contract import CollectionRule
from specdouble.verify.attack import attack_of
from specdouble.verify.case import Case, Missing
from specdouble.verify.checks import (
    authentication,
    concurrency,
    deletion,
    derived_values,
    filtering,
    header_fields,
    idempotency,
    nesting,
    paging,
    patching,
    programs,
    random,
    refusals,
    replacement,
    representations,
    singletons,
    texts,
    versions,
    writes,
)
from specdouble.verify.session import Session

# What there is for each collection, whatever its rules.
OF_SUBJECTS = (
    writes.plan,
    refusals.plan,
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
    header_fields.plan,
    representations.plan,
    idempotency.plan,
    programs.plan,
)


def plan(session: Session) -> list[Case | Missing]:
    """Every case of every rule and check, in no order yet."""
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


def breadth_first(cases: Iterable[Case]) -> Iterator[Case]:
    """Each promise of each check once before any of them a second time; those in the end that look for the rest."""
    promises: dict[tuple[str, str], list[Case]] = {}
    cases = list(cases)
    for case in cases:
        if not case.last:
            promises.setdefault((case.check, case.promise), []).append(case)
    rounds = zip_longest(*promises.values())
    found = (case for case in chain.from_iterable(rounds) if case is not None)
    return chain(found, (case for case in cases if case.last))
