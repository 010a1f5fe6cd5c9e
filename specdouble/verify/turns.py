"""Turns: cases run side by side, and what has to be sure that nobody else writes runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Many at once, or one alone; who wants to be alone has to hold no turn beside others."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._running = 0
        self._alone = 0  # how many are alone, or wait to be

    @contextmanager
    def turn(self, *, alone: bool = False) -> Iterator[None]:
        """Run beside others while nobody is alone, or alone while nobody else runs."""
        with self._changed:
            self._alone += alone
            self._changed.wait_for(lambda: not (self._running if alone else self._alone))
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._alone -= alone
                self._changed.notify_all()
