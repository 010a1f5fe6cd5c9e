"""The command `specdouble compare`: parse, call, print, exit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.arguments import contract_arguments
from specdouble.discover.options import StartDouble, server_options, told_settings
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, VIOLATIONS, WRONG_USE, fail
from specdouble.findings import refuse
from specdouble.printable import printable
from specdouble.whole_files import write_whole

if TYPE_CHECKING:
    from specdouble.compare.comparison import Comparison


def compare_command(start_double: StartDouble) -> click.Command:
    """The command.

    Args:
        start_double: serves the double of a folder or file, and gives its URL; handed in, since the comparison knows
            nothing of the double but its address.
    """

    @click.command(
        epilog=examples(
            ("specdouble compare --url http://localhost:8000", "where does the double lie?"),
            ("specdouble compare --url http://localhost:8000 --programs 10 --seed 7", "less, and the same each time"),
        )
    )
    @contract_arguments
    @server_options
    @click.option("--programs", type=click.IntRange(1), default=60, show_default=True, metavar="N",
                  help="Run so many programs of requests.")  # fmt: skip
    @click.option("--report", "report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                  help="Write what was found as JSON.")  # fmt: skip
    @click.option("--verbose", is_flag=True, help="Print the requests that show each difference.")
    def compare(
        path: Path,
        allow_refs: tuple[Path, ...],
        overlays: tuple[Path, ...],
        programs: int,
        report: Path | None,
        verbose: bool,
        **flags: Any,
    ) -> None:
        """Run the double beside a server under the same requests: where does the double lie?

        It changes and deletes on the server what it has created itself, and nothing else.

        Exit codes: 0 no difference, 1 differences, 2 wrong use, 3 could not run.
        """
        from specdouble.compare.comparison import compare as run
        from specdouble.contract import Refused, read
        from specdouble.verify.problem import CouldNotRun, WrongUse
        from specdouble.verify.screen import LiveLine

        live = LiveLine()
        try:
            contract = read(path, allow_refs, overlays)
            settings = told_settings(contract, path, flags)
            if not settings.url:
                fail("there is no server to compare with: name it with --url", WRONG_USE)
            with start_double(path, settings.seed, allow_refs=allow_refs, overlays=overlays) as (address, _secret):
                done = run(contract, settings, address, programs, live.say)
        except Refused as error:
            refuse(error)
        except WrongUse as error:
            fail(str(error), WRONG_USE)
        except CouldNotRun as error:
            fail(str(error), COULD_NOT_RUN)
        live.clear()
        _show(done, verbose=verbose)
        _write(done, report)
        if done.nothing:
            fail(f"no request was compared: {done.nothing}", COULD_NOT_RUN)
        sys.exit(VIOLATIONS if done.causes else 0)

    return compare


def _show(done: Comparison, *, verbose: bool) -> None:
    """Print each cause by its operation, then the sum."""
    from specdouble.verify.report.masking import masked, without_secrets
    from specdouble.verify.screen import print_left

    for operation, causes in done.by_operation.items():
        click.secho(f"\n{done.contract.operations[operation]}", fg="red", bold=True)
        for cause in causes:
            one = cause.first
            tried = "" if one.place else f"{one.intent}: "
            click.echo(printable(masked(f"  {tried}{one.sentence}  ({_times(cause.count)})", done.secrets)))
            for line in without_secrets(cause.curl, done.secrets).splitlines() if verbose else ():
                click.echo(f"      {printable(line)}")
    for collection, why in done.untried.items():
        click.secho(f"\nNot compared: {collection}: {printable(masked(why, done.secrets))}", fg="yellow")
    if done.spoilt:
        click.secho(f"\nEnded early, for the network gave no answer: {done.spoilt} programs", fg="yellow")
    print_left(done.left, done.secrets)
    stopped = f"; stopped: {done.stopped}" if done.stopped else ""
    click.secho(
        f"\n{len(done.causes)} differences in {done.steps} requests of {done.programs} programs, "
        f"{done.seconds:.1f} s{stopped}",
        bold=True,
    )
    if done.causes and not verbose:
        click.echo("The requests that show each: --verbose on the terminal, --report FILE as JSON.")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _write(done: Comparison, report: Path | None) -> None:
    from specdouble.verify.report.masking import masked_document

    if report is None:
        return
    told = {
        "contract": done.contract.title, "programs": done.programs, "steps": done.steps,
        "requests": done.requests, "seconds": round(done.seconds, 3), "stopped": done.stopped or None,
        "differences": [one.entry() for one in done.found], "untried": done.untried, "left": done.left,
    }  # fmt: skip
    try:
        text = json.dumps(masked_document(told, done.secrets), indent=2, ensure_ascii=False, default=str)
        write_whole(report, text + "\n")
    except OSError as error:
        fail(f"the report cannot be written: {error}", COULD_NOT_RUN)
    click.echo(f"report: {report}")
