"""The project's handlers: `handlers/<tag in snake_case>.py`, a function named by each operationId."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cached_property
from inspect import isfunction
from pathlib import Path
from types import ModuleType

from specdouble.contract import Finding, Operation, Refused
from specdouble.contract.arguments import wanted_arguments

Handler = Callable[..., object]
UNTAGGED = "default"


class HandlerError(Refused):
    """A handler cannot be imported, or asks for what its operation has not."""


class Handlers:
    """The handlers of a project, imported anew.

    Args:
        project: the folder that holds `handlers/`.
        operations: the operations to find handlers for.

    Raises:
        HandlerError: with every module that cannot be imported and every function that cannot be called.
    """

    def __init__(self, project: Path, operations: Iterable[Operation]) -> None:
        self.folder = project / "handlers"
        self.findings: list[Finding] = []
        self._operations = {operation.id: operation for operation in operations}
        self._found: dict[str, Handler] = {}
        self._modules: dict[str, ModuleType | None] = {}
        # Listed, for a contract may name what is too long for a name of a file.
        self._tagged = {file.stem for file in self.folder.glob("*.py")}
        with _importable(project):
            for operation in self._operations.values():
                handler = self._search(operation)
                if handler is not None and self._is_callable(handler, operation):
                    self._found[operation.id] = handler
            self._tell_unused()
        if any(finding.severity == "error" for finding in self.findings):
            raise HandlerError(self.findings)

    def get(self, operation: Operation) -> Handler | None:
        """The operation's handler, or None."""
        return self._found.get(operation.id)

    def _search(self, operation: Operation) -> Handler | None:
        # As Connexion reads it: an operationId with dots is an import path. Others' dots are only names.
        if "." in operation.id and self._is_ours(operation.id):
            module, _, name = operation.id.rpartition(".")
            return getattr(self._module(module), name, None)
        tags = [snake_case(tag) for tag in operation.tags] or [UNTAGGED]
        for tag in tags:
            if tag not in self._tagged:
                continue
            tagged = self._module(f"handlers.{tag}")
            for candidate in (operation.id, snake_case(operation.id)):
                handler = getattr(tagged, candidate, None)
                if callable(handler):
                    return handler  # type: ignore[no-any-return]
        return None

    def _is_ours(self, path: str) -> bool:
        """Whether an operationId with dots begins with a module of the project."""
        names = path.split(".")
        return names[0] in self._top_level and all(name.isidentifier() for name in names)

    @cached_property
    def _top_level(self) -> set[str]:
        """The names of the modules in the project's folder, and of the folders there."""
        project = self.folder.parent
        return {file.stem for file in project.glob("*.py")} | {folder.name for folder in project.glob("*/")}

    def _module(self, name: str) -> ModuleType | None:
        if name not in self._modules:
            try:
                self._modules[name] = importlib.import_module(name)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a module that is a script may end the process
                self._modules[name] = None
                file, line = self._culprit(name, error)
                reason = f"the module cannot be imported: {type(error).__name__}: {error}"
                self.findings.append(
                    Finding(file, line, "", reason, "mend the module; its other handlers wait for it", id="handler")
                )
        return self._modules[name]

    def _culprit(self, name: str, error: BaseException) -> tuple[str, int]:
        """The last line of the project's own that the error went through."""
        file = self.folder.parent / (name.replace(".", "/") + ".py")
        if isinstance(error, SyntaxError) and error.filename:
            return error.filename, error.lineno or 0
        culprit = (str(file), 0)
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith(str(self.folder)):
                culprit = (frame.filename, frame.lineno or 0)
        return culprit

    def _is_callable(self, handler: Handler, operation: Operation) -> bool:
        try:
            wanted_arguments(handler, operation)
        except TypeError as error:
            file, line = place_of(handler)
            remedy = "name the arguments as the contract does, or take **others"
            self.findings.append(
                Finding(file, line, "", f"the handler `{handler.__name__}` {error}", remedy, id="handler")
            )
            return False
        return True

    # What nothing uses: a misspelt name is answered without a word otherwise

    def _tell_unused(self) -> None:
        """Warn of modules and functions that no operation is answered by."""
        names = {*self._tags(), UNTAGGED}
        for file in sorted(self.folder.glob("*.py")):
            # What another module has imported is its helper; what begins with `_` is no handler.
            if file.stem in names or file.stem[:1] == "_" or f"handlers.{file.stem}" in sys.modules:
                continue
            reason = f"no operation has the tag `{file.stem}`: nothing is answered by this module"
            remedy = self._home_of(file) or "name the module as the tag, in snake_case"
            meant = next(iter(get_close_matches(file.stem, names, n=1, cutoff=0.7)), None)
            if meant is not None and meant not in self._tagged:
                remedy = f"name the module as the tag, in snake_case; is `{meant}` meant?"
            self.findings.append(Finding(str(file), 0, "", reason, remedy, "warning", "handler"))
        for tag in sorted(names):
            module = self._modules.get(f"handlers.{tag}")
            if module is not None:
                self._tell_unused_functions(module)

    def _tell_unused_functions(self, module: ModuleType) -> None:
        used = {*self._found.values()}
        names = self._by_name()
        for name, function in vars(module).items():
            is_own = isfunction(function) and function.__module__ == module.__name__ and name[:1] != "_"
            if not is_own or function in used:
                continue
            file, line = place_of(function)
            reason = f"`{name}` is no operation of the tag: nothing is answered by it"
            if name in names:
                remedy = f"move it to handlers/{_module_of(names[name])}.py, where its operation is looked for"
            else:
                remedy = f"name it as the operationId, or `_{name}` where it only helps{self._called_now(name, names)}"
            self.findings.append(Finding(file, line, "", reason, remedy, "warning", "handler"))

    def _called_now(self, name: str, names: Mapping[str, Operation]) -> str:
        """What an operation is called that a function may have been written for."""
        unwritten = {one: operation for one, operation in names.items() if not self._says_something(operation)}
        near = next(iter(get_close_matches(name, unwritten, n=1, cutoff=0.8)), None)
        other = self._found.get(unwritten[near].id) if near else None
        if other is not None:  # two functions of one name are one: the later
            return f"; if `{other.__name__}` is meant, move its lines there, for that is what answers"
        return f"; is `{near}` meant?" if near else ""

    def _says_something(self, operation: Operation) -> bool:
        """Whether the operation has a handler that does more than leave the request to the double."""
        handler = self._found.get(operation.id)
        code = getattr(handler, "__code__", None)
        return handler is not None and (code is None or code.co_names != ("NotImplemented",))

    def _home_of(self, file: Path) -> str:
        """Where the functions of a module are looked for that has the name of no tag; empty where nowhere."""
        names = self._by_name()
        try:
            module = ast.parse(file.read_text("utf-8"))
        except (SyntaxError, ValueError):  # it is not imported either
            return ""
        homes = {one.name: _module_of(names[one.name]) for one in module.body if isinstance(one, ast.FunctionDef)
                 and one.name in names}  # fmt: skip
        files = ", ".join(f"handlers/{home}.py" for home in dict.fromkeys(homes.values()))
        told = ", ".join(f"`{name}`" for name in homes)
        return f"move {told} to {files}, where the operations are looked for" if homes else ""

    def _by_name(self) -> dict[str, Operation]:
        """The operations by the names that a function for one may have."""
        return {name: one for one in self._operations.values() for name in (one.id, snake_case(one.id))}

    def _tags(self) -> set[str]:
        tags: set[str] = set()
        for operation in self._operations.values():
            tags.update(map(snake_case, operation.tags))
        return tags


def _module_of(operation: Operation) -> str:
    """The module that the operation's handler is looked for in first."""
    return next((snake_case(one) for one in operation.tags), UNTAGGED)


def snake_case(text: str) -> str:
    """`Lead Management`, `leadManagement` and `lead-management` are `lead_management`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"\W+", "_", spaced).strip("_").lower()


def place_of(handler: Handler) -> tuple[str, int]:
    """The file and the line of a handler."""
    code = getattr(handler, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


@contextmanager
def _importable(project: Path) -> Iterator[None]:
    """The project's folder first on the path, and no module of another project (or an older version) in the way."""
    for name in list(sys.modules):
        if name == "handlers" or name.startswith("handlers."):
            del sys.modules[name]
    importlib.invalidate_caches()
    sys.path.insert(0, str(project))
    _declare_package(project / "handlers")
    # Two versions of a file within one second have the same time stamp: a cached one could be the old one.
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(str(project))


def _declare_package(folder: Path) -> None:
    """Make `handlers` this folder's package: one without `__init__.py` would lose to any other on the path."""
    if folder.is_dir() and not (folder / "__init__.py").is_file():
        package = ModuleType("handlers")
        package.__path__ = [str(folder)]
        sys.modules["handlers"] = package
