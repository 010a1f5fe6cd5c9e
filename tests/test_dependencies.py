"""What the package imports, it declares, with the oldest version that will do."""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_imports import MODULES, ROOT, imports

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = [line for lines in PROJECT.get("optional-dependencies", {}).values() for line in lines]
DEPENDENCIES = [Requirement(line) for line in [*PROJECT["dependencies"], *EXTRAS]]
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
