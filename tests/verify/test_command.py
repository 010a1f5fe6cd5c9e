"""The command: what it prints, and how it exits."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest
from click.testing import CliRunner, Result

from specdouble.verify.command import verify_command
from tests.backend import Backend
from tests.verify.conftest import ROOT

PROJECT = """
[tool.specdouble.verify]
login = { operation = "post_auth_login", token = "/token" }
users = [
  { name = "ada", email = "ada@tether.example", password = "env:ADA_SECRET" },
]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the contract and one user, whose password the environment holds."""
    (tmp_path / "openapi.yaml").write_bytes((ROOT / "openapi.yaml").read_bytes())
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    monkeypatch.setenv("ADA_SECRET", "ada-password")
    return tmp_path


def _verify(*arguments: str, fault: str = "") -> Result:
    @contextmanager
    def start_double(path: Path, seed: int | None, **_read: object) -> Iterator[tuple[str, str]]:
        with Backend([fault] if fault else []) as backend:
            yield backend.url, ""

    return CliRunner().invoke(verify_command(start_double), arguments)


def test_it_exits_0_and_prints_a_row_for_each_rule(project: Path) -> None:
    done = _verify(str(project), "--rule", "default:lead_management.source", "--phase", "rules")
    assert done.exit_code == 0, done.output
    assert "✓ default:lead_management.source  kept" in done.output


def test_it_exits_1_and_ends_a_failure_in_curl_lines(project: Path) -> None:
    rule = "default:lead_management.source"
    done = _verify(str(project), "--rule", rule, "--phase", "rules", fault="default_source_other")
    assert done.exit_code == 1
    assert 'Expected source to be "Unassigned"; the answer shows "Unknown".' in done.output
    assert 'ADA_TOKEN=$(curl -s "$URL/api/auth/login"' in done.output
    assert "ada-password" not in done.output


def test_with_max_failures_it_stops_at_the_first_and_says_so(project: Path, tmp_path: Path) -> None:
    report = tmp_path / "v.json"
    done = _verify(
        str(project), "--phase", "rules", "--max-failures", "1", "--report", f"json={report}",
        fault="default_source_other",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "stopped: enough failures were found" in done.output
    assert len(json.loads(report.read_text())["failures"]) == 1


def test_the_printed_lines_run_in_a_shell_as_they_stand(project: Path, tmp_path: Path) -> None:
    rule = "default:lead_management.source"
    report = tmp_path / "v.json"
    done = _verify(
        str(project), "--rule", rule, "--phase", "rules", "--report", f"json={report}", fault="default_source_other"
    )
    printed = done.output.split("Reproduce from a fresh state:\n\n")[1].split("\n\n")[0]
    for script in (printed, json.loads(report.read_text())["failures"][0]["curl"]):
        with Backend(["default_source_other"]) as backend:
            environment = {**os.environ, "URL": backend.url, "ADA_PASSWORD": "ada-password"}
            shown = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=60)
        assert '"source": "Unknown"' in shown.stdout, shown.stderr


def test_in_a_workflow_a_failure_is_an_annotation_at_the_rules_own_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = _verify(
        str(project), "--rule", "default:lead_management.source", "--phase", "rules", fault="default_source_other"
    )
    line = (project / "openapi.yaml").read_text().splitlines().index("          default: Unassigned") + 1
    assert f"openapi.yaml,line={line},title=default:lead_management.source::" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rule", "unique:nothing.name"], "there is no rule or check"),
        (["--rule", "read_your_write"], "write `read_your_writes`"),
        (["--operation", "nothing"], "the contract has no operation"),
        (["--report", "pdf=x"], "is not KIND=FILE"),
        (["--user", "ada"], "is not NAME:SCHEME=TOKEN"),
        (["--url", "nonsense"], "is no address"),
        (["--url", "https://staging.example.com"], "add --yes"),
    ],
)
def test_wrong_use_exits_2_and_says_what_to_do(project: Path, arguments: list[str], message: str) -> None:
    done = _verify(str(project), *arguments)
    assert (done.exit_code, message in done.output) == (2, True), done.output


def test_a_secret_that_the_environment_lacks_is_wrong_use(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADA_SECRET")
    done = _verify(str(project))
    assert done.exit_code == 2
    assert "ADA_SECRET is not set" in done.output


def test_a_misspelt_setting_is_wrong_use(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.specdouble.verify]\nuser = []\n")
    done = _verify(str(project))
    assert done.exit_code == 2
    assert "write `users`" in done.output


def test_a_server_that_is_down_and_a_contract_that_cannot_be_read_exit_3(project: Path, tmp_path: Path) -> None:
    with Backend() as gone:
        url = gone.url
    assert _verify(str(project), "--url", url).exit_code == 3
    (project / "openapi.yaml").write_text("nonsense: [")
    assert _verify(str(project)).exit_code == 3


def test_a_server_that_is_still_starting_is_waited_for(project: Path) -> None:
    with Backend() as gone:
        port = int(gone.url.rpartition(":")[2])
    started: list[socket.socket] = []

    def start() -> None:
        started.append(socket.create_server(("127.0.0.1", port)))
        connection, _ = started[0].accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>")

    timer = Timer(1, start)
    timer.start()
    done = _verify(str(project), "--url", f"http://127.0.0.1:{port}", "--wait-for-server", "30")
    timer.join()
    started[0].close()
    assert (done.exit_code, "is not this API" in done.output) == (3, True), done.output
