"""What a world costs a test, beside a plain call of the same client to the same server, in one run.

    python -m benchmarks.plugin [--rounds N]

The rounds of each kind take turns, and the median of each is told: what else the machine does falls on all of them.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import httpx

from specdouble.testing import double

USER, PATH = "ada@tether.example", "/api/prompts/user"
ROUNDS = 500


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

        kinds: dict[str, Callable[[], None]] = {
            "a plain call": plain, "a world": world, "a world, and a client of a user": world_and_client,
        }  # fmt: skip
        found = medians(kinds, rounds)
    for name, seconds in found.items():
        print(f"{name:34} {1000 * seconds:6.2f} ms  {seconds / found['a plain call']:5.1f} plain calls")
    return 0


def medians(kinds: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """The seconds that a round of each kind takes."""
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, run in kinds.items():
            begun = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(found) for name, found in taken.items()}


if __name__ == "__main__":
    sys.exit(main())
