"""Answers operations where the store may have to be waited for: in fibres, and in threads what the project answers."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem
from specdouble.double.state.store.engine import attempted, driven, in_fibre
from specdouble.double.state.world import World

Result = TypeVar("Result")
Begun = Outcome | Awaitable[Outcome]
MOST = 32  # operations that wait for the store at one moment; the others wait for their turn


class _Begins(Protocol):
    @property
    def is_own(self) -> bool:
        """Whether no code of the project answers it."""

    def begin(self, request: Request, world: World) -> Begun:
        """Answer a request, or begin to."""

    def refused(self, problem: Problem) -> Outcome:
        """The answer that tells a problem."""


class Threads:
    """The threads and fibres of a process that answer operations.

    A handler stays a plain function: in a thread it waits for the store as it would for anything, and others are
    answered meanwhile. Of what the double answers itself is known that it waits for the store alone: a fibre is
    enough, and costs less. It may be called again where another writer came between what it read and what it wrote;
    what it had written is taken back before.

    Args:
        is_awaited: tells whether fibres of the loop that runs can wait for the store.
    """

    def __init__(self, is_awaited: Callable[[], bool]) -> None:
        self._is_awaited = is_awaited
        self._pool = ThreadPoolExecutor(MOST, "specdouble")
        self._fibres = asyncio.Semaphore(MOST)

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """What the function gives, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    def close(self) -> None:
        """Take nothing more, and wait for what is under way."""
        self._pool.shutdown()

    async def answer(self, operation: _Begins, request: Request, world: World) -> Outcome:
        """The answer to a request."""

        def begin() -> Begun:
            request.writes.clear()
            return operation.begin(request, world)

        try:
            if operation.is_own and self._is_awaited():
                return await self._own(begin)
            return await self._projects(begin)
        except Problem as problem:  # the store went away while something was taken back
            return operation.refused(problem)

    async def _own(self, begin: Callable[[], Begun]) -> Outcome:
        async with self._fibres:
            begun = await in_fibre(lambda: attempted(begin))
        if isinstance(begun, Outcome):
            return begun
        # What it waited for first is no store: the rest of it is still plain functions that wait for one.
        rest = begun
        return await in_fibre(lambda: driven(rest))

    async def _projects(self, begin: Callable[[], Begun]) -> Outcome:
        context = contextvars.copy_context()
        begun = await self.run(context.run, attempted, begin)
        if isinstance(begun, Outcome):
            return begun
        # A handler that waits goes on where it may: in the loop, as the exchange that began in the thread.
        return await asyncio.get_running_loop().create_task(_waited_for(begun), context=context)


async def _waited_for(begun: Awaitable[Outcome]) -> Outcome:
    return await begun
