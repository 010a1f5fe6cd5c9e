"""Measures the double beside bare uvicorn, stock Connexion and Prism: `python -m benchmarks`.

It prints a report, and writes `results.json` and `results.svg` beside this file. `--quick` takes about a minute
and writes nothing. Everything is served and asked on this machine's loopback; servers share one core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import plot, report, rounds, scale, stages, startup
from benchmarks.rounds import Pace

Result = TypeVar("Result")
FOLDER = Path(__file__).parent
SIZES, QUICK_SIZES = [0, 10_000, 100_000], [0]
BEARABLE = 10_000


def main() -> None:
    """Run everything, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute, without large stores")
    quick = parser.parse_args().quick
    sizes, pace = (QUICK_SIZES, Pace(3, 0.2)) if quick else (SIZES, Pace(7, 0.5))
    results: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}",
        "rounds": rounds.compare(sizes, pace, BEARABLE, say),
        "stages": _told("stages ...", stages.measure),
        "scale": _told("growth ...", scale.measure),
        "startup": _told("start ...", lambda: startup.measure(3 if quick else 5)),
    }
    print("\n".join(["", *report.lines(results)]))
    if not quick:
        (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        (FOLDER / "results.svg").write_text(plot.svg(results["rounds"], sizes), "utf-8")


def say(text: str) -> None:
    """Tell what is under way."""
    print(text, flush=True)


def _told(text: str, run: Callable[[], Result]) -> Result:
    say(text)
    return run()


if __name__ == "__main__":
    main()
