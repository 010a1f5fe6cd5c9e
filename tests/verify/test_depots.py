"""Depots of crates: what a refused request leaves around, and what each operation in each state has to refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.prove.bench import Bench, Options
from specdouble.verify import Settings, verify
from specdouble.verify.case import Names
from specdouble.verify.verdict import Verdict
from tests.applications import serving
from tests.verify.depots import Depots

CONTRACT = Path(__file__).with_name("depots.yaml")
TRACE, DERIVED = Names.refused_leaves_no_trace, Names.derived_values
CARRIER, LABEL, VALUE = "references:crates.carrierId", "unique:crates.label", "validations:crates.value+weight"
ADDED, CHANGED, DUTY = "timestamp:crates.addedAt", "timestamp:crates.changedAt", "computed:crates.duty"
DEPOT_GONE, CRATE_GONE = "references:crates.depotId.onDelete", "references:seals.crateId.onDelete"
CARRIER_GONE = f"{CARRIER}.onDelete"
STATE = "transitions:crates.state"


def verdict_of(fault: str, *rules: str, manner: str = "") -> Verdict:
    with serving(Depots(fault, manner).app) as url:
        settings = Settings(url=url, rules=rules, phases=("rules",), yes=True, max_failures=1 if fault else None)
        return verify(read(CONTRACT), settings)


@pytest.mark.slow
@pytest.mark.parametrize("manner", ["", "shipped are fixed", "shipped stay", "stored count"])
def test_of_a_correct_server_nothing_is_said(manner: str) -> None:
    verdict = verdict_of("", manner=manner)
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []
    assert verdict.defects == {}


@pytest.mark.slow
def test_of_the_double_nothing_is_said() -> None:
    bench = Bench(Options(CONTRACT, seed=1))
    verdict = bench.verified(lambda parts: parts, bench.settings)
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []


def test_an_action_names_a_document_that_is_there() -> None:
    assert not verdict_of("", STATE).failures


@pytest.mark.parametrize(
    "fault",
    [
        "post reference: counts",
        "post validation: weighs",
        "post label: stores",
        "post limit: weighs",
        "post limit: takes label",
        "post limit: takes place",
        "put validation: takes label",
        "patch reference: counts",
        "patch reference: frees label",
        "patch limit: counts",
        "ship state: counts",
        "lose state: counts",
    ],
)
def test_what_a_refused_request_leaves_around_is_found(fault: str) -> None:
    assert {one.check for one in verdict_of(fault, TRACE).failures} == {TRACE}


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("later: no reference", CARRIER),
        ("later: no validation", VALUE),
        ("later: no label", LABEL),
        ("ship: no reference", CARRIER),
        ("several: no reference", CARRIER),
        ("several: no validation", VALUE),
        ("several: duty lacks", DUTY),
        ("several: added long ago", ADDED),
        ("later: time stands", CHANGED),
    ],
)
def test_what_one_operation_or_one_state_lets_pass_is_found(fault: str, rule: str) -> None:
    assert {one.check for one in verdict_of(fault, rule).failures} == {rule}


@pytest.mark.parametrize(
    ("fault", "rule", "told"),
    [
        ("shipped stay", DEPOT_GONE, DEPOT_GONE),
        ("lost not restricted", CRATE_GONE, CRATE_GONE),
        ("shipped forgotten", CARRIER_GONE, CARRIER_GONE),
        ("lost forgotten", CARRIER_GONE, CARRIER_GONE),
        ("several: forgotten", CARRIER_GONE, CARRIER_GONE),
        ("delete restrict: counts", CRATE_GONE, TRACE),
        ("delete restrict: frees label", CRATE_GONE, TRACE),
    ],
)
def test_what_a_deletion_forgets_of_a_state_or_does_though_refused_is_found(fault: str, rule: str, told: str) -> None:
    assert {one.check for one in verdict_of(fault, rule).failures} == {told}


@pytest.mark.parametrize(
    "fault",
    [
        "several: first weighs",
        "put: weight stands",
        "patch: weight stands",
        "move: old counts",
        "move: new does not",
        "weight stays",
        "shipped count",
    ],
)
def test_a_total_that_is_wrong_after_one_of_the_operations_is_found(fault: str) -> None:
    assert {one.check for one in verdict_of(fault, DERIVED).failures} == {DERIVED}


@pytest.mark.parametrize("fault", ["ship reference: counts", "several refused: takes label", "several refused: counts"])
def test_what_is_left_of_one_that_a_rule_refuses_is_found(fault: str) -> None:
    assert {one.check for one in verdict_of(fault, CARRIER).failures} == {TRACE}


@pytest.mark.slow
def test_the_mutants_of_states_and_of_what_is_left_are_killed() -> None:
    bench = Bench(Options(CONTRACT, seed=1))
    kinds = {"state.forgotten", "together.rule-unchecked", "references.in-one-state", "unique.taken-by-refused"}
    kinds.add("timestamp.not-moved-in-a-state")
    found = [one for one in bench.mutants.values() if one.kind in kinds and not one.equivalent]
    assert {one.kind for one in found} == kinds
    for mutant in found:
        about = replace(bench.settings, rules=mutant.concerns, phases=("rules",), max_failures=1)
        assert bench.verified(mutant.change, about).broken, mutant.id
