"""Which cases there are: for each rule of the contract, and for each check that needs none; breadth first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from typing import Any

from specdouble.contract import (
    Default,
    Immutable,
    Owner,
    ReadOnly,
    References,
    Rule,
    Tenant,
    Timestamp,
    Transitions,
    Unique,
)
from specdouble.verify.case import Case, Missing, Plan
from specdouble.verify.checks import (
    authentication,
    ownership,
    properties,
    random,
    references,
    refusals,
    texts,
    timestamps,
    unique,
    writes,
)
from specdouble.verify.subject import Subject
from specdouble.verify.world import World


def plan(world: World) -> list[Case | Missing]:
    """Every case of every rule and check, in no order yet."""
    found: list[Case | Missing] = []
    for rule in world.contract.rules.values():
        found += _of_rule(world, world.subjects[rule.collection], rule)
    for subject in world.subjects.values():
        for module in (writes.plan, refusals.plan, refusals.plan_reads, random.plan):
            found += module(world, subject)
    found += refusals.plan_malformed(world)
    found += texts.plan(world)
    found += authentication.plan(world)
    return [one for one in found if not isinstance(one, Case) or _wanted(world, one)]


def _of_rule(world: World, subject: Subject, rule: Rule) -> Plan:
    planners: dict[type[Rule], Any] = {
        Unique: unique.plan, References: references.plan, Owner: ownership.plan, Tenant: ownership.plan,
        ReadOnly: properties.plan_read_only, Default: properties.plan_default,
        Immutable: properties.plan_immutable, Transitions: properties.plan_transitions, Timestamp: timestamps.plan,
    }  # fmt: skip
    planner = planners.get(type(rule))
    if planner is None:
        return iter([Missing(rule.id, f"no check knows rules of the kind {rule.kind}")])
    found: Plan = planner(world, subject, rule)
    return found


def _wanted(world: World, case: Case) -> bool:
    return world.selection.takes(case.check) and world.selection.concerns(case.operations)


def breadth_first(cases: Iterable[Case]) -> Iterator[Case]:
    """Each promise of each check once before any of them a second time."""
    promises: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        promises.setdefault((case.check, case.promise), []).append(case)
    rounds = zip_longest(*promises.values())
    return (case for case in chain.from_iterable(rounds) if case is not None)
