"""The verifier: tries to break the rules of a contract on any server, over HTTP alone."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specdouble.verify.document import Document
    from specdouble.verify.problem import Broken, CouldNotRun, NotExercised, WrongUse
    from specdouble.verify.project import rule
    from specdouble.verify.settings import Account, Login, Settings, load
    from specdouble.verify.trial import Trial
    from specdouble.verify.verdict import Failure, Row, Verdict
    from specdouble.verify.verification import Show, verify

__all__ = [
    "Account",
    "Broken",
    "CouldNotRun",
    "Document",
    "Failure",
    "Login",
    "NotExercised",
    "Row",
    "Settings",
    "Show",
    "Trial",
    "Verdict",
    "WrongUse",
    "load",
    "rule",
    "verify",
]

_HOMES = {
    "problem": ("Broken", "CouldNotRun", "NotExercised", "WrongUse"),
    "project": ("rule",),
    "settings": ("Account", "Login", "Settings", "load"),
    "trial": ("Document", "Trial"),
    "verdict": ("Failure", "Row", "Verdict"),
    "verification": ("Show", "verify"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: the command line's help needs none of it (PEP 562)."""
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
