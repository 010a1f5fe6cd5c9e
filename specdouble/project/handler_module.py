"""The modules of `handlers/`: a function for each operation, which leaves it to the double until somebody writes it."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from specdouble.contract import Operation
from specdouble.contract.arguments import argument_name
from specdouble.double.answers.handlers import UNTAGGED, snake_case
from specdouble.printable import printable

_MOST_ARGUMENTS = 6


@dataclass(frozen=True)
class Place:
    """Where the function of an operation is looked for.

    Args:
        modules: the names of files in `handlers/`, without their suffix; the first is where a new one is written.
        names: what the function may be called; the first is what a new one is called.
    """

    modules: tuple[str, ...]
    names: tuple[str, ...]


def place_of(operation: Operation) -> Place | None:
    """Where the handler of an operation stands; None where no function can be named after it."""
    path, _, last = operation.id.rpartition(".")
    if path.startswith("handlers."):  # the path of an import, as Connexion reads it
        return Place((path.removeprefix("handlers."),), (last,)) if _is_name(last) and path.count(".") == 1 else None
    modules = tuple(snake_case(tag) for tag in operation.tags) or (UNTAGGED,)
    names = tuple(name for name in (snake_case(operation.id), operation.id) if _is_name(name))
    return Place(modules, names) if modules[0] and names else None


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def by_module(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    """The operations of each module, in the order of the contract."""
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        place = place_of(operation)
        if place is not None:
            found.setdefault(place.modules[0], []).append(operation)
    return found


def module_text(module: str, operations: Iterable[Operation]) -> str:
    """The text of a new module."""
    title = module.replace("_", " ").strip().capitalize()
    head = f'"""{title}: what the contract cannot say of these operations is said here.\n\n'
    head += "A function that returns `NotImplemented` leaves the request to the double.\n"
    return head + '"""\n' + additions("", operations)


def additions(text: str, operations: Iterable[Operation]) -> str:
    """What a module lacks of its operations: to be written after its last line.

    Args:
        text: the module as it is.
        operations: what it shall answer.

    Raises:
        SyntaxError: the module cannot be read.
    """
    known = set(defined(ast.parse(text).body))
    added: list[str] = []
    for operation in operations:
        place = place_of(operation)
        if place is None or not known.isdisjoint(place.names):
            continue
        known.add(place.names[0])
        added.append(f"\n\n{_function(place.names[0], operation)}")
    is_cut = bool(text) and not text.endswith("\n")
    return "".join(["\n" if is_cut and added else "", *added])


def defined(statements: Iterable[ast.AST]) -> Iterator[str]:
    """The names that statements at the top of a module give a meaning, also on a condition."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, ast.Name) and isinstance(statement.ctx, ast.Store):
            yield statement.id
        else:
            yield from defined(ast.iter_child_nodes(statement))


def _function(name: str, operation: Operation) -> str:
    lines = [f"def {name}({', '.join(_arguments(operation))}):"]
    summary = _sentence(operation.summary)
    asked = f"{operation.method.upper()} {operation.path}: {', '.join(operation.responses)}."
    lines.append(f'    """{summary}\n\n    {_literal(asked)}\n    """' if summary else f'    """{_literal(asked)}"""')
    lines.append("    return NotImplemented\n")
    return "\n".join(lines)


def _arguments(operation: Operation) -> list[str]:
    """What a request has, what it must have first; the rest is left out where that would be long."""
    required: dict[str, None] = {}
    optional: dict[str, None] = {}
    for parameter in operation.parameters:
        name = argument_name(parameter.name)
        if _is_name(name) and name not in ("body", "user"):
            (required if parameter.required else optional)[name] = None
    if operation.body is not None:
        (required if operation.body.required else optional)["body"] = None
    written = [*required, *(f"{name}=None" for name in optional if name not in required)]
    needed = sum(parameter.required for parameter in operation.parameters)
    needed += operation.body is not None and operation.body.required
    is_short = len(written) <= max(_MOST_ARGUMENTS, len(required)) and needed == len(required)
    return written if is_short else [*required, "**others"]


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return _literal(words if words[-1:] in ".!?" else f"{words}.") if words else ""


def _literal(text: str) -> str:
    """The text as it can stand in a docstring."""
    return printable(text).replace("\\", "\\\\").replace('"', "'")
