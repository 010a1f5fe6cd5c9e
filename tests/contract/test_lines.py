"""Each finding's line, in JSON and in YAML."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract.source import load
from tests.contracts import FOLDER


@pytest.mark.parametrize(
    ("pointer", "line"),
    [("", 1), ("/a", 2), ("/a/b", 3), ("/a/c", 4), ("/a/c/1", 6), ("/a/c/1/d", 7), ("/e", 11), ("/a/none", 2)],
)
def test_the_line_of_a_json_pointer(tmp_path: Path, pointer: str, line: int) -> None:
    text = '{\n"a": {\n"b": "x: \\"{[,",\n"c": [\n1,\n{\n"d": {}\n}\n]\n},\n"e": []\n}'
    (tmp_path / "x.json").write_text(text, "utf-8")
    assert load(tmp_path / "x.json", "x.json").line(pointer) == line


def test_json_as_pretty_as_yaml_has_its_keys_where_a_search_finds_them(tmp_path: Path) -> None:
    data = load(FOLDER / "blog.yaml", "blog").data
    text = json.dumps(data, indent=1)
    (tmp_path / "x.json").write_text(text, "utf-8")
    found = load(tmp_path / "x.json", "x.json").line("/components/schemas/Comment")
    assert text.splitlines()[found - 1].strip() == '"Comment": {'


def test_the_line_of_a_yaml_pointer() -> None:
    source = load(FOLDER / "blog.yaml", "blog")
    line = source.line("/paths/~1posts~1{postId}/patch/operationId")
    assert source.text.splitlines()[line - 1].strip() == "operationId: changePost"
