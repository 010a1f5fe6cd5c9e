"""Keeps changes conditional.

That an operation tells tags and compares them follows from what the rule adds to it, as it does where the contract's
shape says so; a condition that must not be missing is asked for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import Guard, Keeper
from specdouble.rules.etag.rule import IF_MATCH, Conditional, ETag

_FIELD = IF_MATCH.lower().encode()


class ConditionalGuard(Guard):
    """Refuses a change that names no version."""

    rule: Conditional

    def admit(self, user: Mapping[str, Any] | None, headers: Mapping[bytes, bytes]) -> None:
        """By the condition that the request holds."""
        if _FIELD not in headers:
            raise self.refusal()


def keeper_of(rule: ETag | Conditional, *given: Resource | Clock | Contract) -> Keeper | Guard:
    """What keeps a rule of the kind."""
    made: Any = ConditionalGuard if isinstance(rule, Conditional) else Keeper
    kept: Keeper | Guard = made(rule, *given)
    return kept


KEEPER = keeper_of
