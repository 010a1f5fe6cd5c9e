"""How a start grows with the contract: processor time to the first answer and memory, from 10 to 11,000 operations.

python -m benchmarks.growth        prints, and writes `growth.json` and `growth.svg` beside this file
"""

from __future__ import annotations

import contextlib
import json
import statistics
import tempfile
from pathlib import Path

from benchmarks import contender, large, plot

FOLDER = Path(__file__).parent
OPERATIONS_OF_ONE = 5
PROPERTIES = 24
SIZES = (10, 50, 250, 1_000, 4_000, 11_000)
ROUNDS = 3


def measure(operations: int) -> dict[str, float]:
    """The medians of some starts of a contract with that many operations."""
    resources = operations // OPERATIONS_OF_ONE
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "openapi.json"
        file.write_text(json.dumps(large.contract(resources, PROPERTIES)), "utf-8")
        starts = []
        for _ in range(ROUNDS):
            with contextlib.ExitStack() as stack:
                double = contender.double(stack, Path(name))
                # Not the time by the clock: a busy machine would have drawn another curve.
                starts.append((double.spent, double.mebibytes))
        size = file.stat().st_size
    return {
        "operations": resources * OPERATIONS_OF_ONE,
        "megabytes of the file": round(size / 1e6, 2),
        "seconds": round(statistics.median(seconds for seconds, _ in starts), 3),
        "mebibytes": round(statistics.median(mebibytes for _, mebibytes in starts), 1),
    }


def main() -> None:
    """Measure every size, print, write."""
    points = []
    for operations in SIZES:
        points.append(measure(operations))
        print(", ".join(f"{value:,} {name}" for name, value in points[-1].items()), flush=True)
    (FOLDER / "growth.json").write_text(json.dumps(points, indent=1) + "\n", "utf-8")
    (FOLDER / "growth.svg").write_text(plot.growth(points), "utf-8")


if __name__ == "__main__":
    main()
