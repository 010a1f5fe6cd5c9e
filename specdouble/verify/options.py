"""The options of `specdouble verify`, and what those say that are more than a value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from specdouble.verify.problem import WrongUse
from specdouble.verify.settings import REPORTS, STRICTNESS, Account, Settings, load, secret, sources_of

Command = TypeVar("Command", bound=Callable[..., Any])
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
# What the client itself has to say, or what says who asks.
_OWN_FIELDS = ("content-length", "transfer-encoding", "connection", "content-type")

_FILE = click.Path(path_type=Path, dir_okay=False)
# What every command that asks a running server takes.
SEED = click.option("--seed", type=int, help="Make the random choices repeat.  [default: 1]")
MAX_TIME = click.option("--max-time", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                        help="Stop after so long and say what was found.")  # fmt: skip
WORKERS = click.option(
    "--workers", type=click.IntRange(1, 64), help="Cases that run at once.  [default: 1; 8 when slow]"
)
TIMEOUT = click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                       help="Wait so long for an answer.  [default: 10]")  # fmt: skip
USER = click.option("--user", "users", multiple=True, metavar="NAME:SCHEME=TOKEN",
                    help="A user and a credential (env:NAME takes it from the environment); repeatable.")  # fmt: skip
HEADER = click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'",
                      help="A header field that every request carries (env:NAME as its value, too); "
                      "repeatable.")  # fmt: skip
EXCLUDE = click.option("--exclude", multiple=True, metavar="ID", help="Send no request of this operation; repeatable.")
LEFTOVERS = click.option("--leftovers", type=click.Path(path_type=Path), metavar="FILE",
                         help="Note what is created, as it is created; at the end, what is left.")  # fmt: skip
WAIT_FOR_SERVER = click.option("--wait-for-server", type=click.FloatRange(0), metavar="SECONDS",
                               help="Let the server take so long to start.")  # fmt: skip
YES = click.option("--yes", is_flag=True, help="Write to the server without asking.")

_OPTIONS = (
    click.option("--url", help="The server to verify.  [default: the double, on a free port]"),
    SEED,
    MAX_TIME,
    click.option("--max-failures", type=click.IntRange(1), metavar="N", help="Stop once N failures were found."),
    click.option("--max-examples", type=click.IntRange(1), help="Random cases for each property.  [default: 15]"),
    click.option("--operation", "operations", multiple=True, metavar="ID", help="Check this operation; repeatable."),
    click.option("--rule", "rules", multiple=True, metavar="ID", help="Try this rule or check; repeatable."),
    click.option("--phase", "phases", multiple=True, metavar="PHASE",
                 help="rules, examples, coverage, fuzzing, stateful; repeatable."),
    click.option("--changed-since", metavar="REV",
                 help="Try what the contract's change since this git revision concerns."),
    click.option("--strictness", type=click.Choice(STRICTNESS),
                 help="What counts: what breaks a client, what the contract says, or every letter of the RFCs.  "
                      "[default: contract]"),
    click.option("--baseline", type=_FILE, metavar="FILE",
                 help="Fail for what is new alone; the file is written where there is none."),
    click.option("--update-baseline", is_flag=True, default=None, help="Write the baseline anew."),
    WORKERS,
    TIMEOUT,
    USER,
    HEADER,
    click.option("--checks", type=click.Path(path_type=Path), help="The project's own checks.  [default: tests/rules]"),
    click.option("--report", "reports", multiple=True, metavar="KIND=FILE",
                 help=f"Write a report: {', '.join(REPORTS)}; repeatable, or separated by commas."),
    click.option("--reports", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
                 help="Write every report into this folder, and a script for each failure."),
    EXCLUDE,
    click.option("--allow-destructive", is_flag=True, default=None,
                 help="Try operations that may change what was there before, too."),
    LEFTOVERS,
    WAIT_FOR_SERVER,
    click.option("--require-all", is_flag=True, default=None, help="Fail where a rule or check is not exercised."),
    click.option("-v", "--verbose", is_flag=True,
                 help="Print every failure with its requests, the proof of each verdict, "
                 "and what Schemathesis prints."),
    click.option("-q", "--quiet", is_flag=True, help="Leave out Schemathesis' own output, even so."),
    YES,
)  # fmt: skip


def verify_options(command: Command) -> Command:
    """Every option of the command, in the order of its help."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_of(path: Path, flags: Mapping[str, Any]) -> Settings:
    """The settings of a project, and over them those of the flags that were given.

    Args:
        path: the project's folder, or the contract's file in it.
        flags: the values of options by name; None, or an empty tuple, where one was not given.

    Raises:
        WrongUse: one of them cannot be meant.
    """
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    users, headers = given.pop("users", ()), given.pop("headers", ())
    settings = load(path if path.is_dir() else path.parent, **given)
    return with_headers(with_users(settings, users), headers)


def with_users(settings: Settings, users: Iterable[str]) -> Settings:
    """The settings with the users of the flags in place of those of the file.

    Raises:
        WrongUse: one is written otherwise.
    """
    credentials, sources = dict[str, dict[str, str]](), dict(settings.sources)
    for text in users:
        name, _, rest = text.partition(":")
        scheme, _, token = rest.partition("=")
        if not (name and scheme and token):
            raise WrongUse(f"--user `{name}...` is not NAME:SCHEME=TOKEN, such as ada:bearerAuth=env:ADA_TOKEN")
        credentials.setdefault(name, {})[scheme] = secret(token, os.environ)
        sources |= sources_of(token, os.environ)
    if not credentials:
        return settings
    accounts = tuple(Account(name, {}, one) for name, one in credentials.items())
    return replace(settings, users=accounts, sources=sources)


def with_headers(settings: Settings, headers: Iterable[str]) -> Settings:
    """The settings with the header fields of the flags, over those of the file.

    Raises:
        WrongUse: one is no header field, or one that carries credentials.
    """
    told, sources = dict(settings.headers), dict(settings.sources)
    for text in headers:
        name, colon, value = text.partition(":")
        if not colon:
            raise WrongUse(f"--header `{text}` is not 'NAME: VALUE', such as 'X-Tenant: acme'")
        told[name.strip()] = secret(value.strip(), os.environ)
        sources |= sources_of(value.strip(), os.environ)
    hold_fields(told)
    if any(name.lower() == "authorization" for name in told):
        raise WrongUse(
            "credentials are a user's, not a header field of all: write --user NAME:SCHEME=TOKEN, and of a contract "
            "that declares no security scheme --user NAME:Authorization=env:VARIABLE"
        )
    return replace(settings, headers=told, sources=sources)


def hold_fields(headers: Mapping[str, str]) -> None:
    """Hold that these are header fields that can be sent.

    Raises:
        WrongUse: one is not.
    """
    for name, value in headers.items():
        if not _FIELD_NAME.fullmatch(name):
            raise WrongUse(f"the header field `{name}` has a name that HTTP has not (RFC 9110, 5.1)")
        if not _FIELD_VALUE.fullmatch(value) or not value.isascii():
            raise WrongUse(
                f"the header field `{name}` has a value that HTTP has not: printable ASCII is (RFC 9110, 5.5)"
            )
        if name.lower() in _OWN_FIELDS:
            raise WrongUse(f"the header field `{name}` is said by each request itself: leave it out")


def report_files(
    reports: Iterable[str], folder: Path | None = None, kinds: Collection[str] = REPORTS
) -> dict[str, Path]:
    """The file of each report that is asked for, by kind.

    Args:
        reports: as `KIND=FILE`, several separated by commas.
        folder: where all of them go that are not named; None where none do.
        kinds: those that there are.

    Raises:
        WrongUse: one is written otherwise.
    """
    files = {kind: folder / name for kind, name in _NAMES.items()} if folder else {}
    for text in (part for one in reports for part in one.split(",")):
        kind, _, file = text.partition("=")
        if kind not in kinds or not file:
            raise WrongUse(f"--report `{text}` is not KIND=FILE, KIND one of {', '.join(kinds)}")
        files[kind] = Path(file)
    return files


_NAMES = {
    "html": "report.html",
    "json": "report.json",
    "junit": "junit.xml",
    "sarif": "report.sarif",
    "har": "requests.har",
    "scripts": "failures",
}
