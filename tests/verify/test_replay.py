"""A failure is played again: by a script that needs Python alone, and by the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from specdouble.contract import Contract
from specdouble.verify.replay_command import replay
from specdouble.verify.report.writing import write_reports
from specdouble.verify.verification import Show, run
from tests.backend import Backend
from tests.verify.conftest import settings

RULE = "default:lead_management.source"
FAULT = "default_source_other"


@pytest.fixture(scope="module")
def reports(contract: Contract, running: Backend, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run that found a fault."""
    running.switch([FAULT])
    folder = tmp_path_factory.mktemp("reports")
    files = {"json": folder / "report.json", "scripts": folder / "failures"}
    list(
        write_reports(
            run(contract, settings(running.url, reports=files, phases=("rules",), rules=(RULE,)), Show()), files
        )
    )
    return folder


def told(reports: Path) -> dict[str, Any]:
    failure: dict[str, Any] = json.loads((reports / "report.json").read_text())["failures"][0]
    return failure


def script(reports: Path, url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (file,) = (reports / "failures").glob("*.py")
    clean = {"PATH": os.environ["PATH"], **environment}
    # Isolated: nothing that is installed, and nothing of the working directory, may be imported.
    return subprocess.run(
        [sys.executable, "-I", "-S", file, url], capture_output=True, text=True, env=clean, timeout=60
    )


def command(reports: Path, *arguments: str) -> Result:
    given = [str(reports / "report.json"), *arguments, "--project", str(reports)]
    return CliRunner().invoke(replay, given, env={"ADA_PASSWORD": "ada-password"})


def test_a_script_exits_1_where_the_failure_shows_and_0_where_it_is_gone(reports: Path, backend: Backend) -> None:
    backend.switch([FAULT])
    shown = [script(reports, backend.url, ADA_PASSWORD="ada-password") for _ in range(2)]
    assert [one.returncode for one in shown] == [1, 1], shown[0].stdout + shown[0].stderr
    assert "Expected source to be" in shown[0].stdout
    backend.switch()
    assert script(reports, backend.url, ADA_PASSWORD="ada-password").returncode == 0


def test_a_script_asks_for_the_secret_that_it_needs_and_holds_none(reports: Path, backend: Backend) -> None:
    asked = script(reports, backend.url)
    assert (asked.returncode, "set the environment variable ADA_PASSWORD: the password of ada" in asked.stdout) == (
        2,
        True,
    )
    (file,) = (reports / "failures").glob("*.py")
    assert "ada-password" not in file.read_text()


def test_a_server_that_is_down_neither_shows_nor_clears_a_failure(reports: Path) -> None:
    with Backend() as gone:
        url = gone.url
    done = script(reports, url, ADA_PASSWORD="ada-password")
    assert (done.returncode, "does not answer" in done.stdout) == (3, True)


def test_the_command_plays_a_failure_of_the_report(reports: Path, backend: Backend) -> None:
    backend.switch([FAULT])
    identity = told(reports)["id"]
    assert command(reports, identity, "--url", backend.url).exit_code == 1
    backend.switch()
    assert command(reports, identity[:6], "--url", backend.url).exit_code == 0


@pytest.mark.parametrize("arguments", [["nonsense"], ["", "--url", "nonsense"]])
def test_what_cannot_be_played_is_wrong_use(reports: Path, arguments: list[str]) -> None:
    assert command(reports, *arguments).exit_code == 2


def test_a_file_that_is_no_report_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    done = CliRunner().invoke(replay, [str(tmp_path / "x.json"), "36871807fb"])
    assert (done.exit_code, "is no report that can be replayed" in done.output) == (2, True)


def test_a_request_that_goes_another_way_before_the_failure_is_told(reports: Path, backend: Backend) -> None:
    """A failure whose way is blocked is not called gone."""
    failure = told(reports)
    failure["replay"]["steps"][0]["answer"]["status"] = 302
    changed = reports / "changed.json"
    changed.write_text(json.dumps({"failures": [failure]}))
    backend.switch([FAULT])
    given = [str(changed), failure["id"], "--url", backend.url, "--project", str(reports)]
    done = CliRunner().invoke(replay, given, env={"ADA_PASSWORD": "ada-password"})
    assert (done.exit_code, "on the way to the failure" in done.output) == (3, True), done.output
