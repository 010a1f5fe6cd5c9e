"""Equality: whether a value that was sent is what is seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

ORDERS = frozenset({"position", "order", "index", "rank", "sequence", "priority", "sortOrder"})
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d.*([Zz]|[+-]\d\d:\d\d)$")


def same(sent: object, seen: object) -> bool:
    """Whether a value that was sent is what is seen: objects may have gained properties, 4 may be 4.0."""
    if isinstance(sent, dict):
        return isinstance(seen, dict) and all(name in seen and same(one, seen[name]) for name, one in sent.items())
    if isinstance(sent, list):
        if any(isinstance(one, dict) and ORDERS.intersection(one) for one in sent):
            return isinstance(seen, list) and len(sent) == len(seen) and _same_in_any_order(sent, seen)
        return isinstance(seen, list) and len(sent) == len(seen) and all(map(same, sent, seen))
    if isinstance(sent, bool) or isinstance(seen, bool):
        return sent is seen
    return bool(sent == seen) or _same_moment(sent, seen)


def first_difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """The first property that two views of a document do not show alike; None where there is none."""
    return next((name for name in {**one, **other} if one.get(name, ...) != other.get(name, ...)), None)


def _same_moment(sent: object, seen: object) -> bool:
    """Whether two texts are one moment, written with more or fewer digits or in another zone (RFC 3339, 5.6)."""
    if not (isinstance(sent, str) and isinstance(seen, str) and _DATE_TIME.match(sent) and _DATE_TIME.match(seen)):
        return False
    try:
        return datetime.fromisoformat(sent) == datetime.fromisoformat(seen)
    except (ValueError, TypeError):
        return False


def _same_in_any_order(sent: list[Any], seen: list[Any]) -> bool:
    """Whether each entry that was sent is there: the entries themselves say which order they are shown in."""
    left = list(seen)
    for one in sorted(sent, key=lambda entry: -len(entry) if isinstance(entry, dict) else 0):
        found = next((other for other in left if same(one, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True
