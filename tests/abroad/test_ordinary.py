"""Ordinary contracts: what a newcomer brings is clean, and its double passes its own verification.

Each contract stands for a kind: how ids are given, what a create answers, how lists are paged, how users are known.
A failure here is a false alarm of the verifier, or a fault of the double.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.server import Server
from specdouble.prove.bench import Bench, Options
from specdouble.prove.campaign import sample
from specdouble.prove.result import KILLED, SURVIVED, Clean
from specdouble.verify.identity import anybody
from specdouble.verify.settings import load
from specdouble.verify.verdict import KEPT, Verdict
from specdouble.verify.verification import verify
from tests.contracts import FOLDER as OTHERS

CONTRACTS = Path(__file__).parent / "contracts"
NAMES = sorted(path.name for path in CONTRACTS.iterdir() if not path.name.startswith("."))
ELSEWHERE = sorted(path.stem for path in OTHERS.glob("*.yaml"))  # contracts that other tests are about
# One for each way in which a document is created and named: quick enough for every run.
QUICK = ["pets-behind-bearer.yaml", "countries-read-only.yaml"]
PROVED = [
    "chores.yaml", "memos-changed-without-answer.yaml", "orders-of-clients.yaml", "tickets-with-states.yaml",
    "invoices-in-envelopes.yaml",
]  # fmt: skip
MUTANTS = 20
DRAWN = ("rules", "fuzzing", "stateful")  # the phases whose requests a seed changes


def verified(path: Path, seed: int, **told: Any) -> Verdict:
    """Verify the double of a contract as `specdouble serve` and `specdouble verify --url` do."""
    settings = load(path if path.is_dir() else path.parent, seed=seed, yes=True, **told)
    with Server(Double(DoubleSettings(path)), "127.0.0.1", 0).running() as url:
        contract = read(path)
        return verify(contract, replace(settings, url=url, users=settings.users or anybody(contract)))


@pytest.mark.parametrize("name", NAMES)
def test_an_ordinary_contract_is_clean(name: str) -> None:
    assert [str(finding) for finding in read(CONTRACTS / name).findings] == []


@pytest.mark.parametrize("name", QUICK)
def test_the_double_of_an_ordinary_contract_passes(name: str) -> None:
    assert [failure.sentence for failure in verified(CONTRACTS / name, 1).failures] == []


def test_nothing_that_is_no_failure_is_shrunk_and_tried_again() -> None:
    """A double takes whoever asks: that would be a failure of each operation, and dropped in the end."""
    verdict = verified(CONTRACTS / "pets-behind-bearer.yaml", 1, phases=("fuzzing", "stateful"), max_examples=2)
    assert {label: counts["failures"] for label, counts in verdict.operations.items() if counts["failures"]} == {}
    assert verdict.cases > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_the_double_of_an_ordinary_contract_passes_at_every_seed(name: str, seed: int) -> None:
    """The first seed has all phases; the others those that a seed changes, with a third of the examples.

    What is listed (examples, coverage) is the same at each seed. Two more runs in full were two thirds of the time that
    this module took, and found what the first one finds.
    """
    told: dict[str, Any] = {} if seed == 1 else {"phases": DRAWN, "max_examples": 5}
    verdict = verified(CONTRACTS / name, seed, **told)
    unproved = [f"{row.check}: {row.reason}" for row in verdict.rows.values() if ":" in row.check and row.state != KEPT]
    assert [failure.sentence for failure in verdict.failures] + unproved == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_double_of_a_contract_of_other_tests_passes(name: str) -> None:
    assert [failure.sentence for failure in verified(OTHERS / f"{name}.yaml", 1).failures] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PROVED)
def test_faults_of_an_ordinary_double_are_found(name: str) -> None:
    bench = Bench(Options(CONTRACTS / name))
    mutants = sample(list(bench.mutants.values()), MUTANTS, seed=1)
    results = [bench.examine(mutant.id, Clean((), (), 0, 0.0)) for mutant in mutants]
    survived = [f"{one.id}: {one.reason}" for one in results if one.state == SURVIVED]
    killed = sum(one.state == KILLED for one in results)
    assert killed >= 0.95 * (killed + len(survived)), survived
