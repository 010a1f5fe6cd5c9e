"""How many of the faults a verification finds: python -m tests.tracker.score [FAULT...]."""

import argparse
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from specdouble.contract import read
from specdouble.verify import Account, Settings, verify
from specdouble.verify.conformance.alone import failures_of_schemathesis_alone

from .faults import FAULTS, KINDS
from .server import Server
from .store import KEYS

FOLDER = Path(__file__).parent


class Found(NamedTuple):
    """What a verification made of a server with one fault."""

    fault: str
    check: str
    sentence: str
    requests: int
    seconds: float


def settings(url: str) -> Settings:
    """The settings that a user of the tracker would write."""
    return Settings(url=url, users=tuple(Account(name, credentials={"key": key}) for name, key in KEYS.items()))


def examine(fault: str, seed: int = 1) -> Found:
    """Verify the server with one fault, or without any, until a failure is found."""
    with Server([fault] if fault else []) as server:
        told = replace(settings(server.url), seed=seed, max_failures=1 if fault else None, yes=True)
        started = time.monotonic()
        verdict = verify(read(FOLDER), replace(told, phases=("rules",)) if fault else told)
        if fault and not verdict.failures:
            verdict = verify(read(FOLDER), replace(told, phases=("examples", "coverage", "fuzzing", "stateful")))
        failures = verdict.failures
        sentence = " | ".join(f"{one.check}: {one.promise}: {one.sentence}" for one in failures)
        checks = ", ".join(dict.fromkeys(one.check for one in failures))
        return Found(fault, checks, sentence, verdict.requests, time.monotonic() - started)


def examine_alone(fault: str, seed: int = 1) -> Found:
    """What Schemathesis' own checks make of the server with one fault, beyond what they say of the correct one."""
    contract, started = read(FOLDER), time.monotonic()
    with Server([]) as server:
        known = failures_of_schemathesis_alone(contract, replace(settings(server.url), seed=seed, yes=True))
    with Server([fault]) as server:
        told = replace(settings(server.url), seed=seed, yes=True)
        new = set(failures_of_schemathesis_alone(contract, told, known)) - set(known)
    return Found(fault, ", ".join(sorted(new)), "", 0, time.monotonic() - started)


def score(faults: Iterable[str], workers: int = 2) -> list[Found]:
    """Examine each fault."""
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(examine, faults))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tracker.score", description=__doc__)
    parser.add_argument("faults", nargs="*", help="all of them where none is named; a kind's name stands for its own")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--schemathesis", action="store_true", help="its own checks alone, with the same credentials")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="each Nth fault")
    options = parser.parse_args()
    names = [name for one in options.faults for name in KINDS.get(one, {one: ""})] or list(FAULTS)
    names = names[:: options.sample]
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        sys.exit(f"there is no fault {unknown[0]}")
    found = 0
    with ProcessPoolExecutor(options.workers) as pool:
        for one in pool.map(examine_alone if options.schemathesis else examine, names):
            found += bool(one.check)
            print(f"{one.fault:42} {one.check or 'NOT FOUND':32} {one.requests:6} {one.seconds:6.1f} s", flush=True)
    print(f"{found} of {len(names)} found")


if __name__ == "__main__":
    main()
