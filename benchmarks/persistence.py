"""What `--persist` costs of a create: `python -m benchmarks.persistence`.

A double that keeps its documents in a file and one that does not answer by turns, in this process. Told is the
processor time of the best rounds, for a busy machine slows both.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.contender import ROOT
from benchmarks.kind import PATH
from benchmarks.scale import PROMPT
from specdouble.double.assembly import compiled_operations
from specdouble.double.double import Double, Settings
from specdouble.double.http.operations import Operations
from specdouble.double.server import freeze

ROUNDS, REQUESTS = 30, 200


def measure(rounds: int = ROUNDS) -> tuple[float, float]:
    """Microseconds of a create without a file, and with one."""
    with tempfile.TemporaryDirectory() as folder:
        doubles = [Double(Settings(ROOT)), Double(Settings(ROOT, persist=Path(folder) / "state.db"))]
        asking = [_creating(double) for double in doubles]
        freeze()
        best = [float("inf"), float("inf")]
        for number in range(rounds):
            for index, ask in enumerate(asking):
                best[index] = min(best[index], _microseconds(ask, number))
        doubles[1].close()
    return best[0], best[1]


def _creating(double: Double) -> Callable[[str], Any]:
    async def nothing(*_given: Any) -> None:
        """No other application."""

    operations = Operations(double, compiled_operations(double), nothing)
    token = double.token("ada@tether.example")
    headers = {b"host": b"x", b"authorization": f"Bearer {token}".encode(), b"content-type": b"application/json"}
    return lambda name: operations.at_once("POST", PATH.encode(), headers, _creation(name))


def _creation(name: str) -> bytes:
    return json.dumps({"configurationName": name, "initialStage": "New", "defaultProcess": PROMPT}).encode()


def _microseconds(ask: Callable[[str], Any], number: int) -> float:
    begun = time.process_time()
    for index in range(REQUESTS):
        ask(f"created {number} {index}")
    return (time.process_time() - begun) / REQUESTS * 1e6


def main() -> None:
    """Measure, and print."""
    without, with_it = measure()
    print(f"create   {without:6.1f} us in memory alone, {with_it:6.1f} us with --persist: {with_it - without:+.1f} us")


if __name__ == "__main__":
    main()
