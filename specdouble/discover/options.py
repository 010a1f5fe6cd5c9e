"""The options of the commands that ask a running server, and the settings that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from specdouble.exits import WRONG_USE, fail
from specdouble.verify import options
from specdouble.verify.agreement import agree

if TYPE_CHECKING:
    from specdouble.contract import Contract
    from specdouble.verify.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
StartDouble = Callable[..., AbstractContextManager[tuple[str, str]]]  # serves a folder: its URL, and the secret

_OPTIONS = (
    click.option("--url", help="The server to ask."),
    options.SEED,
    options.MAX_TIME,
    options.WORKERS,
    options.TIMEOUT,
    options.USER,
    options.HEADER,
    click.option("--operation", "operations", multiple=True, metavar="ID", help="Ask this operation; repeatable."),
    options.EXCLUDE,
    options.LEFTOVERS,
    options.WAIT_FOR_SERVER,
    options.YES,
)


def server_options(command: Command) -> Command:
    """Every option about the server, in the order of the help."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def told_settings(contract: Contract, path: Path, flags: Mapping[str, Any]) -> Settings:
    """The settings of the project and the flags; exits where they cannot be used, or writing is not agreed to."""
    from specdouble.discover import documents
    from specdouble.discover.supposition import supposable, suppose
    from specdouble.verify.problem import WrongUse

    try:
        settings = options.settings_of(path, {name: value for name, value in flags.items() if value is not False})
    except WrongUse as error:
        fail(str(error), WRONG_USE)
    if settings.url:
        guessed, _ = supposable(contract, [], list(documents.mine(contract)))
        agree(suppose(contract, guessed), settings)
    return replace(settings, phases=("rules",), allow_destructive=False)
