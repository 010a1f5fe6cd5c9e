"""Who reads and who changes documents beside those whom they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROLE = "role"


@dataclass(frozen=True)
class Audience:
    """Callers to whom documents are open that are not theirs.

    Args:
        anyone: whether all callers are.
        roles: the roles whose callers are.
        claim: the claim of a caller that holds the caller's role, or an array of them.
    """

    anyone: bool = False
    roles: tuple[str, ...] = ()
    claim: str = ROLE

    @property
    def is_empty(self) -> bool:
        """Whether nobody is."""
        return not self.anyone and not self.roles

    def admits(self, caller: Mapping[str, Any]) -> bool:
        """Whether a caller with these claims is one of them."""
        if self.anyone or not self.roles:
            return self.anyone
        held = caller.get(self.claim)
        return any(one in self.roles for one in (held if isinstance(held, list) else [held]))

    def __str__(self) -> str:
        return "anyone" if self.anyone else f"callers whose {self.claim} is {' or '.join(self.roles)}"


NOBODY = Audience()


@dataclass(frozen=True)
class Access:
    """What an `x-resource` says of reading or of changing.

    Args:
        by: `owner`, `tenant` or `anyone`: who may, in the place of the owner alone; empty where it does not say.
        roles: the roles that may whosever a document is.
        claim: the claim that holds a caller's role.
    """

    by: str = ""
    roles: tuple[str, ...] = ()
    claim: str = ROLE

    def beside(self, whose: str, *, is_owned: bool = True) -> Audience:
        """To whom documents are open that are not theirs, by the owner or by the tenant.

        A role sees what others own in its own organization: the documents of another are open to it where nobody
        owns them within that.

        Args:
            whose: `owner` or `tenant`.
            is_owned: whether documents have an owner.
        """
        is_open = self.by == "anyone" or (self.by == "tenant" and whose == "owner")
        roles = () if whose == "tenant" and is_owned else self.roles
        return Audience(is_open, roles, self.claim)


UNSAID = Access()
