"""The time that a server has to end, once it is asked to."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from concurrent.futures import thread
from pathlib import Path
from types import FrameType

_LAST = 5  # seconds for what was cut to let itself be cut
_TOLD = 1  # second to say what ends it, should nobody read that
_POLL = 0.1
_log = logging.getLogger("specdouble")


class Deadline:
    """When requests that are under way are cut, and when the process ends whether they let themselves be or not.

    A handler that is no coroutine holds the loop, or a thread that the end waits for: while it does not come back,
    nothing can be cut, or said. So a thread waits beside it. Signals only leave notes: they may come while a lock is
    held, and must not ask for it.

    Args:
        grace: seconds for what is under way.
    """

    def __init__(self, grace: float) -> None:
        self.grace = grace
        self._asked: float | None = None
        self._is_hurried = False
        self._met = threading.Event()

    def watch(self) -> None:
        """End the process, should it not end in time."""
        threading.Thread(target=self._watch, daemon=True, name="deadline").start()

    def ask(self, *, at_once: bool) -> None:
        """Let the time begin to run, or be over at once."""
        if self._asked is None:
            self._asked = time.monotonic()
        self._is_hurried = self._is_hurried or at_once

    def met(self) -> None:
        """All has come to its end."""
        self._met.set()

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
            if self._met.wait(_POLL):
                return
        if self._met.wait(_LAST):
            return
        threading.Timer(_TOLD, os._exit, [0]).start()
        _log.warning("ended by force: %s does not come back", ", ".join(_places()))
        os._exit(0)


def _places() -> list[str]:
    """Where those threads are that answer operations; where none does, the main one."""
    answering = [one for one in threading.enumerate() if not one.daemon and one is not threading.main_thread()]
    at = sys._current_frames()
    busy = [_place(at[one.ident]) for one in answering if one.ident in at and not _is_idle(at[one.ident])]
    main = at.get(threading.main_thread().ident or 0)
    return sorted(set(busy)) or ["what is under way" if main is None else _place(main)]


def _is_idle(frame: FrameType) -> bool:
    """Whether a thread of a pool waits there for something to do."""
    return frame.f_code.co_filename == thread.__file__


def _place(frame: FrameType) -> str:
    return f"`{frame.f_code.co_name}` ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})"
