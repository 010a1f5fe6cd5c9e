"""The double's clock: it can stand still, or run ahead or behind."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHIFT = re.compile(r"([+-])(\d+)([smhdw])")


class Clock:
    """Tells the time of the double.

    Args:
        setting: a moment (RFC 3339) at which time stands still, a shift such as `+3h` or `-2d`
            (s, m, h, d, w), or None for the machine's time.

    Raises:
        ValueError: the setting is neither.
    """

    def __init__(self, setting: str | None = None) -> None:
        self.set(setting)

    def set(self, setting: str | None) -> None:
        """Freeze or shift the time, or go back to the machine's."""
        frozen, shift = None, timedelta()
        match = _SHIFT.fullmatch(setting) if setting else None
        if match:
            sign, number, unit = match.groups()
            shift = timedelta(**{_UNITS[unit]: int(sign + number)})
        elif setting:
            try:
                frozen = datetime.fromisoformat(setting)
            except ValueError:
                message = f"`{setting}` is neither a moment (2026-05-01T09:00:00Z) nor a shift (+3h, -2d)"
                raise ValueError(message) from None
            frozen = frozen if frozen.tzinfo else frozen.replace(tzinfo=UTC)
        self._frozen, self._shift, self._shifted = frozen, shift, shift.total_seconds()
        self._second, self._written = -1, ""

    def now(self) -> datetime:
        """The time, in UTC."""
        return (self._frozen or datetime.now(UTC)).astimezone(UTC) + self._shift

    def seconds(self) -> float:
        """The time in seconds since the epoch."""
        return (self._frozen.timestamp() if self._frozen else time.time()) + self._shifted

    def timestamp(self, after: object = None) -> str:
        """The time as `2026-05-01T09:00:00.000Z`.

        Args:
            after: an earlier timestamp; while the clock runs, the answer is later, be it by a millisecond.
        """
        stamp = _written(self.now()) if self._frozen or self._shift else self._running()
        if isinstance(after, str) and stamp <= after and self._frozen is None:
            with suppress(ValueError, OverflowError):
                stamp = _written(datetime.fromisoformat(after) + timedelta(milliseconds=1))
        return stamp

    def _running(self) -> str:
        """The machine's time; all but the milliseconds is written once a second."""
        second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        if second != self._second:
            self._second = second
            self._written = datetime.fromtimestamp(second, UTC).isoformat()[:-6]
        return f"{self._written}.{nanoseconds // 1_000_000:03d}Z"


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
