"""What the package imports, it declares, with the oldest version that will do."""

from __future__ import annotations

import os
import sys
import tomllib
from importlib.metadata import packages_distributions, version

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from specdouble.cli import main
from specdouble.contract.expression import ExpressionError, _environment
from specdouble.exits import NOT_INSTALLED
from specdouble.extras import EXTRAS as EXTRA_OF
from tests.test_imports import MODULES, ROOT, imports

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRA_LINES = [line for name, lines in PROJECT["optional-dependencies"].items() if name != "all" for line in lines]
DEPENDENCIES = [Requirement(line) for line in [*PROJECT["dependencies"], *EXTRA_LINES]]
ITS_OWN = {"specdouble", "handlers"}
PLUGINS = {"specdouble.pytest_plugin": "pytest"}  # what loads a plugin is there, or nobody asks for it


def test_every_library_that_is_imported_is_declared() -> None:
    imported: set[str] = set()
    for module, file in MODULES.items():
        imported |= {name.split(".")[0] for name in imports(file)} - {PLUGINS.get(module)}
    foreign = imported - sys.stdlib_module_names - ITS_OWN
    distributions = packages_distributions()
    needed = {canonicalize_name(distributions[name][0]) for name in foreign}
    assert needed - {canonicalize_name(one.name) for one in DEPENDENCIES} == set()


def test_every_dependency_has_a_lower_bound() -> None:
    without = [one.name for one in DEPENDENCIES if not {">=", "=="} & {part.operator for part in one.specifier}]
    assert without == []


@pytest.mark.skipif(not os.environ.get("SPECDOUBLE_TEST_LOWEST"), reason="`make test-lowest` has the oldest versions")
def test_the_oldest_version_that_is_declared_is_the_one_that_is_tried() -> None:
    declared = {
        one.name: [part.version for part in one.specifier if part.operator in (">=", "==")] for one in DEPENDENCIES
    }
    tried = {name: version(name) for name in declared if name != "specdouble"}
    untried = {name: one for name, one in tried.items() if Version(declared[name][0]) != Version(one)}
    assert untried == {}


def test_every_library_of_an_extra_is_known_by_the_name_of_that_extra() -> None:
    distributions = packages_distributions()
    known = {(canonicalize_name(distributions[library][0]), extra) for library, extra in EXTRA_OF.items()}
    extras = PROJECT["optional-dependencies"]
    declared = {(canonicalize_name(Requirement(line).name), name) for name in extras for line in extras[name]}
    # What two extras bring is told by the smaller, and `all` brings the others.
    assert known <= declared
    assert {library for library, extra in declared if extra != "all"} == {library for library, _ in known}


def test_the_double_alone_declares_no_library_of_an_extra() -> None:
    distributions = packages_distributions()
    of_extras = {canonicalize_name(distributions[library][0]) for library in EXTRA_OF}
    alone = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert alone & of_extras == set()


def test_a_command_without_its_extra_names_the_extra_and_has_a_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    done = CliRunner().invoke(main, ["mcp", str(ROOT)])
    assert done.exit_code == NOT_INSTALLED
    assert "pip install 'specdouble[mcp]'" in done.stderr


def test_an_expression_without_its_library_is_refused_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    with pytest.raises(ExpressionError) as refused:
        _environment(frozenset({"nobody", "knows", "these"}))
    assert refused.value.remedy == "pip install 'specdouble[cel]'"
