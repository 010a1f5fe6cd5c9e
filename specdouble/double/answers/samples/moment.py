"""Times that are written without an offset, as date pickers and databases do: a `date-time` has one (RFC 3339)."""

from __future__ import annotations

import re
from datetime import datetime

from specdouble.contract.json_type import JSON

_WITHOUT_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?")


def as_moment(value: JSON) -> str | None:
    """The same time in UTC, as RFC 3339 writes it; None where the value is no time without an offset."""
    match = _WITHOUT_OFFSET.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        datetime.fromisoformat(match[1])
    except ValueError:
        return None
    return f"{match[1]}T{match[2] or '00:00'}{match[3] or ':00'}Z"
