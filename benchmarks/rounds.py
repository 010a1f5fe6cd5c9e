"""Interleaved rounds: each kind of request on one server after the other, over and over."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks import contender as contenders
from benchmarks.contender import Contender
from benchmarks.kind import GOOD, KINDS, TOLD, creation, raw, status_of

Row = dict[str, Any]
_GRACE = {"email": "grace@tether.example", "password": "grace-password"}


@dataclass(frozen=True)
class Pace:
    """How long to measure."""

    rounds: int
    seconds: float


class Rounds:
    """Measures contenders against each other.

    Args:
        load: the process that makes the load.
        pace: how long to measure.
    """

    def __init__(self, load: subprocess.Popen[str], pace: Pace) -> None:
        self._load = load
        self._pace = pace

    def measure(self, those: list[Contender], before_each: Callable[[], None]) -> list[Row]:
        """The medians of all rounds, a row for each kind and contender; the first contender is what ratios are to."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for _ in range(self._pace.rounds):
            before_each()
            for kind in KINDS:
                for one in those:
                    found[kind, one.name].append(self._once(kind, one))
        base = those[0].name
        return [
            {"kind": kind, "server": name, **medians(rows, found[kind, base])} for (kind, name), rows in found.items()
        ]

    def _once(self, kind: str, one: Contender) -> Row:
        prefer = TOLD.get(kind) if one.name == "Prism" else None
        before = one.nanoseconds
        load = self.send(one, raw(kind, one.token, prefer), self._pace.seconds)
        answers = sum(load["statuses"].values()) or 1
        right = load["statuses"].get(status_of(kind), 0) / answers
        return {**load, "cpu": (one.nanoseconds - before) / answers / 1000, "right": right, "mebibytes": one.mebibytes}

    def send(self, one: Contender, request: str, seconds: float, most: int = 1_000_000) -> Row:
        """One job of the load."""
        assert self._load.stdin
        assert self._load.stdout
        job = {"port": one.port, "request": request, "seconds": seconds, "most": most}
        self._load.stdin.write(json.dumps(job) + "\n")
        self._load.stdin.flush()
        told: Row = json.loads(self._load.stdout.readline())
        return told

    def fill(self, one: Contender, documents: int) -> None:
        """Store that many documents: nine configurations of the caller for each prompt of somebody else."""
        grace = one.sign_in(**_GRACE)
        prompt = creation(
            "/api/prompts/create", {"name": "a prompt", "temperature": 0.5, "prompt": "text " * 10}, grace
        )
        self.send(one, creation("/api/lead-management", GOOD, one.token), 600, documents * 9 // 10)
        self.send(one, prompt, 600, documents // 10)


def medians(rows: list[Row], base: list[Row]) -> Row:
    """One row of many; ratios are those of the same round."""
    ratios = [row["rate"] / bare["rate"] for row, bare in zip(rows, base, strict=True)]
    by_processor = [bare["cpu"] / row["cpu"] for row, bare in zip(rows, base, strict=True) if row["cpu"]]
    told = {name: statistics.median(row[name] for row in rows) for name in ("rate", "p50", "p95", "p99", "cpu")}
    ends = {"right": min(row["right"] for row in rows), "mebibytes": rows[-1]["mebibytes"]}
    return {
        **told,
        "ratio": statistics.median(ratios),
        "cpu_ratio": statistics.median(by_processor) if by_processor else None,
        **ends,
    }


def compare(sizes: Iterable[int], pace: Pace, bearable: int, say: Callable[[str], None]) -> list[Row]:
    """Rows for each size: bare uvicorn, the double, stock Connexion up to a bearable size, Prism once."""
    rows: list[Row] = []
    with contenders.client() as load:
        for size in sizes:
            with contextlib.ExitStack() as stack:
                say(f"{size:,} stored documents ...")
                rows += _at(size, Rounds(load, pace), stack, bearable, say)
    return rows


def _at(size: int, rounds: Rounds, stack: contextlib.ExitStack, bearable: int, say: Callable[[str], None]) -> list[Row]:
    double = contenders.double(stack)
    those = [contenders.bare(stack), double]
    if size <= bearable:
        those.append(contenders.stock(stack, size))
    else:
        say(f"  stock Connexion with plain mongomock is left out: it scans {size:,} documents for each request")
    prism = contenders.prism(stack) if size == 0 else None
    those += [prism] if prism else []
    if prism is None and size == 0:
        say("  Prism is left out: there is no Node, or npm does not reach its registry")
    if size:
        rounds.fill(double, size)

    def reset() -> None:
        if not size:
            double.ask("POST", "/_specdouble/reset")

    return [{"documents": size, **row} for row in rounds.measure(those, reset)]
