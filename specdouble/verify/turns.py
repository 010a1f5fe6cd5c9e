"""Turns: cases run side by side, and what has to be sure that nobody else writes runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Many at once, or one alone; who wants to be alone has to hold no turn beside others."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._beside = 0  # how many run beside others
        self._alone = 0  # how many are alone, or wait to be

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """Run while others may, and nobody is alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._beside += 1
        try:
            yield
        finally:
            with self._changed:
                self._beside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run while nobody else does."""
        with self._changed:
            self._alone += 1
            self._changed.wait_for(lambda: not self._beside)
            self._beside += 1
        try:
            yield
        finally:
            with self._changed:
                self._beside -= 1
                self._alone -= 1
                self._changed.notify_all()
