"""Whatever a verification sends, documents of others are as they were."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import Settings, verify
from specdouble.verify.conformance.engine import HOOK_ERROR, Conformance
from specdouble.verify.settings import PHASES
from tests.guard.inventory import Inventory

HERE = Path(__file__).parent


@pytest.fixture
def contract() -> Contract:
    """The contract of the inventory."""
    return read(HERE / "openapi.yaml")


@pytest.fixture
def inventory() -> Iterator[Inventory]:
    """The inventory, running."""
    with Inventory() as running:
        yield running


SLOW = [pytest.param(phase, marks=pytest.mark.slow) for phase in PHASES if phase != "coverage"]


@pytest.mark.parametrize("phase", ["coverage", *SLOW])
def test_no_phase_touches_what_was_there_before(contract: Contract, inventory: Inventory, phase: str) -> None:
    before = inventory.others()
    verify(contract, Settings(url=inventory.url, phases=(phase,), max_examples=25))
    assert inventory.others() == before
    assert any(line.startswith(("POST", "PUT")) for line in inventory.requests)


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["fuzzing", "stateful"])
def test_a_request_that_is_held_back_ends_its_case_alone(
    contract: Contract, inventory: Inventory, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    troubles = []
    monkeypatch.setattr(Conformance, "_not_tried", lambda _, event: troubles.append(event.info.title))
    verify(contract, Settings(url=inventory.url, phases=(phase,), max_examples=25))
    assert HOOK_ERROR not in troubles


@pytest.mark.slow
def test_nothing_is_left_over(contract: Contract, inventory: Inventory) -> None:
    verdict = verify(contract, Settings(url=inventory.url))
    assert (verdict.left, inventory.own()) == ([], [])


@pytest.mark.slow
def test_what_would_harm_others_is_sent_where_it_is_allowed(contract: Contract, inventory: Inventory) -> None:
    verify(contract, Settings(url=inventory.url, phases=("coverage",), allow_destructive=True))
    assert "POST /shutdown" in inventory.requests


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
def test_an_excluded_operation_is_never_sent(contract: Contract, inventory: Inventory, phase: str) -> None:
    settings = Settings(
        url=inventory.url, phases=(phase,), exclude=("listPeople", "createItem"), allow_destructive=True
    )
    verify(contract, settings)
    assert not {"GET /people", "POST /items"} & set(inventory.requests)


@pytest.mark.slow
def test_an_operation_that_schemathesis_toml_switches_off_is_never_sent(inventory: Inventory, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_bytes((HERE / "openapi.yaml").read_bytes())
    (tmp_path / "schemathesis.toml").write_text('[[operations]]\ninclude-name = "POST /items"\nenabled = false\n')
    verify(read(tmp_path), Settings(url=inventory.url))
    assert "POST /items" not in inventory.requests


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.1, 1, 2, 3, 5])
def test_a_run_that_is_killed_leaves_a_list_of_what_it_created(
    inventory: Inventory, tmp_path: Path, moment: float
) -> None:
    before, file = inventory.others(), tmp_path / "left.jsonl"
    command = [str(Path(sys.executable).parent / "specdouble"), "verify", str(HERE / "openapi.yaml")]
    nowhere = subprocess.DEVNULL
    told = ["--url", inventory.url, "--yes", "--leftovers", str(file)]
    run = subprocess.Popen([*command, *told], stdout=nowhere, stderr=nowhere)
    deadline = time.monotonic() + 60
    while not inventory.own() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(moment)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    time.sleep(0.3)
    entries = [json.loads(line) for line in file.read_text().splitlines() if line.endswith("}")]
    listed = {str(one["created"]) for one in entries if one.get("created")}
    answered = {one["answered"] for one in entries if "answered" in one}
    unsure = [one for one in entries if "sending" in one and one["sending"] not in answered]
    there = {str(key) for key in inventory.items if key >= 40} | {k for k in inventory.people if len(k) > 4}
    assert len(there - listed) <= len(unsure)
    assert inventory.others() == before
