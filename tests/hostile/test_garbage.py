"""What has left is gone: nothing of a request or a world waits for a garbage collection, for that may be long."""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from specdouble.double.server import Server
from tests.hostile.doubles import SETTINGS, AsgiServer, Running, request, running
from tests.hostile.requests import SEEDS, case

WORLDS = 3
_FIELD = b"\r\n\r\n"


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """What of ours is found by the garbage collection that comes with the end of the context, by its type."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        kinds = [type(one) for one in gc.garbage]
        found.update(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if _is_ours(kind))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _is_ours(kind: type) -> bool:
    return kind.__module__.startswith("specdouble")


def ask(server: Running, number: int) -> None:
    """Each entrance in a world of its own, what the contract has no path for, and a changed request."""
    for seed in SEEDS:
        server.answers(seed.replace(_FIELD, b"\r\nX-Specdouble-World: world-%d\r\n\r\n" % number, 1))
    server.answers(request(target=f"/nothing/{number}"))
    server.answers_in_turn(*case(random.Random(number)))


@pytest.mark.parametrize("kind", [Server, AsgiServer])
def test_requests_and_worlds_leave_nothing_to_be_collected(kind: type[Server]) -> None:
    with running(kind, settings=replace(SETTINGS, worlds=WORLDS)) as server:
        ask(server, 0)
        with garbage() as found:
            for number in range(1, 4 * WORLDS):
                ask(server, number)
        assert not found
