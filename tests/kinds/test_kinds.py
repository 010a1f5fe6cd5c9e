"""Every kind of rules is whole: its files, its row in the documentation, what lint refuses, a fault that is found."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.contract import Rule, read
from specdouble.contract.kind import kinds
from specdouble.contract.pointer import look_up
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.server import Server
from specdouble.prove.bench import Bench, Options
from specdouble.rules import KINDS
from specdouble.verify.verdict import KEPT

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "specdouble"
FOLDER = PACKAGE / "rules"
REFUSED = ROOT / "tests" / "contract" / "broken"
LIBRARY = Path(__file__).with_name("library")  # a contract in which each kind has its say

# A contract that lint refuses for the kind's sake, and a part of the reason.
BROKEN = {
    "unique": ("unknown_ignore", "`cases` cannot be ignored"),
    "references": ("unknown_collection", "`x-references` names the collection `thigns`"),
    "owner": ("unknown_owner", "no property `userId` to hold the owner"),
    "tenant": ("unknown_tenant", "no property `organisation` to hold the tenant"),
    "readonly": ("example_sends_what_the_server_sets", "readOnly:things.id leaves to the server"),
    "default": ("default", "the default breaks its own schema"),
    "immutable": ("unknown_key_of_immutable", "`x-immutable` has no key `stauts`"),
    "transitions": ("transition_to_no_value", "`send` is no value of the property's `enum`"),
    "timestamp": ("unknown_event", "`x-timestamp` knows no event `create`"),
    "computed": ("computed_from_itself", "`net` is computed from itself"),
    "roles": ("roles_of_nobody", "a caller has no role"),
    "validations": ("validation_of_no_property", "`self` has no property `strtsAt`"),
    "listing": ("list_by_no_parameter", "the operation has no query parameter `sheets`"),
    "etag": ("etag_of_another_key", "`x-etag` has no key `require`"),
    "idempotency": ("idempotency_of_a_read", "a GET changes nothing"),
    "softdelete": ("soft_delete_by_no_property", "the schema has no property `deletedOn`"),
    "limit": ("limit_per_nobody", "`ownr` is no property of the schema"),
}

# Annotations that make no rules but say what the contract's parts are.
MARKS = {"x-resource", "x-identity", "x-action"}
# Words that are read and are no annotations of ours: extensions of others, header fields, notes on lint's findings.
OTHERS = {
    "x-bundled", "x-example", "x-gzip", "x-nullable", "x-forwarded-for", "x-schemathesis-testcaseid",
    "x-ms-mutability", "x-field-behavior", "x-google-field-behavior",
    "x-extensible-enum", "x-specdouble-rule",
    "x-specdouble-ignore", "x-specdouble-scheme", "x-specdouble-world", "x-reference", "x-resources",
}  # fmt: skip


def classes_of(kind: str) -> list[type[Rule]]:
    """The classes of rules that a kind's folder has."""
    module = import_module(f"specdouble.rules.{kind}.rule")
    mine = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    return [one for one in mine if issubclass(one, Rule)]


def names_of(kind: str) -> set[str]:
    """The kind as ids of rules begin with it."""
    return {one.kind for one in classes_of(kind)}


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """The syntax of a module."""
    return tuple(ast.walk(ast.parse(file.read_text("utf-8"))))


@cache
def texts(file: Path) -> tuple[str, ...]:
    """The texts in a module's code; what documents it is none."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    holders = [node for node in nodes(file) if isinstance(node, documented)]
    notes = {id(one.body[0].value) for one in holders if one.body and isinstance(one.body[0], ast.Expr)}
    found = [node for node in nodes(file) if isinstance(node, ast.Constant) and id(node) not in notes]
    return tuple(node.value for node in found if isinstance(node.value, str))


@cache
def names(file: Path) -> frozenset[str]:
    """What a module names: its variables, attributes and imports."""
    found = [node for node in nodes(file) if isinstance(node, ast.Name | ast.Attribute | ast.alias)]
    return frozenset(getattr(node, "id", getattr(node, "attr", getattr(node, "name", ""))) for node in found)


def annotations_in(file: Path) -> set[str]:
    """The annotations that a module's code reads, alone or at the end of a pointer; sentences only tell of them."""
    matches = [re.fullmatch(r"(?:/.*)?\b(x-[a-z]+(?:-[a-z]+)*)", text) for text in texts(file)]
    return {match[1] for match in matches if match}


@cache
def sources_outside() -> dict[Path, str]:
    """The package's modules that belong to no kind."""
    return {file: file.read_text("utf-8") for file in PACKAGE.rglob("*.py") if FOLDER not in file.parents}


def modules_outside(*words: str) -> list[Path]:
    """Those in which one of the words is found at all; what it is there, their syntax tells."""
    return [file for file, source in sources_outside().items() if any(word in source for word in words)]


# The one list


def test_every_folder_of_a_kind_stands_in_the_list() -> None:
    assert {one.parent.name for one in FOLDER.glob("*/__init__.py")} == set(KINDS)


@pytest.mark.parametrize("file", ["rule", "keep", "attack", "faults"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_four_files(kind: str, file: str) -> None:
    assert find_spec(f"specdouble.rules.{kind}.{file}") is not None


@pytest.mark.parametrize("kind", KINDS)
def test_the_rules_of_a_kind_are_named_after_its_folder(kind: str) -> None:
    assert {name.lower() for name in names_of(kind)} == {kind}


# What stands outside a kind's folder for its sake


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_row_in_the_documentation(kind: str) -> None:
    assert kinds()[kind].row in (ROOT / "docs" / "rules.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_cases_and_its_faults_in_the_documentation(kind: str) -> None:
    cases, faults = ((ROOT / "docs" / name).read_text("utf-8") for name in ("verify.md", "prove.md"))
    keyword = kinds()[kind].keyword
    assert f"`{keyword}`" in cases or kind in cases  # `x-resource` says owner and tenant
    assert all(f"`{name}`" in faults for name in names_of(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_lint_refuses_a_contract_that_breaks_the_kind(kind: str) -> None:
    name, reason = BROKEN[kind]
    run = CliRunner().invoke(main, ["lint", "--strict", str(REFUSED / f"{name}.yaml")])
    assert run.exit_code == 1
    assert reason in run.output


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The contract as the double's page shows it."""
    with Server(Double(DoubleSettings(LIBRARY)), "127.0.0.1", 0).running() as url:
        described: dict[str, Any] = httpx.get(f"{url}/openapi.json").json()
    return described


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("/components/schemas/Loan/properties/desk", "immutable:loans.desk"),
        ("/components/schemas/Loan", "limit:loans"),
        ("/paths/~1books~1{bookId}/delete", "roles:delete_book"),
    ],
)
def test_the_page_tells_a_rule_where_its_annotation_stands(page: dict[str, Any], place: str, rule: str) -> None:
    assert f"(`{rule}`)" in look_up(page, place)["description"]


# Nothing outside knows a kind by name


def test_no_annotation_is_read_outside_the_folder_of_its_kind() -> None:
    # Miners, and what makes a contract of other things, write annotations and read none.
    readers = [file for file in modules_outside("x-") if {"discover", "project"}.isdisjoint(file.parts)]
    read_there = {word for file in readers for word in annotations_in(file)}
    assert read_there - MARKS - OTHERS == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_reads_no_annotation_but_those_that_its_documentation_tells(kind: str) -> None:
    read_here = {word for file in (FOLDER / kind).rglob("*.py") for word in annotations_in(file)}
    assert {word for word in read_here if word not in kinds()[kind].row} - MARKS == set()


def test_an_annotation_without_a_kind_makes_no_rule(tmp_path: Path) -> None:
    text = (LIBRARY / "openapi.yaml").read_text("utf-8")
    (tmp_path / "openapi.yaml").write_text(text.replace("remark: {type: string}", "remark: {x-fixed: true}"), "utf-8")
    assert [*read(tmp_path).rules] == [*read(LIBRARY).rules]


@pytest.mark.parametrize("kind", KINDS)
def test_no_module_outside_names_the_classes_of_a_kind(kind: str) -> None:
    classes = {one.__name__ for one in classes_of(kind)}
    assert {file.name for file in modules_outside(*classes) if names(file) & classes} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_no_module_outside_makes_or_reads_the_ids_of_a_kind(kind: str) -> None:
    begins = tuple(f"{name}:" for name in names_of(kind))
    assert {
        file.name for file in modules_outside(*begins) if any(text.startswith(begins) for text in texts(file))
    } == set()


# A fault of each kind is found, and the double without it is found to keep each kind


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(Options(LIBRARY, seed=1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_each_kind_is_found_by_the_kinds_own_cases(bench: Bench, kind: str) -> None:
    faults = [one for one in bench.mutants.values() if one.kind.partition(".")[0].lower() == kind]
    first = next(one for one in faults if not one.equivalent)
    about = replace(bench.settings, rules=first.concerns, phases=("rules",), max_failures=1)
    broken = bench.verified(first.change, about).broken
    assert kind in {check.partition(":")[0].lower() for check in broken}


@pytest.mark.slow
def test_the_double_without_a_fault_keeps_each_kind(bench: Bench) -> None:
    about = replace(bench.settings, rules=tuple(bench.contract.rules), phases=("rules",))
    verdict = bench.verified(lambda parts: parts, about)
    assert {bench.contract.rules[key].kind.lower() for key in bench.contract.rules} == set(KINDS)
    assert {key: verdict.rows[key].state for key in bench.contract.rules} == dict.fromkeys(bench.contract.rules, KEPT)
