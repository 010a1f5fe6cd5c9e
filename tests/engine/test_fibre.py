"""Plain functions wait in the event loop as in a thread: others go on meanwhile, and what comes of it comes to them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest

from specdouble.double.state.problem import Problem
from specdouble.double.state.store.engine.fibre import awaited, driven, elsewhere, in_fibre, outcome, pause
from specdouble.double.state.store.engine.gathering import Gathering, Sharing
from specdouble.double.state.store.engine.outage import away

LONG = 10.0  # seconds, which no test waits for


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each gives in a fibre of its own, all in one thread; what it raises, where it does."""

    async def run() -> list[Any]:
        return await asyncio.gather(*map(in_fibre, calls), return_exceptions=True)

    return asyncio.run(run())


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What a call gives in a thread, which is left behind where it takes longer."""
    given: Future[Any] = Future()
    threading.Thread(target=lambda: given.set_result(call()), daemon=True).start()
    return given.result(seconds)


def test_others_go_on_while_one_waits_and_one_thread_is_enough() -> None:
    told: list[str] = []
    threads: set[int] = set()

    def tell(name: str) -> None:
        for _ in range(2):
            threads.add(threading.get_ident())
            told.append(name)
            pause(0.01)

    together(lambda: tell("a"), lambda: tell("b"))

    assert told == ["a", "b", "a", "b"]
    assert len(threads) == 1


def test_what_fails_is_met_where_it_was_waited_for() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise away()

    def try_it() -> str:
        try:
            awaited(fail())
        except Problem as problem:
            return f"met {problem.status}"
        return "missed"

    assert together(try_it) == ["met 503"]
    [error] = together(lambda: awaited(fail()))
    assert isinstance(error, Problem)


def test_each_has_the_context_of_its_own_task() -> None:
    name: ContextVar[str] = ContextVar("name")

    def keep(own: str) -> tuple[str, str]:
        name.set(own)
        pause(0.01)
        return name.get(), elsewhere(name.get)

    assert together(lambda: keep("a"), lambda: keep("b")) == [("a", "a"), ("b", "b")]


def test_what_keeps_a_thread_waiting_runs_in_another_one() -> None:
    has_begun = threading.Event()

    def wait() -> bool:
        return elsewhere(lambda: has_begun.wait(LONG))

    assert together(wait, has_begun.set)[0]


@pytest.mark.parametrize("gives", [lambda call: call(), lambda call: threading.Thread(target=call).start()])
def test_a_future_is_waited_for_whoever_gives_what_it_has(gives: Callable[[Callable[[], None]], None]) -> None:
    future: Future[int] = Future()

    assert together(lambda: outcome(future), lambda: outcome(future), lambda: gives(lambda: future.set_result(3)))[
        :2
    ] == [
        3,
        3,
    ]


def test_a_future_is_waited_for_as_long_as_is_said() -> None:
    [error] = together(lambda: outcome(Future[None](), 0.01))

    assert isinstance(error, TimeoutError)


def test_who_is_cut_off_lets_go_of_what_it_has_before_it_ends() -> None:
    told: list[str] = []

    def hold() -> None:
        try:
            pause(LONG)
        finally:
            pause(0.001)  # to let go of it takes a call as well
            told.append("let go")

    async def cut() -> None:
        task = asyncio.create_task(in_fibre(hold))
        await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        told.append(f"cancelled {task.cancelled()}")

    begun = time.monotonic()
    asyncio.run(cut())

    assert told == ["let go", "cancelled True"]
    assert time.monotonic() - begun < LONG / 2


def test_the_steps_of_what_is_awaited_wait_as_plain_functions_do() -> None:
    told: list[str] = []

    async def steps(name: str) -> str:
        await asyncio.sleep(0.01)
        told.append(name)
        pause(0.01)
        told.append(name)
        with contextlib.suppress(Problem):
            await fail()
        return name

    async def fail() -> None:
        await asyncio.sleep(0)
        raise away()

    assert together(lambda: driven(steps("a")), lambda: driven(steps("b"))) == ["a", "b"]
    assert told == ["a", "b", "a", "b"]


def test_the_thread_that_fibres_run_in_waits_for_none_of_them() -> None:
    asked: list[list[str]] = []

    def find(ids: Any) -> list[dict[str, Any]]:
        asked.append(list(ids))
        pause(0.05)
        return [{"_id": id} for id in ids]

    gathering, sharing = Gathering(find), Sharing()

    async def run() -> list[Any]:
        fibres: list[asyncio.Task[Any]] = [asyncio.create_task(in_fibre(partial(gathering.read, id))) for id in "abc"]
        fibres.append(asyncio.create_task(in_fibre(lambda: sharing.ask(b"?", lambda: find("?")))))
        await asyncio.sleep(0.01)
        own = [gathering.read("d"), sharing.ask(b"?", lambda: find("?"))]
        return [*own, *await asyncio.gather(*fibres)]

    told = within(LONG, lambda: asyncio.run(run()))

    assert told == [{"_id": "d"}, [{"_id": "?"}], *({"_id": id} for id in "abc"), [{"_id": "?"}]]
    assert sorted(map(sorted, asked)) == [["?"], ["?"], ["a"], ["b", "c"], ["d"]]
