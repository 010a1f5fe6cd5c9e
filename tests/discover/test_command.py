"""The command `specdouble discover`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from specdouble.discover.report import MARK
from tests.discover.shelf import Shelf
from tests.test_cli import ROOT, run, serving
from tests.test_readme import README, session


@pytest.mark.slow
def test_from_an_empty_folder_four_commands_find_the_rules_serve_verify_and_prove_them(tmp_path: Path) -> None:
    shelf = Shelf()
    with shelf.running() as url:
        found = run("discover", "--url", url, cwd=tmp_path)
        assert found.returncode == 0, found.stderr
        assert "isbn is unique" in found.stdout
        with serving("--port", "0", cwd=tmp_path) as double:
            book = {"isbn": "978-0"}
            statuses = [httpx.post(f"{double.url}/books", json=book).status_code for _ in range(2)]
        verified = run("verify", "--url", url, "--phase", "rules", "--quiet", cwd=tmp_path)
    proved = run("prove", "--sample", "2", cwd=tmp_path)
    assert statuses == [201, 409]
    assert "✓ unique:books.isbn" in verified.stdout
    assert verified.returncode == 0, verified.stdout
    assert list(shelf.books) == ["first"]
    assert "2 of 2 mutants killed" in proved.stdout, proved.stdout


def test_the_readme_and_the_page_show_these_three_commands() -> None:
    page = (ROOT / "docs" / "discover.md").read_text("utf-8")
    commands = [command.split("#")[0].split() for command, _ in session("discover", page)]
    assert [command[:2] for command in commands] == [
        ["specdouble", "discover"],
        ["specdouble", "serve"],
        ["specdouble", "verify"],
    ]
    assert all(" ".join(command) in README for command in commands)


@pytest.mark.slow
def test_a_run_goes_on_where_an_earlier_one_ended_and_writes_its_own_overlay_anew(tmp_path: Path) -> None:
    report = tmp_path / "found.json"
    with Shelf().running() as url:
        run("discover", "--url", url, "--report", f"json={report}", cwd=tmp_path)
        first = json.loads(report.read_text("utf-8"))
        again = tmp_path / "again.json"
        page = tmp_path / "page.html"
        more = (f"--report=json={again},html={page}",)
        done = run("discover", "--url", url, "--resume", str(report), *more, cwd=tmp_path)
    second = json.loads(again.read_text("utf-8"))
    assert done.returncode == 0
    assert [rule["rule"] for rule in second["rules"]] == [rule["rule"] for rule in first["rules"]]
    assert second["requests"] < first["requests"]
    assert "isbn is unique" in page.read_text("utf-8")


def test_an_overlay_that_somebody_else_wrote_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text((ROOT / "openapi.yaml").read_text("utf-8"), "utf-8")
    theirs = tmp_path / "rules.overlay.yaml"
    theirs.write_text("overlay: 1.1.0\n", "utf-8")
    done = run("discover", cwd=tmp_path)
    assert done.returncode == 2
    assert "name another file with -o" in done.stderr
    assert theirs.read_text("utf-8") == "overlay: 1.1.0\n"


def test_without_a_server_the_overlay_says_that_nothing_is_proved(tmp_path: Path) -> None:
    output = tmp_path / "guessed.overlay.yaml"
    done = run("discover", str(ROOT), "-o", str(output))
    assert done.returncode == 0
    assert output.read_text("utf-8").startswith(f"{MARK}; no server was asked")


def test_a_server_that_publishes_no_contract_is_told_with_the_remedy(tmp_path: Path) -> None:
    done = run("discover", "--url", "http://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 3
    assert "save the contract as openapi.yaml" in done.stderr
    assert list(tmp_path.iterdir()) == []
