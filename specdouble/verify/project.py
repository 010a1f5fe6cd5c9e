"""A project's own checks: plain functions in `tests/rules/`, for what no annotation can say."""

from __future__ import annotations

from specdouble.verify.case import Plan
from specdouble.verify.world import World


def project_checks(world: World) -> Plan:
    """The cases of the project's own checks."""
    return iter(())
