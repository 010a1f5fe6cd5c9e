"""Curl lines that show a failure again, from a fresh state."""

from __future__ import annotations

from specdouble.verify.verdict import Failure
from specdouble.verify.world import World


def reproduction(world: World, failure: Failure) -> str:
    """The lines of a shell script."""
    return ""
