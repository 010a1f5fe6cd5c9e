"""Contracts drawn at random: the double and the verifier agree on each, and each rule of it was put to the test.

Where they do not, one of the two is wrong by OpenAPI, HTTP or docs/design.md. What was found so stands in `contracts`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.server import Server
from specdouble.prove.bench import Bench, Options
from specdouble.prove.result import EQUIVALENT, KILLED, Clean
from specdouble.verify.settings import load
from specdouble.verify.verdict import KEPT
from specdouble.verify.verification import verify
from tests.abroad.drafts import Draft, drawn

QUICK = 8
SLOW = 300
WHOLE = 100  # of these, with all phases
SEED = 1
BATCH = 20  # one seed's drafts are varied up to here, and begin to resemble each other after
PROVED = 10


def draft_of(number: int) -> Draft:
    """The draft of that number, of all seeds in a row."""
    return drawn(SEED + number // BATCH, BATCH)[number % BATCH]


def disagreements(folder: Path, examples: int, phases: tuple[str, ...]) -> list[str]:
    """What lint finds, what fails on the double, and which rules nothing was proved about."""
    contract = read(folder)
    if contract.findings:
        return [str(finding) for finding in contract.findings]
    settings = load(folder, seed=1, yes=True, max_examples=examples, phases=phases)
    with Server(Double(DoubleSettings(folder)), "127.0.0.1", 0).running() as url:
        verdict = verify(contract, replace(settings, url=url))
    rows = verdict.rows.values()
    unproved = [f"{row.check} is not exercised: {row.reason}" for row in rows if ":" in row.check and row.state != KEPT]
    return [f"{failure.promise}: {failure.sentence}" for failure in verdict.failures] + unproved


@pytest.mark.parametrize("number", range(QUICK))
def test_double_and_verifier_agree_on_a_drawn_contract(number: int, tmp_path: Path) -> None:
    draft = draft_of(number)
    assert disagreements(draft.write(tmp_path), 1, ("rules", "coverage")) == [], draft


@pytest.mark.slow
@pytest.mark.parametrize("number", range(SLOW))
def test_double_and_verifier_agree_on_any_drawn_contract(number: int, tmp_path: Path) -> None:
    """The first hundred with all phases; the others with those that hold each rule and each keyword of a schema.

    Shapes, ids, envelopes, statuses and rules are what is drawn, and rules and coverage try all of them; what is drawn
    for fuzzing beside is the same for three drafts of one kind.
    """
    draft = draft_of(number)
    whole = ("rules", "examples", "coverage", "fuzzing", "stateful")
    examples, phases = (5, whole) if number < WHOLE else (1, ("rules", "coverage"))
    assert disagreements(draft.write(tmp_path), examples, phases) == [], draft


@pytest.mark.slow
@pytest.mark.parametrize("number", range(PROVED))
def test_a_mutant_of_each_rule_that_was_drawn_is_killed(number: int, tmp_path: Path) -> None:
    bench = Bench(Options(draft_of(number).write(tmp_path)))
    rules = set(bench.contract.rules)
    by_rule = {one.concerns[0]: key for key, one in bench.mutants.items() if one.concerns and not one.equivalent}
    results = [bench.examine(by_rule[rule], Clean((), (), 0, 0.0)) for rule in sorted(rules & by_rule.keys())]
    assert [f"{one.id}: {one.reason}" for one in results if one.state not in (KILLED, EQUIVALENT)] == []
