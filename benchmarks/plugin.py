"""What a world costs a test, beside a plain call of the same client to the same server, in one run.

    python -m benchmarks.plugin [--rounds N]

The server is in this process: told is the processor time of both sides, and how long the test waits. The rounds of each
kind take turns, and the median of each is told: what else the machine does falls on all of them.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import httpx

from specdouble.testing import double

USER, PATH = "ada@tether.example", "/api/prompts/user"
ROUNDS = 500


class Cost(NamedTuple):
    """Seconds that a round takes: of a processor, and on the clock."""

    processor: float
    clock: float


def main() -> int:
    """Print a line for each kind of round."""
    rounds = int(sys.argv[2]) if sys.argv[1:2] == ["--rounds"] else ROUNDS
    with double(".") as server, httpx.Client(base_url=server.url) as client:
        client.headers.update(server.world("plain").credentials(USER)["headers"])

        def plain() -> None:
            client.get(PATH).raise_for_status()

        def world() -> None:
            with server.world():
                pass

        def world_and_client() -> None:
            with server.world() as own:
                own.client(USER)

        def world_and_call() -> None:
            with server.world() as own:
                own.client(USER).get(PATH).raise_for_status()

        def client_and_call() -> None:
            with httpx.Client(base_url=server.url, headers=client.headers) as own:
                own.get(PATH).raise_for_status()

        kinds: dict[str, Callable[[], None]] = {
            "a plain call": plain,
            "a client of httpx, that asks once": client_and_call,
            "a world": world,
            "a world, and a client of a user": world_and_client,
            "a world, and such a client that asks once": world_and_call,
        }
        found = medians(kinds, rounds)
    unit = found["a plain call"]
    for name, cost in found.items():
        times = f"{1000 * cost.processor:6.2f} ms of a processor, {1000 * cost.clock:6.2f} ms on the clock"
        print(f"{name:42} {times}  {cost.processor / unit.processor:5.1f} plain calls")
    return 0


def medians(kinds: dict[str, Callable[[], None]], rounds: int) -> dict[str, Cost]:
    """What a round of each kind takes."""
    taken: dict[str, list[Cost]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, run in kinds.items():
            processor, clock = time.process_time(), time.perf_counter()
            run()
            taken[name].append(Cost(time.process_time() - processor, time.perf_counter() - clock))
    return {name: Cost(*map(statistics.median, zip(*costs, strict=True))) for name, costs in taken.items()}


if __name__ == "__main__":
    sys.exit(main())
