"""The time that a server has to end, once it is asked to."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from pathlib import Path

_LAST = 5  # seconds for what was cut to let itself be cut
_TOLD = 1  # second to say what ends it, should nobody read that
_POLL = 0.1
_log = logging.getLogger("specdouble")


class Deadline:
    """When requests that are under way are cut, and when the process ends whether they let themselves be or not.

    A handler that is no coroutine holds the loop: while it does not come back nothing can be cut, or said. So a
    thread waits beside it. Signals only leave notes: they may come while a lock is held, and must not ask for it.

    Args:
        grace: seconds for what is under way.
    """

    def __init__(self, grace: float) -> None:
        self.grace = grace
        self._asked: float | None = None
        self._is_hurried = self._is_met = False

    def watch(self) -> None:
        """End the process, should it not end in time."""
        threading.Thread(target=self._watch, daemon=True, name="deadline").start()

    def ask(self) -> None:
        """Let the time begin to run; whoever asks twice does not want to wait."""
        if self._asked is None:
            self._asked = time.monotonic()
        else:
            self._is_hurried = True

    def met(self) -> None:
        """All has come to its end."""
        self._is_met = True

    async def passed(self) -> str:
        """Wait until it is over; how long that was, in words."""
        if self._asked is None:  # the end was asked for without a signal
            self._asked = time.monotonic()
        while not self._is_over:
            await asyncio.sleep(_POLL)
        return "at once" if self._is_hurried else f"after {self.grace:g} s"

    @property
    def _is_over(self) -> bool:
        return self._is_hurried or (self._asked is not None and time.monotonic() - self._asked >= self.grace)

    def _watch(self) -> None:
        while not self._is_over:
            if self._is_met:
                return
            time.sleep(_POLL)
        for _ in range(int(_LAST / _POLL)):
            if self._is_met:
                return
            time.sleep(_POLL)
        threading.Timer(_TOLD, os._exit, [0]).start()
        _log.warning("ended by force: %s does not come back", _place())
        os._exit(0)


def _place() -> str:
    """Where the main thread is."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    if frame is None:
        return "what is under way"
    return f"`{frame.f_code.co_name}` ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})"
