"""Every kind of rules is whole: its files, its row in the documentation, and a place for its faults."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.contract import read
from specdouble.contract.kind import kinds
from specdouble.prove.mutants import mutants_of
from specdouble.rules import KINDS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "specdouble" / "rules"
REFUSED = ROOT / "tests" / "contract" / "broken"
CONTRACTS = (ROOT, ROOT / "tests" / "kinds" / "notices.yaml", ROOT / "tests" / "kinds" / "parcels.yaml")

# A contract that lint refuses for the kind's sake, and a part of the reason.
BROKEN = {
    "unique": ("unknown_ignore", "`cases` cannot be ignored"),
    "references": ("unknown_collection", "`x-references` names the collection `thigns`"),
    "owner": ("unknown_owner", "no property `userId` to hold the owner"),
    "tenant": ("unknown_tenant", "no property `organisation` to hold the tenant"),
    "readonly": ("example_sends_what_the_server_sets", "readOnly:things.id leaves to the server"),
    "default": ("default", "the default breaks its own schema"),
    "immutable": ("unknown_key_of_immutable", "`x-immutable` is neither true nor a mapping"),
    "transitions": ("transition_to_no_value", "`send` is no value of the property's `enum`"),
    "timestamp": ("unknown_event", "`x-timestamp` knows no event `create`"),
    "roles": ("roles_of_nobody", "a caller has no role"),
}


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
def test_lint_refuses_a_contract_that_breaks_the_kind(kind: str) -> None:
    name, reason = BROKEN[kind]
    run = CliRunner().invoke(main, ["lint", "--strict", str(REFUSED / f"{name}.yaml")])
    assert run.exit_code == 1
    assert reason in run.output


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_mutants(kind: str) -> None:
    found = {mutant.kind.partition(".")[0].lower() for one in CONTRACTS for mutant in mutants_of(read(one))}
    assert kind in found
