"""Which operations a change of the contract concerns: the contract as git has it, beside the contract as it is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from specdouble.contract import Contract, Operation, Refused, read
from specdouble.contract.pointer import fragment, look_up
from specdouble.contract.revision import NoGit, NoRevision, unpacked
from specdouble.verify.problem import CouldNotRun, WrongUse

# What people read, and no server does.
_PROSE = frozenset({"description", "summary", "externalDocs", "tags", "title"})


def concerned(contract: Contract, revision: str, overlays: Sequence[Path] = ()) -> tuple[str, ...]:
    """The ids of the operations that are new, or written otherwise, with all that they refer to.

    Args:
        contract: as it is in the working tree.
        revision: what git calls the commit before.
        overlays: what is laid over it, where it is named.

    Raises:
        WrongUse: the contract is in no repository of git, or git has no such revision.
        CouldNotRun: there is no git.
    """
    with tempfile.TemporaryDirectory(prefix="specdouble-") as folder:
        before = _contract_at(contract.path.resolve(), revision, Path(folder), overlays)
    if before is None:
        return tuple(contract.operations)
    written = {one.id: _written(before, one) for one in before.operations.values()}
    return tuple(one.id for one in contract.operations.values() if written.get(one.id) != _written(contract, one))


def _contract_at(path: Path, revision: str, folder: Path, overlays: Sequence[Path]) -> Contract | None:
    """The contract of a revision; None where it was not there yet, or cannot be read."""
    try:
        file = unpacked(path, revision, folder)
    except NoGit:
        raise CouldNotRun("--changed-since asks git, and there is none: install it, or leave the option out") from None
    except NoRevision as error:
        told = f"--changed-since: {error}: name a commit, branch or tag of the contract's repository"
        raise WrongUse(told) from None
    if file is None:
        return None
    try:
        return read(file, overlays=[_then(overlay.resolve(), path.parent, folder) for overlay in overlays])
    except Refused:
        return None


def _then(file: Path, project: Path, folder: Path) -> Path:
    """The file as it was then, where it lies in the project; else as it is now."""
    return folder / file.relative_to(project) if file.is_relative_to(project) else file


def _written(contract: Contract, operation: Operation) -> str:
    """An operation as the contract has it, and all that it refers to, as one text."""
    path_item = look_up(contract.data, operation.pointer.rpartition("/")[0])
    shared = {name: value for name, value in path_item.items() if name in ("parameters", "servers")}
    whole = {
        "operation": look_up(contract.data, operation.pointer),
        "path": operation.path,
        "shared": shared,
        "security": contract.data.get("security"),
        "schemes": contract.security_schemes,
    }
    referred: dict[str, Any] = {}
    pending = list(_references(whole))
    while pending:
        reference = pending.pop()
        if reference not in referred:
            referred[reference] = look_up(contract.data, fragment(reference))
            pending += _references(referred[reference])
    return json.dumps(_without_prose([whole, referred]), sort_keys=True, default=str)


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _without_prose(value: object) -> Any:
    if isinstance(value, dict):
        # A property may be named so: its value is a schema, and no text.
        told = {name: item for name, item in value.items() if not (name in _PROSE and not isinstance(item, dict))}
        return {str(name): _without_prose(item) for name, item in told.items()}
    return [_without_prose(item) for item in value] if isinstance(value, list) else value
