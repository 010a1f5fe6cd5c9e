"""Which values make who is created powerful: a run takes the mildest, for its users may outlive it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_GRANTING = re.compile(
    r"role|permission|privilege|access|rights|authorit|level|(user|member|account)_?(type|kind)", re.IGNORECASE
)
_POWERFUL = re.compile(
    r"admin|owner|root|super|manage|maintain|moderat|operator|staff|sudo|master|write|edit|full|(?<![a-z])host",
    re.IGNORECASE,
)
_FLAG = re.compile(
    r"(is_?|site_?|super_?)*(admin|administrator|user|staff|root|owner|host|manager|moderator)", re.IGNORECASE
)
_MILD = re.compile(r"user|member|guest|view|read|none|basic|visitor|public|least|minimal|low", re.IGNORECASE)


def grants(name: str) -> bool:
    """Whether a property says what somebody may do, by its name: `role`, `accessLevel`, `user_type`."""
    return _GRANTING.search(name) is not None


def is_powerful(value: object) -> bool:
    """Whether a value sounds like more than a usual user's: `ADMIN`, `project:write`."""
    return isinstance(value, str) and _POWERFUL.search(value) is not None


def empowers(flag: str) -> bool:
    """Whether a truth makes somebody powerful, by its name: `isAdmin`, `is_superuser`, `host`."""
    return _FLAG.fullmatch(flag) is not None and is_powerful(flag)


def tells_of_rights(name: str) -> bool:
    """Whether a property says what somebody may do, by a value or a truth: `roles`, `admin`."""
    return grants(name) or empowers(name)


def follows(name: str, changed: Iterable[str]) -> bool:
    """Whether a property tells of rights, and one that was changed does: who is given a right is shown with it."""
    return tells_of_rights(name) and any(map(tells_of_rights, changed))


def mildest(values: Sequence[Any], preferred: Sequence[Any] = ()) -> Any:
    """The value that sounds least privileged; of such that sound alike, the first.

    Args:
        values: what there is to choose from, one at least.
        preferred: those of them that a contract shows: one that is not privileged is taken before all.
    """
    shown = [one for one in preferred if one in values and not is_powerful(one)]
    return shown[0] if shown else min(values, key=_power)


def _power(value: object) -> int:
    if is_powerful(value):
        return 2
    return 0 if isinstance(value, str) and _MILD.search(value) else 1
