"""How long a start takes, and how much memory is held then."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import contender as contenders
from benchmarks import large
from benchmarks.contender import ROOT, ordinary, python
from benchmarks.store import resident

_IMPORTS = "import warnings; warnings.simplefilter('ignore'); import connexion, mongomock"


class Started(NamedTuple):
    """Seconds to the first answer, seconds on a processor until then, and the memory that was held."""

    started: float
    spent: float
    mebibytes: float


def measure(rounds: int) -> dict[str, float]:
    """The medians of rounds that take turns, in seconds and MiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large.write(folder)
        started(ROOT)  # from the second start on, modules are compiled
        imports, root, big = [], [], []
        for _ in range(rounds):
            imports.append(imported())
            root.append(started(ROOT))
            big.append(started(folder))
    return {
        "importing connexion and mongomock": statistics.median(seconds for seconds, _ in imports),
        "the same on a processor": statistics.median(spent for _, spent in imports),
        "root project to its first answer": statistics.median(one.started for one in root),
        "root project on a processor": statistics.median(one.spent for one in root),
        "contract of 3 MB to its first answer": statistics.median(one.started for one in big),
        "contract of 3 MB on a processor": statistics.median(one.spent for one in big),
        "MiB of the root project": statistics.median(one.mebibytes for one in root),
        "MiB of the contract of 3 MB": statistics.median(one.mebibytes for one in big),
        "MiB with 100,000 documents": resident(100_000),
    }


def imported() -> tuple[float, float]:
    """The seconds, by the clock and on a processor, of a process that imports what any such project must."""
    began = time.perf_counter()
    process = subprocess.Popen(python("-c", _IMPORTS), env=ordinary({}))
    contenders.pin(process.pid, 0)
    before = os.times()
    assert process.wait(60) == 0
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, spent


def started(project: Path) -> Started:
    """A start of the double."""
    with contextlib.ExitStack() as stack:
        double = contenders.double(stack, project)
        return Started(double.started, double.spent, double.mebibytes)
