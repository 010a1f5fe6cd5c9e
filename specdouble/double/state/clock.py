"""The double's clock: it can stand still, run ahead or behind, or faster than the machine's."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_FASTEST = 1_000_000
_FIRST, _LAST = -62_135_596_800, 253_402_300_799  # the years 1 and 9999, in seconds since the epoch
_SHIFT = re.compile(r"([+-])(\d{1,15})([smhdw])")


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
        """Freeze or shift the time, or go back to the machine's.

        Raises:
            ValueError: the setting is neither a moment nor a shift.
        """
        if not setting:
            self.run()
            return
        match = _SHIFT.fullmatch(setting)
        if match:
            sign, number, unit = match.groups()
            self.run(time.time() + int(sign + number) * _UNITS[unit])
        else:
            self.run(_moment(setting).timestamp(), speed=0)

    def run(self, moment: float | None = None, speed: float = 1) -> None:
        """Let time run on from a moment.

        Args:
            moment: in seconds since the epoch; None for the machine's present.
            speed: seconds of the double in a second of the machine; 0 stops time.

        Raises:
            ValueError: the moment is none that a timestamp could be written of, or the speed is none.
        """
        if not 0 <= speed <= _FASTEST:
            raise ValueError(f"the speed is between 0 and {_FASTEST}, not {speed:g}")
        if moment is not None and not _FIRST <= moment <= _LAST:
            raise ValueError("the moment lies outside of the years 1 to 9999")
        self.speed = speed
        self.is_machines = moment is None and speed == 1
        self._since = time.time()
        self._moment = self._since if moment is None else moment
        self._second, self._written = -1, ""

    def setting(self) -> tuple[float, float, float] | None:
        """How it is set: a moment, when it was that moment, and the speed; None where it is the machine's."""
        return None if self.is_machines else (self._moment, self._since, self.speed)

    def resume(self, moment: float, since: float, speed: float) -> None:
        """Go on as a clock did that was told so: what runs has run on meanwhile.

        Raises:
            ValueError: it is no such setting.
        """
        self.run(moment, speed)
        self._since = since

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """The time in seconds since the epoch."""
        if self.is_machines:
            return time.time()
        return min(self._moment + (time.time() - self._since) * self.speed, _LAST)

    def timestamp(self, after: object = None) -> str:
        """The time as `2026-05-01T09:00:00.000Z`.

        Args:
            after: an earlier timestamp; while the clock runs, the answer is later, be it by a millisecond.
        """
        stamp = self._running() if self.is_machines else _written(self.now())
        if isinstance(after, str) and stamp <= after and self.speed:
            return _following(after) or stamp
        return stamp

    def _running(self) -> str:
        """The machine's time; all but the milliseconds is written once a second."""
        second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        if second != self._second:
            self._second = second
            self._written = datetime.fromtimestamp(second, UTC).isoformat()[:-6]
        return f"{self._written}.{nanoseconds // 1_000_000:03d}Z"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"`{text}` is neither a moment (2026-05-01T09:00:00Z) nor a shift (+3h, -2d)"
        raise ValueError(message) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _following(stamp: str) -> str | None:
    """A millisecond later; None where the text is no timestamp, or the last one."""
    try:
        return _written(datetime.fromisoformat(stamp) + timedelta(milliseconds=1))
    except (ValueError, OverflowError):
        return None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
