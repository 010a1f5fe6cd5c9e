"""What the journal, with what each rule decided, costs of a request: `python -m benchmarks.journal`.

The same double answers with and without it by turns, in this process: a read, a create and a refusal. The ratio of the
best rounds is what counts, for a busy machine slows both.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from benchmarks.contender import ROOT
from benchmarks.kind import PATH, STORED
from benchmarks.scale import PROMPT
from specdouble.double.app import compiled_operations
from specdouble.double.double import Double, Settings
from specdouble.double.http.operations import Operations
from specdouble.double.server import Server

ROUNDS, REQUESTS = 40, 300
_numbers = itertools.count()


def measure(rounds: int = ROUNDS) -> dict[str, tuple[float, float]]:
    """Microseconds of a request without a journal and with it, by what is asked."""
    double = Double(Settings(ROOT))
    headers = {
        b"host": b"x",
        b"authorization": f"Bearer {double.token('ada@tether.example')}".encode(),
        b"content-type": b"application/json",
    }
    operations = _operations(double)
    Server._freeze()  # as while it serves
    asked: dict[str, Callable[[], Any]] = {
        "read": lambda: operations.at_once("GET", STORED.encode(), headers, b""),
        "create": lambda: operations.at_once("POST", PATH.encode(), headers, _creation(f"created {next(_numbers)}")),
        "refusal": lambda: operations.at_once("POST", PATH.encode(), headers, _creation("taken")),
    }
    asked["refusal"]()
    found = {}
    for name, ask in asked.items():
        found[name] = _compare(operations, ask, rounds)
        double.reset()
        asked["refusal"]()
    return found


def _operations(double: Double) -> Operations:
    async def nothing(*_given: Any) -> None:
        """No other application."""

    return Operations(double, compiled_operations(double), nothing)


def _compare(operations: Operations, ask: Callable[[], Any], rounds: int) -> tuple[float, float]:
    without, with_it = [], []
    record = operations._record
    for _ in range(rounds):
        operations._record = lambda *_given: None  # type: ignore[method-assign]
        without.append(_microseconds(ask))
        operations._record = record  # type: ignore[method-assign]
        with_it.append(_microseconds(ask))
    return min(without), min(with_it)


def _microseconds(ask: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        ask()
    return (time.perf_counter() - begun) / REQUESTS * 1e6


def _creation(name: str) -> bytes:
    return json.dumps({"configurationName": name, "initialStage": "New", "defaultProcess": PROMPT}).encode()


def main() -> None:
    """Measure, and print."""
    for name, (without, with_it) in measure().items():
        print(f"{name:8} {without:6.1f} us without, {with_it:6.1f} us with the journal: {with_it / without - 1:+.1%}")


if __name__ == "__main__":
    main()
