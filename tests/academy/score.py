"""How many of the faults a verification finds: python -m tests.academy.score [FAULT...]."""

import argparse
from dataclasses import replace
from pathlib import Path

from specdouble.verify import Account, Settings
from tests.scoring import Found, print_score, until_found

from .faults import KINDS
from .server import TOKENS, Server

FOLDER = Path(__file__).parent


def settings(url: str) -> Settings:
    """The settings that a user of the academy would write."""
    users = tuple(Account(name, credentials={"teacher": token}) for name, token in TOKENS.items())
    return Settings(url=url, users=users)


def examine(fault: str, seed: int = 1) -> Found:
    """Verify the server with one fault until a failure is found."""
    with Server([fault]) as server:
        return until_found(FOLDER, replace(settings(server.url), seed=seed), fault)


if __name__ == "__main__":
    print_score(argparse.ArgumentParser(prog="python -m tests.academy.score", description=__doc__), KINDS, examine)
