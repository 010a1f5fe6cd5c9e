"""Moments, as servers write them."""

from __future__ import annotations

from datetime import UTC, datetime

_MILLISECONDS_FROM = 1e11  # as seconds, a number as large would be in the year 5138


def moment(written: object) -> datetime | None:
    """The moment that a timestamp tells; None where it tells none."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return datetime.fromtimestamp(written / 1000 if written > _MILLISECONDS_FROM else written, UTC)
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found if found.tzinfo else None


def resolution(written: object) -> float:
    """Seconds between two moments that are told apart where they are written like this one.

    Many servers keep whole seconds, and write no fraction or one of zeros (RFC 3339, 5.6, leaves it to them). 0 of what
    tells no moment.
    """
    told = moment(written)
    if told is None:
        return 0
    fraction = f"{told.microsecond:06}".rstrip("0")
    return float(10 ** -len(fraction))
