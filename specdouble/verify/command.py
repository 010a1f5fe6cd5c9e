"""The command `specdouble verify`: parse, call, print, exit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.arguments import contract_arguments
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, WRONG_USE, fail
from specdouble.findings import refuse
from specdouble.verify.agreement import agree
from specdouble.verify.options import verify_options

if TYPE_CHECKING:
    from specdouble.contract import Contract
    from specdouble.verify.settings import Settings, Started
    from specdouble.verify.verification import Run

StartDouble = Callable[..., AbstractContextManager[Any]]


def verify_command(start_double: StartDouble) -> click.Command:
    """The command.

    Args:
        start_double: serves the double of a folder or file, with a seed, in a state of its own, and gives what is
            `Started`, or its URL and the secret of its tokens;
            handed in, since the verifier knows nothing of the double.
    """

    @click.command(
        epilog=examples(
            ("specdouble verify", "the double of this folder"),
            ("specdouble verify --url http://localhost:8000", "a server of yours"),
            ("specdouble verify --url https://staging.example.com --yes --max-time 300", "in a pipeline"),
            ("specdouble verify --rule unique:authors.name --phase rules", "one rule, in a second"),
            ("specdouble verify --reports reports", "a page, JSON, JUnit, SARIF, scripts"),
        )
    )
    @contract_arguments
    @verify_options
    def verify(
        path: Path,
        allow_refs: tuple[Path, ...],
        overlays: tuple[Path, ...],
        url: str | None,
        seed: int | None,
        quiet: bool,
        verbose: bool,
        yes: bool,
        **flags: Any,
    ) -> None:
        """Verify that a server keeps the contract: its operations, and its rules.

        It changes and deletes what it has created itself, and nothing else.

        Exit codes: 0 conforms, 1 violations, 2 wrong use, 3 could not run.
        """
        from specdouble.contract import Refused
        from specdouble.verify.settings import Started

        try:
            contract, settings = _told(path, allow_refs, overlays, seed=seed, **flags)
            if settings.concerned == ():
                click.echo(
                    f"No operation changed since {settings.changed_since}: there is nothing to verify or report."
                )
                return
            settings = replace(settings, yes=yes or settings.yes)
            url = url or settings.url
            if url:
                agree(contract, replace(settings, url=url))
            start = partial(start_double, allow_refs=allow_refs, overlays=overlays)
            with nullcontext((url, "")) if url else start(path, seed) as found:
                started = found if isinstance(found, Started) else Started(*found)
                settings = replace(settings, url=started.url, owned=not url)
                code = _run(contract, _signing_in(contract, settings, started), quiet, verbose)
        except Refused as error:
            refuse(error)
        sys.exit(code)

    return verify


def _signing_in(contract: Contract, settings: Settings, started: Started) -> Settings:
    """The settings with what signs tokens on a server that was started: wrong ones can be tried; and with its users."""
    if not started.secret or settings.signing:
        return settings
    schemes = [name for name, identity in contract.identities.items() if identity.credential is None]
    signing = {**started.signing, **dict.fromkeys(schemes, started.secret)}
    if settings.users:
        return replace(settings, signing=signing)
    return replace(settings, signing=signing, users=started.users, oauth=settings.oauth or started.oauth)


def _told(
    path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...], **flags: Any
) -> tuple[Contract, Settings]:
    """The contract and the settings; exits where either cannot be used."""
    from specdouble.contract import read
    from specdouble.verify.changed import concerned
    from specdouble.verify.options import report_files, settings_of
    from specdouble.verify.problem import CouldNotRun, WrongUse

    contract = read(path, allow_refs, overlays)
    try:
        files = report_files(flags.pop("reports"), flags.pop("folder"))
        settings = settings_of(path, flags)
        if settings.update_baseline and settings.baseline is None:
            raise WrongUse("--update-baseline writes the file that --baseline names: name it")
        if settings.changed_since is not None:
            settings = replace(settings, concerned=concerned(contract, settings.changed_since, overlays))
    except WrongUse as error:
        fail(str(error), WRONG_USE)
    except CouldNotRun as error:
        fail(str(error), COULD_NOT_RUN)
    return contract, replace(settings, reports={**settings.reports, **files})


def _run(contract: Contract, settings: Settings, quiet: bool, verbose: bool) -> int:
    """Verify, print, write the reports; the exit code."""
    from specdouble.verify.problem import CouldNotRun, WrongUse
    from specdouble.verify.screen import Screen
    from specdouble.verify.verification import Show, run

    screen = Screen(verbose=verbose)
    screen.line(f"{contract.title} at {settings.url}: {len(contract.operations)} operations, "
                f"{len(contract.rules)} rules, {len(settings.users)} users")  # fmt: skip
    try:
        done = run(contract, settings, Show(screen.line, screen.progress, native=verbose and not quiet))
    except WrongUse as error:
        fail(str(error), WRONG_USE)
    except CouldNotRun as error:
        fail(str(error), COULD_NOT_RUN)
    screen.secrets = done.session.crowd.hidden()
    screen.verdict(done.verdict)
    _write(done, settings)
    return done.verdict.exit_code


def _write(done: Run, settings: Settings) -> None:
    from specdouble.verify.report.writing import masked_verdict, write_reports

    try:
        for path in write_reports(done, settings.reports):
            click.echo(f"report: {path}")
    except OSError as error:
        fail(f"a report cannot be written: {error}", COULD_NOT_RUN)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from specdouble.verify.report.annotations import workflow_commands

        for line in workflow_commands(masked_verdict(done), str(done.session.contract.path)):
            click.echo(line)
