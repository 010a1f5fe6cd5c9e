"""A project's own checks: plain functions in `tests/rules/`, for what no annotation can say.

from specdouble.verify import Broken, Trial, rule

@rule("an inactive configuration is refused by the outreach webhook")
def inactive_is_refused(trial: Trial) -> None: ...
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from specdouble.unforeseen import place_of
from specdouble.verify.case import Case, Plan
from specdouble.verify.problem import CheckFailed, CouldNotRun, Interruption, WrongUse
from specdouble.verify.session import Session
from specdouble.verify.trial import Attempt, Trial


@dataclass(frozen=True)
class ProjectCheck:
    """One function of the project.

    Args:
        sentence: the rule that it tries.
        check: the row that it counts for: its own, or a rule or check that it deepens.
        run: the function.
        operations: the ids of the operations that it is about.
    """

    sentence: str
    check: str
    run: Attempt
    operations: tuple[str, ...] = ()


_registered: list[ProjectCheck] = []


def rule(sentence: str, of: str | None = None, operations: tuple[str, ...] = ()) -> Callable[[Attempt], Attempt]:
    """Make a function a check of the project's own.

    Args:
        sentence: the rule, as one sentence.
        of: the id of a rule of the contract, or the name of a check, that this belongs to.
        operations: the ids of the operations that it is about.
    """

    def register(run: Attempt) -> Attempt:
        _registered.append(ProjectCheck(sentence, of or f"custom:{run.__name__}", run, operations))
        return run

    return register


def project_checks(session: Session) -> Plan:
    """The cases of the project's own checks.

    Raises:
        WrongUse: a file of theirs cannot be loaded.
    """
    for check in load(session.settings.checks) if session.settings.checks else ():
        if session.selection.takes(check.check) and session.selection.concerns(check.operations):
            yield Case(check.check, check.sentence, _held(check.run), "", check.operations)


def _held(run: Attempt) -> Attempt:
    """The function, whose own faults are told as such."""

    @wraps(run)
    def held(trial: Trial) -> None:
        try:
            run(trial)
        except (Interruption, CouldNotRun, WrongUse):
            raise
        except Exception as error:
            told = f"{run.__name__} raised {type(error).__name__}: {error} ({place_of(error)})"
            raise CheckFailed(f"{told}\n    remedy: mend it; to find a server wrong it raises Broken") from error

    return held


def load(folder: Path) -> list[ProjectCheck]:
    """The checks that the files of the folder register.

    Raises:
        WrongUse: the folder is missing, or a file cannot be loaded.
    """
    if not folder.is_dir():
        raise WrongUse(f"the folder of the project's own checks, {folder}, does not exist")
    _registered.clear()
    for path in sorted(folder.glob("*.py")):
        name = f"specdouble_rules_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise WrongUse(f"{path.name} cannot be loaded: {type(error).__name__}: {error}") from None
    return list(_registered)


__all__ = ["ProjectCheck", "Trial", "load", "project_checks", "rule"]
