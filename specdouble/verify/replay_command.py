"""The command `specdouble replay`: a failure of a JSON report, played again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.examples import examples
from specdouble.exits import WRONG_USE, fail

if TYPE_CHECKING:
    from specdouble.verify.settings import Settings


@click.command(
    epilog=examples(
        ("specdouble replay reports/report.json 36871807fb", "on the server of the report"),
        (
            "specdouble replay reports/report.json 36871807fb --url http://localhost:8000",
            "on another server",
        ),
    )
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("failure_id", metavar="ID")
@click.option("--url", default="", help="The server to play it on.  [default: the report's]")
@click.option("--project", type=click.Path(path_type=Path, file_okay=False), default=".", show_default=True,
              help="The folder whose settings hold the secrets that the environment does not.")  # fmt: skip
def replay(file: Path, failure_id: str, url: str, project: Path) -> None:
    """Play a failure of a JSON report again, and say whether it still shows.

    FILE is what `verify --report json=FILE` wrote; ID is the failure's, or its beginning. It sends the requests of
    that failure, which create documents. Secrets come from the environment, else from the project's settings.

    Exit codes: 0 the failure is gone, 1 it shows, 2 wrong use, 3 it could not be played.
    """
    from specdouble.verify.problem import WrongUse
    from specdouble.verify.report.replay import played
    from specdouble.verify.settings import load

    failure = _failure(file, failure_id)
    try:
        settings = load(project)
    except WrongUse as error:
        fail(str(error), WRONG_USE)
    secrets = {**dict(_secrets(settings)), **os.environ}
    try:
        sys.exit(played(failure, url, secrets))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        reason = f"{file} does not tell the failure as `verify` wrote it ({type(error).__name__}: {error})"
        fail(f"{reason}\n    remedy: verify again with `--report json=FILE`, and name that report", WRONG_USE)


def _failure(file: Path, failure_id: str) -> Mapping[str, Any]:
    """The failure of that id in a report; exits where there is none."""
    failures = _failures(file)
    found = [one for one in failures if one["id"].startswith(failure_id)]
    known = ", ".join(one["id"] for one in failures) or "none"
    if not found:
        fail(f"{file} has no failure {failure_id}: it has {known}", WRONG_USE)
    if len(found) > 1:
        fail(f"{failure_id} names several: name one of {known}", WRONG_USE)
    if not found[0]["replay"]["steps"]:
        fail(f"{failure_id} was found by no request that can be sent again", WRONG_USE)
    return found[0]


def _failures(file: Path) -> list[dict[str, Any]]:
    try:
        failures = json.loads(file.read_text(encoding="utf-8"))["failures"]
        return [
            {**one, "id": str(one["id"]), "replay": {**one["replay"], "steps": [*one["replay"]["steps"]]}}
            for one in failures
        ]
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", WRONG_USE)
    except (ValueError, KeyError, TypeError, RecursionError):
        fail(f"{file} is no report that can be replayed: name what `verify --report json=FILE` wrote", WRONG_USE)


def _secrets(settings: Settings) -> Iterator[tuple[str, str]]:
    """What the settings hold, by the variable that stands for it in a reproduction."""
    from specdouble.verify.secret_texts import variable

    for account in settings.users:
        for name, value in (*account.login.items(), *account.credentials.items()):
            if isinstance(value, str):
                yield variable(account.name, name), value
    for scheme, key in settings.signing.items():
        yield variable(scheme, "signing_key"), key
    for name, value in settings.headers.items():
        yield variable("header", name), value
