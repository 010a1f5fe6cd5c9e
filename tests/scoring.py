"""How many of the faults of a server a verification finds, and with how many requests."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

from specdouble.contract import read
from specdouble.verify import Settings, verify

FUZZING = ("examples", "coverage", "fuzzing", "stateful")


class Found(NamedTuple):
    """What a verification made of a server with one fault."""

    fault: str
    check: str
    sentence: str
    requests: int
    seconds: float


def until_found(folder: Path, settings: Settings, fault: str) -> Found:
    """Verify a server with one fault until a failure is found: the rules first, then by Schemathesis' phases."""
    told, started = replace(settings, max_failures=1, yes=True), time.monotonic()
    verdict = verify(read(folder), replace(told, phases=("rules",)))
    if not verdict.failures:
        verdict = verify(read(folder), replace(told, phases=FUZZING))
    sentence = " | ".join(f"{one.check}: {one.promise}: {one.sentence}" for one in verdict.failures)
    checks = ", ".join(dict.fromkeys(one.check for one in verdict.failures))
    return Found(fault, checks, sentence, verdict.requests, time.monotonic() - started)


def print_score(
    parser: argparse.ArgumentParser,
    kinds: Mapping[str, Mapping[str, str]],
    examine: Callable[[str], Found],
    alone: Callable[[str], Found] | None = None,
) -> None:
    """Examine the faults that the command line names, two at a time, and print what was found.

    Args:
        parser: with the description of the command.
        kinds: the faults by kind.
        examine: verifies the server with one fault.
        alone: the same by Schemathesis' own checks.
    """
    parser.add_argument("faults", nargs="*", help="all of them where none is named; a kind's name stands for its own")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="each Nth fault")
    if alone is not None:
        parser.add_argument("--schemathesis", action="store_true", help="its own checks alone, same credentials")
    options = parser.parse_args()
    every = {name: sentence for kind in kinds.values() for name, sentence in kind.items()}
    names = [name for one in options.faults for name in kinds.get(one, {one: ""})] or list(every)
    names = names[:: options.sample]
    unknown = [name for name in names if name not in every]
    if unknown:
        sys.exit(f"there is no fault {unknown[0]}")
    way = alone if alone is not None and options.schemathesis else examine
    found: list[Found] = []
    with ProcessPoolExecutor(options.workers) as pool:
        for one in pool.map(way, names):
            found += [one] if one.check else []
            print(f"{one.fault:42} {one.check or 'NOT FOUND':32} {one.requests:6} {one.seconds:6.1f} s", flush=True)
    requests = f", each with {median(one.requests for one in found):.0f} requests in the median" if found else ""
    print(f"{len(found)} of {len(names)} found{requests}")
