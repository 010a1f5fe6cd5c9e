"""The mutants against the verifier, over HTTP: which are killed, by what, and what the command makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from specdouble.prove.bench import Bench, Options
from specdouble.prove.campaign import sample
from specdouble.prove.result import KILLED, SURVIVED, Clean, Result
from specdouble.rules.default import attack
from specdouble.verify.fault_codes import fault_code
from specdouble.verify.verdict import KEPT
from tests.prove.expected import fits

ROOT = Path(__file__).parents[2]
CONTRACTS = Path(__file__).parent / "contracts"
LABELS = CONTRACTS / "labels"
CLEAN = Clean((), (), 0, 0.0)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A bench for the mutants of the reference project."""
    return Bench(Options(ROOT))


def prove(*given: str | Path, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-c", "from specdouble.cli import main; main()", "prove", *map(str, given)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout, env=environment)


def test_a_sample_of_mutants_is_killed_by_checks_that_fit(bench: Bench) -> None:
    results = [bench.examine(mutant.id, CLEAN) for mutant in sample(list(bench.mutants.values()), 18, seed=7)]
    assert [one.id for one in results if one.state != KILLED] == []
    assert [(one.id, one.killed_by) for one in results if not fits(one.id, one.killed_by)] == []


def test_a_survivor_is_told_why_and_what_would_kill_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verifier with a fault of its own: the check of defaults returns early."""
    monkeypatch.setattr(attack, "_left_out", lambda *_given, **_named: None)
    result = Bench(Options(LABELS)).examine("default.wrong:labels.colour", CLEAN)
    assert result.state == SURVIVED
    assert "default:labels.colour was kept in" in result.reason
    assert "tests/rules/" in result.remedy


def test_what_is_fixed_is_exercised_where_a_refusal_names_no_property() -> None:
    bench, rule = Bench(Options(CONTRACTS / "catalog", seed=1)), "immutable:products.sku"
    about = replace(bench.settings, rules=(rule,), phases=("rules",))
    assert bench.verified(lambda factories: factories, about).rows[rule].state == KEPT


@pytest.mark.parametrize("fault", ["write.delete-not-done", "write.delete-takes-all", "deletion.twice"])
def test_a_delete_with_which_others_go_has_its_faults_too(tmp_path: Path, fault: str) -> None:
    """What a rule has go with a document is written another way than a document that goes alone."""
    text = (CONTRACTS / "hotels" / "openapi.yaml").read_text()
    named = "code: {type: string, readOnly: true"
    file = tmp_path / "openapi.yaml"
    own, _, rooms = text.rpartition(named)
    file.write_text(f"{own}{named}, x-references: {{collection: hotels, onDelete: cascade}}{rooms}")
    assert Bench(Options(file, seed=1)).examine(f"{fault}:delete_hotel", CLEAN).state == KILLED


def test_a_put_that_says_each_time_that_it_creates_has_the_codes_of_both_ways_to_say_so() -> None:
    bench = Bench(Options(CONTRACTS / "hotels", seed=1))
    about = replace(bench.settings, rules=("replacement",), phases=("rules",))
    verdict = bench.verified(bench.mutants["replacement.creates-again:put_hotel"].change, about)
    assert sorted(filter(None, map(fault_code, verdict.failures))) == [115, 116]


@pytest.mark.slow
def test_the_command_reports_and_exits_by_the_score(tmp_path: Path) -> None:
    done = prove(
        LABELS, "--sample", "3", "--workers", "1", "--seed", "2",
        "--report", f"json={tmp_path / 'p.json'}", "--report", f"junit={tmp_path / 'p.xml'}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    assert "3 of 3 mutants killed: 100.0 %" in done.stdout
    told = json.loads((tmp_path / "p.json").read_text())
    assert told["score"] == 100
    assert len(told["mutants"]) == 3
    suite = ElementTree.parse(tmp_path / "p.xml").getroot()  # noqa: S314 - our own file
    assert suite.attrib["tests"] == "3"
    assert suite.attrib["failures"] == "0"


@pytest.mark.slow
def test_no_mutant_counts_for_which_there_was_no_time() -> None:
    done = prove("--max-time", "1", timeout=60)
    assert done.returncode == 3
    assert "no mutant was tried: the time was over" in done.stderr


def test_wrong_use_is_told_before_anything_runs() -> None:
    done = prove(CONTRACTS / "catalog", "--only", "nonsense")
    assert done.returncode == 2
    assert "no mutant's id begins with nonsense" in done.stderr


@pytest.mark.slow
def test_there_is_no_score_while_the_double_itself_does_not_conform(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text((LABELS / "openapi.yaml").read_text())
    rules = tmp_path / "tests" / "rules"
    rules.mkdir(parents=True)
    (rules / "own.py").write_text(
        "from specdouble.verify import Broken, rule\n\n"
        '@rule("nothing is ever good")\ndef never(trial):\n    raise Broken("good", "it is not")\n'
    )
    done = prove(tmp_path, "--only", "unique.dropped", "--workers", "1")
    assert done.returncode == 3
    assert "no score can be given" in done.stderr


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", ["root", "orders", "catalog", "labels", "hotels", "tracker"])
def test_every_mutant_that_can_be_seen_is_killed_and_none_by_accident(name: str, tmp_path: Path) -> None:
    folder = {"root": ROOT, "tracker": ROOT / "tests" / "tracker"}.get(name, CONTRACTS / name)
    fewer = ["--sample", "100"] if name == "tracker" else []  # it has nearly 600, which take a quarter of an hour
    done = prove(folder, *fewer, "--min-score", "0", "--report", f"json={tmp_path / 'prove.json'}")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "prove.json").read_text())
    results = [Result(**{**one, "killed_by": tuple(one["killed_by"])}) for one in told["mutants"]]
    survived = [one.id for one in results if one.state == SURVIVED]
    strays = [(one.id, one.killed_by) for one in results if one.state == KILLED and not fits(one.id, one.killed_by)]
    assert (told["score"], survived, strays) == (100, [], [])
    assert [one.id for one in results if one.state == "not run"] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("project", [ROOT, CONTRACTS / "orders", CONTRACTS / "catalog"], ids=lambda path: path.name)
def test_the_double_without_a_fault_passes(project: Path, seed: int) -> None:
    assert Bench(Options(project, seed)).clean().failures == ()


@pytest.mark.slow
@pytest.mark.parametrize("project", [ROOT, CONTRACTS / "orders", CONTRACTS / "catalog"], ids=lambda path: path.name)
def test_a_mutant_that_is_argued_to_be_equivalent_is_not_seen(project: Path) -> None:
    bench = Bench(Options(project, all=True))
    argued = [mutant for mutant in bench.mutants.values() if "no operation creates" not in mutant.equivalent]
    some = [mutant for mutant in argued if mutant.equivalent][::3]
    results = [bench.examine(mutant.id, CLEAN) for mutant in some]
    assert [(one.id, one.killed_by) for one in results if one.state == KILLED] == []
