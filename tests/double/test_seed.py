"""The documents of `mock_data/` are checked at start."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import ContractError, Finding, read
from specdouble.double.state.seed import SeedError, read_seed

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "mock_data", tmp_path / "mock_data"))


def findings_after(folder: Path, collection: str, index: int, **changes: Any) -> list[Finding]:
    file = folder / f"{collection}.json"
    documents = json.loads(file.read_text("utf-8"))
    documents[index].update(changes)
    file.write_text(json.dumps(documents, indent=2), "utf-8")
    with pytest.raises(SeedError) as caught:
        read_seed(folder, read(ROOT))
    return caught.value.findings


def test_the_seed_of_this_project_is_sound() -> None:
    seed = read_seed(ROOT / "mock_data", read(ROOT))
    assert len({user["organizationId"] for user in seed["users"]}) >= 2
    assert len({user["accessRole"] for user in seed["users"]}) == 4
    assert len(seed["lead_management"]) >= 12
    assert {pipeline["type"] for pipeline in seed["pipelines"]} == {"Contact", "Application"}


def test_a_document_that_breaks_its_schema_is_told_with_its_place(folder: Path) -> None:
    (finding,) = findings_after(folder, "lead_management", 1, costPerLead=-1)
    line = (folder / "lead_management.json").read_text("utf-8").splitlines()[finding.line - 1]
    assert finding.pointer == "/1/costPerLead"
    assert '"costPerLead": -1' in line
    assert "minimum" in finding.reason


def test_a_name_that_stands_twice_is_told(folder: Path) -> None:
    first, second = json.loads((folder / "lead_management.json").read_text("utf-8"))[:2]
    assert first["userId"] == second["userId"]
    name = f" {first['configurationName'].upper()} "
    (finding,) = findings_after(folder, "lead_management", 1, configurationName=name)
    assert "unique:lead_management.configurationName" in finding.reason


def test_a_reference_to_nothing_is_told(folder: Path) -> None:
    (finding,) = findings_after(folder, "lead_management", 0, defaultProcess="0" * 24)
    assert "references:lead_management.defaultProcess" in finding.reason


def test_an_id_that_stands_twice_is_told(folder: Path) -> None:
    first = json.loads((folder / "prompts.json").read_text("utf-8"))[0]
    findings = findings_after(folder, "prompts", 1, _id=first["_id"])
    assert any("is that of another document" in finding.reason for finding in findings)


def test_a_document_without_an_id_is_told(folder: Path) -> None:
    findings = findings_after(folder, "users", 0, id=None)
    assert any("has no `id`" in finding.reason for finding in findings)


def test_a_file_that_is_no_array_is_told(folder: Path) -> None:
    (folder / "users.json").write_text("{}", "utf-8")
    with pytest.raises(SeedError, match="no array of documents"):
        read_seed(folder, read(ROOT))


def test_a_file_that_is_no_json_is_told_with_its_line(folder: Path) -> None:
    (folder / "users.json").write_text('[\n  {"id": 1,\n', "utf-8")
    with pytest.raises(ContractError) as caught:
        read_seed(folder, read(ROOT))
    assert caught.value.findings[0].line >= 2


def test_a_project_without_a_seed_begins_empty(tmp_path: Path) -> None:
    assert read_seed(tmp_path / "mock_data", read(ROOT)) == {}


def test_documents_without_an_id_of_a_collection_that_no_contract_keeps_are_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text('[{"text": "one"}, {"text": "two"}]', "utf-8")
    assert len(read_seed(tmp_path, read(ROOT))["notes"]) == 2
