"""Answers operations by threads, where the store may have to be waited for."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem
from specdouble.double.state.store.engine import attempted
from specdouble.double.state.world import World

Result = TypeVar("Result")
MOST = 32  # operations that wait for the store at one moment; the others wait for a thread


class _Begins(Protocol):
    def begin(self, request: Request, world: World) -> Outcome | Awaitable[Outcome]:
        """Answer a request, or begin to."""

    def refused(self, problem: Problem) -> Outcome:
        """The answer that tells a problem."""


class Threads:
    """The threads of a process that answer operations.

    A handler stays a plain function: it waits for the store as it would for anything, and others are answered
    meanwhile. It may be called again where another writer came between what it read and what it wrote; what it had
    written is taken back before.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MOST, "specdouble")

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """What the function gives."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    def close(self) -> None:
        """Take nothing more, and wait for what is under way."""
        self._pool.shutdown()

    async def answer(self, operation: _Begins, request: Request, world: World) -> Outcome:
        """The answer to a request."""
        context = contextvars.copy_context()

        def begin() -> Outcome | Awaitable[Outcome]:
            request.writes.clear()
            return operation.begin(request, world)

        try:
            begun = await self.run(context.run, attempted, begin)
        except Problem as problem:  # the store went away while something was taken back
            return operation.refused(problem)
        if isinstance(begun, Outcome):
            return begun
        # A handler that waits goes on where it may: in the loop, as the exchange that began in the thread.
        return await asyncio.get_running_loop().create_task(_waited_for(begun), context=context)


async def _waited_for(begun: Awaitable[Outcome]) -> Outcome:
    return await begun
