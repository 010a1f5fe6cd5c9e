"""Keeps an operation for callers of its roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.double.state.keeper import Guard
from specdouble.rules.roles.rule import Roles


class RolesGuard(Guard):
    """Refuses whoever has none of the roles."""

    rule: Roles

    def admit(self, user: Mapping[str, Any] | None, headers: Mapping[bytes, bytes]) -> None:
        """By the claim of the caller."""
        if user is None or not self.rule.admits(user.get(self.rule.claim)):
            raise self.refusal()


KEEPER = RolesGuard
