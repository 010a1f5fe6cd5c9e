"""docs/design.md names what is there: each path, each part, and who may import whom."""

from __future__ import annotations

import re

import pytest

from tests.test_imports import MAY_IMPORT, PACKAGE, ROOT

DESIGN = (ROOT / "docs/design.md").read_text("utf-8")
PATHS = sorted({one for one in re.findall(r"`([\w./-]+)`", DESIGN) if "/" in one or one.endswith(".py")})
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", DESIGN, re.MULTILINE))
# Modules of a few lines that every part may have, and the files of a rule's kind, which the table has in words.
SHARED = {
    "arguments",
    "examples",
    "exits",
    "extras",
    "findings",
    "printable",
    "rules",
    "unforeseen",
    "url",
    "whole_files",
}


def _files() -> list[str]:
    inside = [file for file in PACKAGE.rglob("*") if "__pycache__" not in file.parts]
    return [f"/{file.relative_to(ROOT).as_posix()}" for file in inside]


@pytest.mark.parametrize("path", PATHS)
def test_each_path_that_the_design_names_is_there(path: str) -> None:
    ending = f"/{path.strip('/')}"
    assert (ROOT / path).exists() or any(file.endswith(ending) for file in _files())


def test_each_folder_of_the_package_has_its_line_in_the_layout() -> None:
    layout = DESIGN.split("```")[1]
    folders = {file.parent for file in PACKAGE.glob("*/__init__.py")} | {PACKAGE / "console"}
    rooms = {file.parent for file in (PACKAGE / "double").glob("*/__init__.py")}
    assert {one.name for one in folders | rooms if f"  {one.name}/ " not in layout} == set()


@pytest.mark.parametrize("part", ROWS)
def test_the_table_of_parts_says_what_the_test_of_imports_holds(part: str) -> None:
    told = {one for one in re.findall(r"`(\w+)`", ROWS[part]) if one in MAY_IMPORT}
    assert told == MAY_IMPORT[part] - SHARED - {part, "pytest_plugin"}


def test_the_layout_and_the_table_are_read() -> None:
    assert len(PATHS) > 50
    assert len(ROWS) > 9
