"""Prove: seeds one fault at a time into the double, and counts which of them the verifier kills.

A project's own mutants need few names: `mutant` and `equivalent`; `specdouble.prove.change` helps to make them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specdouble.prove.project import equivalent, mutant

__all__ = ["equivalent", "mutant"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: the command line's help needs none of it (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from specdouble.prove import project

    return getattr(project, name)
