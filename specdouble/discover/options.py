"""The options of the commands that ask a running server, and the settings that they make."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from specdouble.exits import WRONG_USE, fail
from specdouble.url import split_url

if TYPE_CHECKING:
    from specdouble.contract import Contract
    from specdouble.verify.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
StartDouble = Callable[..., AbstractContextManager[tuple[str, str]]]  # serves a folder: its URL, and the secret
LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared, not listened on

_OPTIONS = (
    click.option("--url", help="The server to ask."),
    click.option("--seed", type=int, help="Make the random choices repeat.  [default: 1]"),
    click.option("--max-time", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                 help="Stop after so long and say what was found."),
    click.option("--workers", type=click.IntRange(1, 64), help="Cases that run at once.  [default: 1; 8 when slow]"),
    click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                 help="Wait so long for an answer.  [default: 10]"),
    click.option("--user", "users", multiple=True, metavar="NAME:SCHEME=TOKEN",
                 help="A user and a credential (env:NAME takes it from the environment); repeatable."),
    click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'",
                 help="A header field that every request carries; repeatable."),
    click.option("--operation", "operations", multiple=True, metavar="ID", help="Ask this operation; repeatable."),
    click.option("--exclude", multiple=True, metavar="ID", help="Send no request of this operation; repeatable."),
    click.option("--leftovers", type=click.Path(path_type=Path), metavar="FILE",
                 help="Note what is created, as it is created; at the end, what is left."),
    click.option("--wait-for-server", type=click.FloatRange(0), metavar="SECONDS",
                 help="Let the server take so long to start."),
    click.option("--yes", is_flag=True, help="Write to the server without asking."),
)  # fmt: skip


def server_options(command: Command) -> Command:
    """Every option about the server, in the order of the help."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def told_settings(contract: Contract, path: Path, flags: Mapping[str, Any]) -> Settings:
    """The settings of the project and the flags; exits where they cannot be used, or writing is not agreed to."""
    from specdouble.verify.options import with_headers, with_users
    from specdouble.verify.problem import WrongUse
    from specdouble.verify.settings import load

    given = {name: value for name, value in flags.items() if value not in (None, (), False)}
    users, headers, yes = given.pop("users", ()), given.pop("headers", ()), given.pop("yes", False)
    try:
        settings = with_headers(with_users(load(path if path.is_dir() else path.parent, **given), users), headers)
    except WrongUse as error:
        fail(str(error), WRONG_USE)
    if settings.url:
        _agree(contract, settings, is_agreed=yes or settings.yes)
    return replace(settings, phases=("rules",), allow_destructive=False)


def _agree(contract: Contract, settings: Settings, *, is_agreed: bool) -> None:
    """Say what will be written to the server, and ask."""
    from specdouble.discover import documents
    from specdouble.discover.supposition import supposable, suppose
    from specdouble.verify.intent import intent

    parts = split_url(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fail(f"--url {settings.url} is no address: write http://host:port", WRONG_USE)
    guessed, _ = supposable(contract, [], list(documents.mine(contract)))
    for line in intent(suppose(contract, guessed), settings):
        click.echo(line)
    local = parts.hostname in LOCAL or parts.hostname.startswith("127.")
    if is_agreed or (sys.stdin.isatty() and click.confirm("Go on?")):
        return
    if sys.stdin.isatty() or not local:
        fail("nothing was sent: add --yes to write to this server", WRONG_USE)
