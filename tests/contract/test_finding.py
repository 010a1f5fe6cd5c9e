"""Each kind of finding has an id that stays, a line in the documentation, and can be silenced."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.contract.finding import IDS

ROOT = Path(__file__).parent.parent.parent
CONTRACT = """
openapi: 3.0.3
info: {title: A, version: '1'}
paths: {}
components:
  schemas:
    Thing: {type: int, IGNORE}
"""


def ids(folder: Path, ignore: str = "") -> list[str]:
    (folder / "openapi.yaml").write_text(CONTRACT.replace(", IGNORE", ignore))
    return [finding.id for finding in read(folder).findings]


def test_the_documentation_has_a_line_for_each_id_and_for_no_other() -> None:
    lines = re.findall(r"^\| `([a-z-]+)` \| .{10,} \|$", (ROOT / "docs" / "lint.md").read_text("utf-8"), re.MULTILINE)
    assert lines == sorted(IDS)


def test_every_id_in_the_code_is_one_of_them() -> None:
    found = {
        id
        for file in (ROOT / "specdouble" / "contract").glob("*.py")
        for id in re.findall(r'\bid="([a-z-]+)"', file.read_text("utf-8"))
    }
    assert found <= IDS


def test_a_finding_is_silenced_where_it_stands(tmp_path: Path) -> None:
    assert ids(tmp_path) == ["keyword"]
    assert ids(tmp_path, ", x-specdouble-ignore: [keyword]") == []


def test_a_finding_of_another_id_is_not_silenced(tmp_path: Path) -> None:
    assert ids(tmp_path, ", x-specdouble-ignore: [example]") == ["keyword"]


def test_an_id_that_is_none_is_told(tmp_path: Path) -> None:
    assert ids(tmp_path, ", x-specdouble-ignore: [keywrd]") == ["keyword", "ignore"]


def test_the_project_silences_a_finding_everywhere(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.specdouble.lint]\nignore = ["keyword"]\n')
    assert ids(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["[tool", "tool = 1", "[tool]\nspecdouble = 1", "[tool.specdouble.lint]\nignore = 1", "a = " + "[" * 5000]
)
def test_settings_that_cannot_be_read_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert "settings" in ids(tmp_path)


def test_what_keeps_a_contract_from_being_served_is_not_silenced(tmp_path: Path) -> None:
    text = CONTRACT.replace("{type: int, IGNORE}", "{$ref: 'nothing.yaml', x-specdouble-ignore: [ref]}")
    (tmp_path / "openapi.yaml").write_text(text)
    with pytest.raises(Exception, match="leads to a file that cannot be read"):
        read(tmp_path)
