"""Whatever is in `mock_data/`, it ends in findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import Refused, read
from specdouble.double.state.seed import read_seed, stray_files

CONTRACT = Path(__file__).parent.parent / "contracts" / "tasks.yaml"

# The text of tasks.json, and what is said of it.
SEEDS = {
    "an id that is a list": ('[{"id": ["a"]}]', "the id is a list"),
    "an id that is a mapping": ('[{"id": {"a": 1}}]', "the id is a mapping"),
    "a name of an operator": ('[{"id": "a", "$gt": 1}]', "begins with $"),
    "a name of an operator inside": ('[{"id": "a", "b": [{"$gt": 1}]}]', "begins with $"),
    "an integer beyond 64 bits": ('[{"id": "a", "b": 99999999999999999999}]', "beyond 64 bits"),
    "an integer of 5,000 digits": ('[{"id": "a", "b": ' + "9" * 5000 + "}]", "a number of 5,000 characters"),
    "no list": ('{"id": "a"}', "no array of documents"),
    "a list of numbers": ("[1]", "no array of documents"),
    "no JSON": ("[{id: 1", "not JSON"),
    "nothing": ("", "the file is empty"),
    "brackets": ("[" * 100_000, "nested too deep"),
    "an equal key": ('[{"id": "a", "id": "b"}]', "stands twice"),
}


@pytest.mark.parametrize("name", SEEDS)
def test_a_hostile_seed_is_told_with_file_line_reason_and_remedy(tmp_path: Path, name: str) -> None:
    text, reason = SEEDS[name]
    (tmp_path / "tasks.json").write_text(text)
    with pytest.raises(Refused) as refused:
        read_seed(tmp_path, read(CONTRACT))
    assert any(reason in finding.reason for finding in refused.value.findings), refused.value
    assert all(finding.file and finding.line and finding.remedy for finding in refused.value.findings)


def test_a_link_does_not_lead_out_of_the_project(tmp_path: Path) -> None:
    folder = tmp_path / "project" / "mock_data"
    folder.mkdir(parents=True)
    (tmp_path / "tasks.json").write_text("[]")
    (folder / "tasks.json").symlink_to(tmp_path / "tasks.json")
    with pytest.raises(Refused, match="leads out of the project"):
        read_seed(folder, read(CONTRACT))


def test_a_misspelt_collection_is_told_with_the_near_name(tmp_path: Path) -> None:
    (tmp_path / "taks.json").write_text("[]")
    (finding,) = stray_files(tmp_path, read(CONTRACT))
    assert (finding.severity, "rename it to `tasks.json`" in finding.remedy) == ("warning", True)


@pytest.mark.parametrize(("user", "number"), [({"password": "x"}, 0), ({"scopes": ["read"]}, 0), ({"nick": "x"}, 1)])
def test_users_who_sign_in_are_none_of_the_contracts_collections_and_rightly_so(
    tmp_path: Path, user: dict[str, object], number: int
) -> None:
    (tmp_path / "users.json").write_text(json.dumps([user]))
    assert len(stray_files(tmp_path, read(CONTRACT))) == number


def test_a_file_of_another_format_is_told(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text("[]")
    (finding,) = stray_files(tmp_path, read(CONTRACT))
    assert "as JSON into `tasks.json`" in finding.remedy
