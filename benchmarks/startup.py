"""How long a start takes, and how much memory is held then."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks import contender as contenders
from benchmarks import large
from benchmarks.contender import ROOT, ordinary, python
from benchmarks.store import resident

_IMPORTS = "import warnings; warnings.simplefilter('ignore'); import connexion, mongomock"


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
        "importing connexion and mongomock": statistics.median(imports),
        "root project to its first answer": statistics.median(seconds for seconds, _ in root),
        "contract of 3 MB to its first answer": statistics.median(seconds for seconds, _ in big),
        "MiB of the root project": statistics.median(size for _, size in root),
        "MiB of the contract of 3 MB": statistics.median(size for _, size in big),
        "MiB with 100,000 documents": resident(100_000),
    }


def imported() -> float:
    """The seconds of a process that imports what any Connexion and mongomock project must."""
    began = time.perf_counter()
    process = subprocess.Popen(python("-c", _IMPORTS), env=ordinary({}))
    contenders.pin(process.pid, 0)
    assert process.wait(60) == 0
    return time.perf_counter() - began


def started(project: Path) -> tuple[float, float]:
    """The seconds to the first answer, and the MiB then."""
    with contextlib.ExitStack() as stack:
        double = contenders.double(stack, project)
        return double.started, double.mebibytes
