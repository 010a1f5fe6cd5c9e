"""The agreement to write to a server: what will be written is told, and asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from specdouble.exits import WRONG_USE, fail
from specdouble.url import split_url

if TYPE_CHECKING:
    from specdouble.contract import Contract
    from specdouble.verify.settings import Settings

LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared, not listened on


def agree(contract: Contract, settings: Settings) -> None:
    """Say what will be written to a server that was not started for this run, and ask; exits where nobody agrees.

    Args:
        contract: what is known of it.
        settings: where it is, and whether it was agreed before.
    """
    parts = split_url(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fail(f"--url {settings.url} is no address: write http://host:port", WRONG_USE)
    from specdouble.verify.intent import intent

    for line in intent(contract, settings):
        click.echo(line)
    local = parts.hostname in LOCAL or parts.hostname.startswith("127.")
    if settings.yes or (sys.stdin.isatty() and click.confirm("Go on?")):
        return
    if sys.stdin.isatty() or not local:
        fail("nothing was sent: add --yes to write to this server", WRONG_USE)
