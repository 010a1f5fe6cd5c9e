"""`specdouble overlay`, and `--overlay` on the commands that read a contract."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from specdouble.cli import main
from specdouble.contract import read
from specdouble.contract.source import read_text
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.verify.settings import load
from specdouble.verify.verification import verify
from tests.conftest import ROOT

LEADS = Path(__file__).parent / "leads"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def routes(*arguments: str | Path) -> Any:
    done = run("routes", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def parsed(text: str) -> Any:
    """The data of a text in YAML or JSON."""
    return read_text(text, Path("openapi.yaml"), "openapi.yaml").data


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the reference project."""
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    for folder in ("handlers", "mock_data"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_what_is_split_and_applied_again_is_answered_as_before(project: Path) -> None:
    before = routes(project)
    written = parsed((project / "openapi.yaml").read_text("utf-8"))
    done = run("overlay", "split", project)
    assert (done.exit_code, "annotations moved" in done.output) == (0, True)
    assert routes(project) == before
    (project / "whole").mkdir()
    for folder in ("handlers", "mock_data"):
        shutil.copytree(project / folder, project / "whole" / folder)
    assert run("overlay", "apply", project, "--output", project / "whole" / "openapi.yaml").exit_code == 0
    assert parsed((project / "whole" / "openapi.yaml").read_text("utf-8")) == written
    assert routes(project / "whole") == before


def test_an_overlay_that_is_there_is_not_written_over(project: Path) -> None:
    (project / "openapi.overlay.yaml").write_text("mine", "utf-8")
    assert run("overlay", "split", "--output", project / "openapi.overlay.yaml", project).exit_code in (2, 3)
    assert (project / "openapi.overlay.yaml").read_text("utf-8") == "mine"
    assert (project / "openapi.yaml").read_bytes() == (ROOT / "openapi.yaml").read_bytes()


def test_the_merged_contract_is_printed() -> None:
    done = run("overlay", "apply", LEADS)
    assert "x-references: prompts" in done.stdout


# What a reader leaves out of a contract, and tells; whoever writes it again loses nothing.
UNREADABLE = """
openapi: 3.0.3
info: {title: Things, version: '1'}
servers: /v1
paths:
  /things/:id:
    get:
      parameters: [{name: id, in: query, schema: {type: string}}]
      responses:
        '200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        200: {description: a second time}
    delete: none
components:
  schemas:
    Thing:
      type: object
      x-resource: {collection: things}
      properties:
        id: {type: string, readOnly: true}
        lost: {$ref: '#/components/schemas/Gone'}
        size: {type: number, enum: [small], default: 1e3, pattern: '['}
        kind: {type: text, x-ms-mutability: [read], description: "two\\nlines \\u2028 😀", x-immutable: true}
"""


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_applied_has_all_that_stood_there(tmp_path: Path, form: str) -> None:
    written = parsed(UNREADABLE)
    file = tmp_path / f"openapi.{form}"
    file.write_text(UNREADABLE if form == "yaml" else json.dumps(written), "utf-8")
    done = run("overlay", "split", file)
    assert done.exit_code == 0, done.output
    assert parsed(file.read_text("utf-8")) != written
    done = run("overlay", "apply", file)
    assert (done.exit_code, parsed(done.stdout)) == (0, written)


def test_what_other_files_say_is_applied_as_it_stands_there(tmp_path: Path) -> None:
    contract = parsed(UNREADABLE)
    (tmp_path / "thing.json").write_text(json.dumps(contract["components"]["schemas"]["Thing"]), "utf-8")
    contract["components"]["schemas"]["Thing"] = {"$ref": "thing.json"}
    (tmp_path / "openapi.json").write_text(json.dumps(contract), "utf-8")
    (tmp_path / "rules.yaml").write_text("GET /things/:id: {x-action: read}\nThing.size: {x-immutable: true}\n")
    done = run("overlay", "apply", tmp_path)
    assert done.exit_code == 0, done.output
    whole = json.loads(done.stdout)
    told = parsed(UNREADABLE)["components"]["schemas"]["Thing"]
    told["properties"]["size"]["x-immutable"] = True
    assert whole["components"]["schemas"][whole["components"]["schemas"]["Thing"]["$ref"].rpartition("/")[2]] == told
    assert whole["paths"]["/things/:id"]["get"].pop("x-action") == "read"
    assert whole["paths"] == contract["paths"]


@pytest.mark.parametrize("command", ["routes", "lint", "serve", "verify", "prove", "overlay apply", "token ada"])
def test_every_command_that_reads_a_contract_takes_overlays(command: str, tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    done = run(*command.split(), LEADS, "--overlay", missing)
    assert f"{missing}: error: the file cannot be read" in done.output
    assert done.exit_code in (1, 3)


def states(folder: Path) -> dict[str, str]:
    """The verdict on the double of a project, by rule and check."""
    with serving(Settings(folder)) as url:
        settings = load(folder, url=url, yes=True, owned=True, phases=("rules",), max_examples=1)
        return {name: row.state for name, row in verify(read(folder), settings).rows.items()}


@pytest.mark.slow
def test_the_root_contract_with_its_annotations_beside_it_has_the_same_verdicts(project: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", project)
    shutil.copytree(ROOT / "tests" / "rules", project / "tests" / "rules")
    assert run("overlay", "split", project).exit_code == 0
    found = states(project)
    assert found == states(ROOT)
    assert len(found) > 40
