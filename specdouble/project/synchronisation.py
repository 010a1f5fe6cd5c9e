"""What a project lacks of its contract, and what it has that its contract has no more."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from specdouble.contract import Contract, Finding, Operation, Refused
from specdouble.double.answers.handlers import Handlers
from specdouble.double.state.seed import stray_files
from specdouble.project.handler_module import additions, by_module, defined, module_text, place_of


@dataclass(frozen=True)
class Addition:
    """Functions that a module of handlers lacks.

    Args:
        file: the module.
        text: what is written after its last line.
        names: the functions.
    """

    file: Path
    text: str
    names: tuple[str, ...]

    def whole(self) -> bytes:
        """What the module holds with it."""
        before = self.file.read_bytes() if self.file.exists() else b""
        return before + self.text.encode()


def missing_functions(contract: Contract, folder: Path) -> tuple[list[Addition], list[Finding]]:
    """The functions that the modules in a folder lack, and the modules that cannot be read."""
    found: list[Addition] = []
    findings: list[Finding] = []
    written = _names_by_module(folder)
    lacking = [one for one in contract.operations.values() if not _stands_elsewhere(one, written)]
    for module, operations in by_module(lacking).items():
        file = folder / f"{module}.py"
        try:
            text = additions(file.read_text("utf-8"), operations) if file.exists() else module_text(module, operations)
        except (SyntaxError, UnicodeDecodeError) as error:
            findings.append(_unreadable(file, error))
            continue
        if text:
            names = [one.name for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
            found.append(Addition(file, text, tuple(names)))
    return found, findings


def _names_by_module(folder: Path) -> dict[str, set[str]]:
    """The names that each module in a folder gives a meaning; of one that cannot be read, none."""
    found: dict[str, set[str]] = {}
    for file in folder.glob("*.py"):
        with suppress(SyntaxError, UnicodeDecodeError, OSError):
            found[file.stem] = set(defined(ast.parse(file.read_text("utf-8")).body))
    return found


def _stands_elsewhere(operation: Operation, written: Mapping[str, set[str]]) -> bool:
    """Whether the operation's function stands in the module of another of its tags: a new one would be asked first."""
    place = place_of(operation)
    return place is not None and any(
        not written.get(module, set()).isdisjoint(place.names) for module in place.modules[1:]
    )


def _unreadable(file: Path, error: SyntaxError | UnicodeDecodeError) -> Finding:
    line, why = (error.lineno or 0, error.msg) if isinstance(error, SyntaxError) else (0, "it is not UTF-8")
    return Finding(str(file), line, "", f"the module cannot be read: {why}", "mend it, and ask again", id="handler")


def unused(contract: Contract, project: Path) -> list[Finding]:
    """The functions, modules and documents of a project that its contract has nothing for."""
    try:
        handlers = Handlers(project.resolve(), contract.operations.values()).findings
    except Refused as error:
        handlers = error.findings
    return [*handlers, *stray_files(project / "mock_data", contract)]
