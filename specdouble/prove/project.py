"""A project's own mutants: plain functions in `tests/mutants/`, for what no annotation can say.

from specdouble.prove import mutant

@mutant("an inactive configuration takes leads", kills="custom:inactive_takes_no_leads")
def inactive_takes_leads(factories: Factories) -> Factories: ...
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from specdouble.prove.fault import Change, Mutant

FOLDER = Path("tests") / "mutants"
_registered: list[Mutant] = []
_argued: dict[str, str] = {}


class WrongMutant(Exception):
    """A file of the project's own mutants cannot be loaded."""


def mutant(
    sentence: str, kills: str | tuple[str, ...] = (), operations: tuple[str, ...] = ()
) -> Callable[[Change], Change]:
    """Make a function that changes the factories of a double a mutant.

    Args:
        sentence: what went wrong, in the words of the business.
        kills: the rules and checks that it is for to see it.
        operations: the ids of the operations that have the fault.
    """

    def register(change: Change) -> Change:
        name = getattr(change, "__name__", "mutant").replace("_", "-")
        concerns = (kills,) if isinstance(kills, str) else kills
        _registered.append(Mutant("custom", name, sentence, change, concerns, operations))
        return change

    return register


def equivalent(id: str, why: str) -> None:
    """Argue that the project's own code makes a generated mutant's fault good: it is listed with the argument.

    Args:
        id: the mutant's.
        why: why no request can show its fault.
    """
    _argued[id] = why


def project_mutants(project: Path, generated: Sequence[Mutant]) -> list[Mutant]:
    """The generated mutants, those argued to be equivalent marked, and the mutants that the project's files register.

    Raises:
        WrongMutant: a file cannot be loaded, or argues about a mutant that there is not.
    """
    _registered.clear()
    _argued.clear()
    for file in sorted((project / FOLDER).glob("*.py")):
        if file.stem.startswith("_"):
            continue
        spec = importlib.util.spec_from_file_location(f"specdouble_mutants_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise WrongMutant(f"{file} cannot be loaded")
        try:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        except Exception as error:
            raise WrongMutant(f"{file} cannot be loaded: {type(error).__name__}: {error}") from None
    unknown = sorted(_argued.keys() - {one.id for one in generated})
    if unknown:
        raise WrongMutant(f"`equivalent` names the mutant `{unknown[0]}`, which the contract does not imply")
    marked = [replace(one, equivalent=one.equivalent or _argued.get(one.id, "")) for one in generated]
    return [*marked, *_registered]
