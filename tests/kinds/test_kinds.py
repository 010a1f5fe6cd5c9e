"""Every kind of rules is whole: its files, its row in the documentation, and a place for its faults."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.contract.kind import kinds
from specdouble.prove.mutants import mutants_of
from specdouble.rules import KINDS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "specdouble" / "rules"
CONTRACTS = (ROOT, ROOT / "tests" / "kinds" / "notices.yaml", ROOT / "tests" / "kinds" / "parcels.yaml")


def test_every_folder_of_a_kind_stands_in_the_list() -> None:
    assert {one.parent.name for one in FOLDER.glob("*/__init__.py")} == set(KINDS)


@pytest.mark.parametrize("file", ["rule", "keep", "attack", "faults"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_four_files(kind: str, file: str) -> None:
    assert find_spec(f"specdouble.rules.{kind}.{file}") is not None


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_row_in_the_documentation(kind: str) -> None:
    assert kinds()[kind].row in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_mutants(kind: str) -> None:
    found = {mutant.kind.partition(".")[0].lower() for one in CONTRACTS for mutant in mutants_of(read(one))}
    assert kind in found
