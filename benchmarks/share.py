"""Bounded shares of a processor: processes that get so much of a core each, and no more, by Linux' control groups.

Where few cores are shared by all, what several processes could do beside each other does not show: each takes the time
of the other. With a share of its own for each, small enough that all of them fit, it does.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

PERIOD = 100_000  # microseconds, in which each has its share once: what the kernel takes for one by default
_GROUPS = Path("/sys/fs/cgroup")


class NotBounded(Exception):
    """Shares cannot be given here; says why."""


@contextlib.contextmanager
def bounded(processes: Sequence[int], share: float) -> Iterator[None]:
    """Bound each of some processes to a part of a core, while the context lasts.

    Args:
        processes: their ids.
        share: of one core, above 0.

    Raises:
        NotBounded: this machine has no control groups, or this user may not make any.
    """
    made: list[Path] = []
    try:
        with contextlib.ExitStack() as stack:
            for process in processes:
                group = _parent() / f"specdouble-{os.getpid()}-{process}"
                stack.callback(_remove, group, process)
                group.mkdir()
                _bound(group, round(PERIOD * share))
                (group / "cgroup.procs").write_text(str(process))
                made.append(group)
            yield
    except OSError as error:
        if len(made) == len(processes):
            raise  # what was done meanwhile failed
        raise NotBounded(f"no control group could be made: {error}") from error


def _parent() -> Path:
    """Where groups of processors are made: version 2 has one tree, version 1 one for each kind."""
    alone = _GROUPS / "cpu"
    return alone if alone.is_dir() else _GROUPS


def _bound(group: Path, quota: int) -> None:
    if (group / "cpu.cfs_quota_us").exists():
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
    else:
        (group / "cpu.max").write_text(f"{quota} {PERIOD}")


def _remove(group: Path, process: int) -> None:
    with contextlib.suppress(OSError):  # the process has ended, or was never put there
        (group.parent / "cgroup.procs").write_text(str(process))
    with contextlib.suppress(OSError):
        group.rmdir()
