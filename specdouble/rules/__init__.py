"""The kinds of rules: one folder each, and the one list of them.

    <kind>/rule.py      what it is: where it stands, how it is read and checked, what it says
    <kind>/keep.py      how the double keeps it
    <kind>/attack.py    how the verifier attacks it
    <kind>/faults.py    how `prove` breaks it
    <kind>/probe.py     how `discover` sees whether a server keeps one, where nobody says so; not every kind has it

Each part of the package loads the files of its own name alone, so that the double never meets an attack.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

KINDS = (
    "unique",
    "references",
    "owner",
    "tenant",
    "readonly",
    "default",
    "immutable",
    "transitions",
    "timestamp",
    "computed",
    "roles",
    "limit",
    "softdelete",
    "etag",
    "idempotency",
    "listing",
    "validations",
)


@cache
def of_all(file: str) -> dict[str, ModuleType]:
    """That file of every kind, by the kind's folder, in the order of the list.

    Args:
        file: `rule`, `keep`, `attack` or `faults`.
    """
    return {kind: import_module(f"{__name__}.{kind}.{file}") for kind in KINDS}


@cache
def of_some(file: str) -> dict[str, ModuleType]:
    """That file of every kind that has one, by the kind's folder, in the order of the list.

    Args:
        file: `probe`.
    """
    having = [kind for kind in KINDS if find_spec(f"{__name__}.{kind}.{file}")]
    return {kind: import_module(f"{__name__}.{kind}.{file}") for kind in having}
