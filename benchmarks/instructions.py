"""How many instructions a processor runs for some work, counted by Valgrind: no clock, no cache, no other process.

What is counted runs in a process of its own, about fifty times slower, and calls `mark` before and after each work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

is_possible = shutil.which("valgrind") is not None
_MARK = "getpgid"  # a function of the C library that nothing else here calls


def mark() -> None:
    """End what is counted, and begin anew."""
    os.getpgid(0)


def counted(*command: str) -> list[int]:
    """The instructions between each two marks of a command of this Python.

    Args:
        command: what follows `python`.

    Raises:
        subprocess.CalledProcessError: it does not end as it should.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--dump-before={_MARK}", "--quiet"]
        # Sizes of hash tables, and so the work, are the same each time.
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run([*valgrind, sys.executable, *command], env=environment, stdout=sys.stderr, check=True)
        dumps = sorted(Path(folder).glob("out.*"), key=lambda dump: int(dump.suffix[1:]))
        return [_total(dump) for dump in dumps[1:]]  # the first is what was before all marks


def _total(dump: Path) -> int:
    return int(dump.read_text("utf-8", "replace").rpartition("totals:")[2].split()[0])
