"""The answers that go on until somebody leaves: bounded, and ended with the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from specdouble.double.state.problem import Problem

MOST = 32
_PATIENCE = 1.0  # seconds for all of them to end


class Streams:
    """Counts the answers that go on, and tells them when to end."""

    def __init__(self) -> None:
        self._open = 0
        self._ending = False
        self._changed = asyncio.Event()

    @contextmanager
    def one(self) -> Iterator[None]:
        """An answer that goes on while the context lasts.

        Raises:
            Problem: 503, there are as many as there may be, or the server ends.
        """
        if self._ending or self._open >= MOST:
            detail = f"{MOST} consoles or waiting requests are open, which is all there may be: close one"
            raise Problem(503, "Too many streams", detail, headers={"Retry-After": "1"})
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def rest(self, seconds: float) -> bool:
        """Let time pass; False where the answer is to end."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return True
        return not self._ending

    async def end(self) -> None:
        """Have all of them end now, and take no more."""
        self._ending = True
        self._changed.set()
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while self._open and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
