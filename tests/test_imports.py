"""The map of who may import whom, as the design draws it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pymongo
import pytest

from specdouble.rules import KINDS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "specdouble"
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in PACKAGE.rglob("*.py")
}

OF_KINDS = [f"specdouble.rules.{kind}" for kind in KINDS]
_COMMAND = {"arguments", "examples", "exits", "findings"}  # what each command is made of
# The part, and the parts of specdouble that it may import; in a rule's folder the file's name is the part.
MAY_IMPORT = {
    "contract": {"contract", "rules", "extras", "outbound", "printable", "url", "whole_files"},
    "rules": set(),
    "rule": {"contract", "rule"},
    "keep": {"contract", "rule", "keep", "double"},
    "attack": {"contract", "rule", "attack", "verify"},
    "probe": {"contract", "rule", "attack", "verify"},
    "faults": {"contract", "rule", "keep", "faults", "double", "prove"},
    "console": set(),
    "har": {"contract"},
    "double": {"console", "contract", "har", "loopback", "rules", "double", "printable", "url"},
    "verify": {
        *_COMMAND,
        "contract",
        "rules",
        "verify",
        "outbound",
        "printable",
        "unforeseen",
        "url",
        "whole_files",
    },
    "prove": {*_COMMAND, "contract", "rules", "double", "verify", "prove", "whole_files"},
    "discover": {
        *_COMMAND,
        "contract",
        "har",
        "rules",
        "verify",
        "compare",
        "discover",
        "printable",
        "url",
        "whole_files",
    },
    "diff": {*_COMMAND, "contract", "diff", "printable", "whole_files"},
    "project": {*_COMMAND, "contract", "double", "har", "testing", "project", "printable", "url", "whole_files"},
    "proxy": {
        *_COMMAND,
        "contract",
        "double",
        "har",
        "verify",
        "discover",
        "proxy",
        "outbound",
        "printable",
        "url",
        "whole_files",
    },
    "compare": {*_COMMAND, "contract", "verify", "discover", "compare", "printable", "whole_files"},
    "agent": {"agent", "arguments", "examples", "exits", "testing"},
    "cli": {
        *_COMMAND,
        "agent",
        "contract",
        "verify",
        "prove",
        "proxy",
        "discover",
        "project",
        "compare",
        "diff",
        "cli",
        "lint_command",
        "opening",
        "overlay_command",
        "routes_command",
        "serve_command",
        "serving",
        "token_command",
    },
    "lint_command": {*_COMMAND, "contract", "double"},
    "overlay_command": {*_COMMAND, "contract", "whole_files"},
    "routes_command": {*_COMMAND, "double", "opening", "printable"},
    "serve_command": {*_COMMAND, "contract", "double", "opening", "printable"},
    "token_command": {*_COMMAND, "contract", "double", "opening"},
    "opening": {"contract", "double", "exits", "findings"},
    "serving": {"double", "opening", "prove", "verify"},
    "arguments": {"contract", "exits"},
    "exits": {"exits", "extras", "printable", "unforeseen"},
    "findings": {"contract", "exits", "printable"},
    "examples": set(),
    "extras": set(),
    "printable": set(),
    "unforeseen": set(),
    "url": set(),
    "outbound": {"loopback", "url"},
    "loopback": set(),
    "whole_files": set(),
    "__main__": {"cli"},
    "testing": {"double", "rules"},
    "starter": {"double"},
    "pytest_plugin": {"contract", "double", "starter", "testing", "whole_files"},
    "specdouble": {"specdouble"},
}
# The room of the double, and the rooms that it may import; the shell around them may import them all.
ROOMS = {
    "http": {"http", "state"},
    "answers": {"answers", "state"},
    "state": {"state"},
    "provider": {"provider", "http", "state"},
}
LONGEST = 500  # lines of a module
# The heavy dependency, and its one door.
DOORS = {
    "connexion": ("specdouble.double.app", "specdouble.double.stock"),
    "mongomock": ("specdouble.double.state.store",),
    "pymongo": ("specdouble.double.state.store",),
    "authlib": ("specdouble.double.provider",),
    "joserfc": ("specdouble.double.provider", "specdouble.double.state", "specdouble.verify.tokens"),
    "bson": ("specdouble.double.state.store",),
    "schemathesis": ("specdouble.verify",),
    "hypothesis": ("specdouble.verify",),
    "jsonpath_rfc9535": ("specdouble.contract.jsonpath",),
    "jsonpatch": ("specdouble.double.state.patch",),
    "python_multipart": ("specdouble.double.http.form",),
    "uvicorn": ("specdouble.double.server", "specdouble.double.http.protocol"),
    "click": (
        "specdouble.agent.command",
        "specdouble.exits",
        "specdouble.findings",
        "specdouble.arguments",
        "specdouble.cli",
        "specdouble.lint_command",
        "specdouble.overlay_command",
        "specdouble.routes_command",
        "specdouble.serve_command",
        "specdouble.token_command",
        "specdouble.double.request_log",
        "specdouble.verify.agreement",
        "specdouble.verify.command",
        "specdouble.verify.options",
        "specdouble.verify.replay_command",
        "specdouble.verify.screen",
        "specdouble.prove.command",
        "specdouble.compare.command",
        "specdouble.discover.command",
        "specdouble.project.command",
        "specdouble.proxy",
        "specdouble.diff",
        "specdouble.discover.options",
        "specdouble.discover.screen",
    ),
    "httpcore": ("specdouble.proxy.backend", "specdouble.proxy.gateway"),
    "httpx": ("specdouble.contract.remote", "specdouble.testing"),
    "mcp": ("specdouble.agent.command", "specdouble.agent.unreadable"),
    "rich": ("specdouble.cli", "specdouble.verify", "specdouble.prove"),
}


@cache
def imports(file: Path) -> frozenset[str]:
    """The modules that a file imports, in its functions and for its types too."""
    return frozenset(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # A module of a package, or what the package itself has.
            named = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (one if one in MODULES else node.module for one in named)


def part(module: str) -> str:
    """`contract`, `double`, ... for a module of specdouble; `rule`, `keep`, ... for a file of a kind of rules."""
    names = module.split(".")
    if names[1:2] == ["rules"] and len(names) > 3:
        return names[3]
    return names[1] if len(names) > 1 else module


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_the_map_allows(module: str) -> None:
    imported = {one for one in imports(MODULES[module]) if one in MODULES and one != "specdouble"}
    assert {part(one) for one in imported} <= MAY_IMPORT[part(module)]


def test_a_kind_of_rules_imports_nothing_of_another_kind() -> None:
    files = [module for module in MODULES if module.startswith("specdouble.rules.") and module.count(".") >= 3]
    crossing = {
        (module, one)
        for module in files
        for one in imports(MODULES[module])
        if one in files and one.split(".")[2] != module.split(".")[2]
    }
    assert crossing == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_double_imports_only_what_lies_below_it(room: str) -> None:
    home = "specdouble.double."
    files = [file for module, file in MODULES.items() if module.startswith(f"{home}{room}")]
    imported = {one for file in files for one in imports(file) if one in MODULES and one.startswith(home)}
    assert {one.split(".")[2] for one in imported} <= ROOMS[room]


@pytest.mark.parametrize("library", DOORS)
def test_a_heavy_dependency_has_one_door(library: str) -> None:
    users = {module for module, file in MODULES.items() if any(one.split(".")[0] == library for one in imports(file))}
    assert {one for one in users if not one.startswith(DOORS[library])} == set()


def test_imports_form_no_ring_even_through_those_of_functions_and_of_types() -> None:
    graph = {module: imports(file) & MODULES.keys() for module, file in MODULES.items()}
    TopologicalSorter(graph).prepare()


# The part, and the most floors that it may have: how many of its own modules stand one above the other.
FLOORS = {"contract": 22, "double": 30, "verify": 24, "discover": 12}


@pytest.mark.parametrize("name", FLOORS)
def test_a_part_has_no_more_floors_than_it_needs(name: str) -> None:
    own = {module for module in MODULES if module.startswith(f"specdouble.{name}")}
    graph = {module: imports(MODULES[module]) & own for module in own}
    floors: dict[str, int] = {}
    for module in TopologicalSorter(graph).static_order():
        floors[module] = 1 + max((floors[below] for below in graph[module]), default=0)
    assert max(floors.values()) <= FLOORS[name]


def test_no_module_is_longer_than_one_thing_takes() -> None:
    lines = {module: len(file.read_text("utf-8").splitlines()) for module, file in MODULES.items()}
    assert {module for module, count in lines.items() if count > LONGEST} == set()


@pytest.mark.parametrize("library", ["connexion", "mongomock", "schemathesis", "rich", "jsonschema_rs", "yaml"])
def test_the_command_line_imports_nothing_heavy_before_it_knows_the_command(library: str) -> None:
    code = f"import specdouble.cli, sys; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


SERVED = """
from pathlib import Path
from specdouble.double import server
from specdouble.double.assembly import compiled_operations
from specdouble.double.double import Double, Settings
compiled_operations(Double(Settings(Path("tests/kinds/library"))))
"""
PLANNED = """
from pathlib import Path
from specdouble.contract import read
from specdouble.verify import verification
from specdouble.verify.attack import attack_of
{attack_of(rule) for rule in read(Path("tests/kinds/library")).rules.values()}
"""


@pytest.mark.parametrize(
    ("code", "foreign"),
    [
        (SERVED, ["specdouble.verify", "schemathesis", "hypothesis", *(f"{kind}.attack" for kind in OF_KINDS)]),
        (SERVED, ["specdouble.prove", *(f"{kind}.faults" for kind in OF_KINDS)]),
        (PLANNED, ["specdouble.double", "mongomock", *(f"{kind}.keep" for kind in OF_KINDS)]),
    ],
    ids=["the double, nothing of the verifier", "the double, nothing of prove", "the verifier, nothing of the double"],
)
def test_a_half_at_work_has_loaded_nothing_of_the_other(code: str, foreign: list[str]) -> None:
    asked = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "specdouble.rules.unique.rule" in loaded
    assert [one for one in foreign if one in loaded] == []


@pytest.mark.parametrize(
    "library",
    [
        "authlib",
        "joserfc",
        "jwt",
        pytest.param(
            "cryptography",
            marks=pytest.mark.skipif(pymongo.version_tuple < (4, 20, 1), reason="an older PyMongo imports it itself"),
        ),
    ],
)
def test_serving_imports_no_library_of_tokens_before_one_is_shown(library: str) -> None:
    code = f"""
import sys
from pathlib import Path
from specdouble.double.assembly import compiled_operations
from specdouble.double.double import Double, Settings
from specdouble.double.provider.provider import Provider
double = Double(Settings(Path("tests/sign_in/schemes.yaml")))
compiled_operations(double)
Provider(double, double.sign_ins, double.redirects)
sys.exit({library!r} in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
