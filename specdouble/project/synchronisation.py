"""What a project lacks of its contract, and what it has that its contract has no more."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from specdouble.contract import Contract, Finding, Refused
from specdouble.double.answers.handlers import Handlers
from specdouble.double.state.seed import stray_files
from specdouble.project.handler_module import additions, by_module, module_text


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

    def write(self) -> None:
        """Write it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as module:
            module.write(self.text)


def missing_functions(contract: Contract, folder: Path) -> tuple[list[Addition], list[Finding]]:
    """The functions that the modules in a folder lack, and the modules that cannot be read."""
    found: list[Addition] = []
    findings: list[Finding] = []
    for module, operations in by_module(contract.operations.values()).items():
        file = folder / f"{module}.py"
        try:
            text = additions(file.read_text("utf-8"), operations) if file.exists() else module_text(module, operations)
        except SyntaxError as error:
            reason = f"the module cannot be read: {error.msg}"
            findings.append(Finding(str(file), error.lineno or 0, "", reason, "mend it, and ask again", id="handler"))
            continue
        if text:
            names = [one.name for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
            found.append(Addition(file, text, tuple(names)))
    return found, findings


def unused(contract: Contract, project: Path) -> list[Finding]:
    """The functions, modules and documents of a project that its contract has nothing for."""
    try:
        handlers = Handlers(project.resolve(), contract.operations.values()).findings
    except Refused as error:
        handlers = error.findings
    return [*handlers, *stray_files(project / "mock_data", contract)]
