"""How many of the faults a verification finds: python -m tests.tracker.score [FAULT...]."""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from specdouble.contract import read
from specdouble.verify import Account, Settings
from specdouble.verify.conformance.alone import failures_of_schemathesis_alone
from tests.scoring import Found, print_score, until_found

from .faults import KINDS
from .server import Server
from .store import KEYS

FOLDER = Path(__file__).parent


def settings(url: str) -> Settings:
    """The settings that a user of the tracker would write."""
    return Settings(url=url, users=tuple(Account(name, credentials={"key": key}) for name, key in KEYS.items()))


def examine(fault: str, seed: int = 1) -> Found:
    """Verify the server with one fault until a failure is found."""
    with Server([fault]) as server:
        return until_found(FOLDER, replace(settings(server.url), seed=seed), fault)


def examine_alone(fault: str, seed: int = 1) -> Found:
    """What Schemathesis' own checks make of the server with one fault, beyond what they say of the correct one."""
    contract, started = read(FOLDER), time.monotonic()
    with Server([]) as server:
        known = failures_of_schemathesis_alone(contract, replace(settings(server.url), seed=seed, yes=True))
    with Server([fault]) as server:
        told = replace(settings(server.url), seed=seed, yes=True)
        new = set(failures_of_schemathesis_alone(contract, told, known)) - set(known)
    return Found(fault, ", ".join(sorted(new)), "", 0, time.monotonic() - started)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.tracker.score", description=__doc__)
    print_score(parser, KINDS, examine, examine_alone)
