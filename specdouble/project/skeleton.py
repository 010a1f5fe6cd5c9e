"""The files of a new project, made from its contract."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from specdouble.contract import Contract
from specdouble.double.double import Double
from specdouble.printable import printable
from specdouble.project.handler_module import by_module, module_text
from specdouble.project.trial import tests_of

Texts = dict[Path, str]


def template(name: str) -> str:
    """A file that comes with the package."""
    return files("specdouble.project").joinpath("templates", name).read_text("utf-8")


def skeleton(double: Double) -> Texts:
    """What a project has beside its contract and its documents, by paths from its folder.

    Args:
        double: the double of its contract.
    """
    contract = double.contract
    about = Template(template("README.md"))
    title = escape(printable(contract.title), quote=False)  # a line of Markdown, which takes HTML
    found = {
        Path("README.md"): about.substitute(title=title, contract=contract.path.name),
        Path("Makefile"): template("Makefile"),
        Path("pyproject.toml"): _settings(set_aside(contract)),
        Path(".gitignore"): template("gitignore"),
        Path(".github/workflows/api.yml"): template("workflow.yml"),
        Path("tests/test_api.py"): tests_of(double),
    }
    for module, operations in by_module(contract.operations.values()).items():
        found[Path(f"handlers/{module}.py")] = module_text(module, operations)
    return found


def set_aside(contract: Contract) -> list[str]:
    """The ids of what is wrong with a contract already: a project begins with `make test` passing."""
    return sorted({finding.id for finding in contract.findings if finding.severity == "error"})


def _settings(ignored: list[str]) -> str:
    return template("pyproject.toml").replace("ignore = []", f"ignore = {json.dumps(ignored)}")


def documents_of(double: Double) -> Texts:
    """The documents that the collections begin with where nobody has written any, as files of `mock_data/`."""
    made = {name: double.made.of(name) for name in double.contract.resources if name not in double.seed}
    return {mock_file(name): document_text(documents) for name, documents in made.items() if documents}


def mock_file(collection: str) -> Path:
    """The file of a collection's first documents."""
    return Path(f"mock_data/{collection}.json")


def document_text(documents: object) -> str:
    """Documents as a file of `mock_data/` has them."""
    return json.dumps(documents, indent=2, ensure_ascii=False) + "\n"
