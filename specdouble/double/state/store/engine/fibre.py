"""Plain functions that wait for a server in the event loop, as cheaply as one that is awaited.

A thread that waits costs a hand-over to it, one back, and each of its calls the interpreter's lock twice. A **fibre**
is a plain function that the loop's own thread runs: where it waits, its stack is put aside, and the loop goes on with
others. So the same code, which knows nothing of it, runs in a thread or in a fibre; only what waits asks here how.

In a fibre nothing may keep the thread waiting, and no lock of threads may be held while it waits: another fibre of the
same thread would wait for it for ever. What has to do so runs `elsewhere`. And a plain function that the loop calls
without a fibre may not wait for what a fibre is to give.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from specdouble.double.state.cancellation import is_cancelled
from specdouble.double.state.problem import Problem

Given = TypeVar("Given")


class _Fibre(greenlet):  # type: ignore[misc]
    """A stack of its own, in the context of the task that waits for it."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(call)
        self.gr_context = getcurrent().gr_context


async def in_fibre(call: Callable[[], Given]) -> Given:
    """What a plain function gives, which waits as a fibre does.

    Args:
        call: the function. Where the task is cancelled, it meets a problem, and ends as it may.
    """
    fibre = _Fibre(call)
    given: Given = await _ended(fibre, fibre.switch())
    return given


async def _ended(fibre: _Fibre, given: Any) -> Any:
    """What comes of a fibre, which has given what it waits for, or what comes of it."""
    while not fibre.dead:
        try:
            found = await given
        except BaseException as error:
            if is_cancelled(error):
                with suppress(Exception):
                    await _ended(fibre, fibre.throw(Problem(503, "The server ends")))
                raise
            given = fibre.throw(error)
        else:
            given = fibre.switch(found)
    return given


def driven(begun: Awaitable[Given]) -> Given:
    """What comes of it, each of its steps done in this fibre: the plain functions that it calls wait as all do here."""
    steps = begun.__await__()
    error: BaseException | None = None
    while True:
        try:
            step = next(steps) if error is None else steps.throw(error)
        except StopIteration as end:
            given: Given = end.value
            return given
        try:
            error = None
            awaited(_Step(step))
        except BaseException as met:
            error = met


class _Step:
    """What an awaitable waits for next.

    Args:
        step: as it tells the loop.
    """

    def __init__(self, step: object) -> None:
        self._step = step

    def __await__(self) -> Generator[object, None, None]:
        yield self._step


def is_in_fibre() -> bool:
    """Whether a fibre runs, and no thread that may wait."""
    return isinstance(getcurrent(), _Fibre)


def awaited(awaitable: Awaitable[Given]) -> Given:
    """What comes of it; the fibre that runs waits for it."""
    loop = getcurrent().parent
    assert loop is not None, "no fibre runs"
    found: Given = loop.switch(awaitable)
    return found


def pause(seconds: float) -> None:
    """Wait so long."""
    if is_in_fibre():
        awaited(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


def outcome(future: Future[Given], timeout: float | None = None) -> Given:
    """What a future has, once it has it: whoever gives it may be a thread or a fibre.

    Raises:
        TimeoutError: so many seconds have passed.
    """
    if future.done() or not is_in_fibre():
        return future.result(timeout)
    return awaited(_outcome(future, timeout))


async def _outcome(future: Future[Given], timeout: float | None) -> Given:
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def go_on() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def tell(_future: Future[Given]) -> None:
        if asyncio._get_running_loop() is loop:  # another fibre of this thread
            go_on()
        else:
            loop.call_soon_threadsafe(go_on)

    future.add_done_callback(tell)
    if timeout is None:
        await waiter
    else:
        await asyncio.wait_for(waiter, timeout)
    return future.result()


def elsewhere(call: Callable[[], Given]) -> Given:
    """What a function gives that may keep a thread waiting: a fibre has it run in one."""
    if not is_in_fibre():
        return call()
    run = contextvars.copy_context().run
    return awaited(asyncio.get_running_loop().run_in_executor(None, run, call))
