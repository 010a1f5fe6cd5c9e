"""The command `specdouble discover`: parse, call, print, exit."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.arguments import contract_arguments
from specdouble.discover.options import StartDouble, server_options, told_settings
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, VIOLATIONS, WRONG_USE, fail
from specdouble.findings import refuse
from specdouble.whole_files import write_whole

if TYPE_CHECKING:
    from specdouble.contract import Contract
    from specdouble.discover.discovery import Discovery
    from specdouble.verify.settings import Settings

REPORTS = ("json", "html")


def discover_command(start_double: StartDouble) -> click.Command:
    """The command.

    Args:
        start_double: serves the double of a folder or file, and gives its URL; handed in, since the discovery knows
            nothing of the double but its address.
    """

    @click.command(
        epilog=examples(
            ("specdouble discover --url http://localhost:8000", "writes rules.overlay.yaml beside the contract"),
            ("specdouble discover openapi.yaml", "what its words and shape suggest, unproved"),
            ("specdouble discover --from traffic.har", "from recorded traffic"),
        )
    )
    @contract_arguments
    @server_options
    @click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                  help="The overlay to write.  [default: rules.overlay.yaml beside the contract]")  # fmt: skip
    @click.option("--from", "traffic", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE",
                  help="Recorded traffic (HAR 1.2): suggests rules too, and seeds mock_data.")  # fmt: skip
    @click.option(
        "--strict", is_flag=True, help="Exit 1 where the server does otherwise than the contract's words say."
    )
    @click.option("--resume", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE",
                  help="Take over what an earlier run decided, from its JSON report.")  # fmt: skip
    @click.option("--report", "reports", multiple=True, metavar="KIND=FILE",
                  help=f"Write a report: {', '.join(REPORTS)}; repeatable, or separated by commas.")  # fmt: skip
    def discover(
        path: Path,
        allow_refs: tuple[Path, ...],
        overlays: tuple[Path, ...],
        output: Path | None,
        traffic: Path | None,
        strict: bool,
        resume: Path | None,
        reports: tuple[str, ...],
        **flags: Any,
    ) -> None:
        """Find out the rules of a running server, and write them as an overlay with what shows each.

        It changes and deletes what it has created itself, and nothing else. Without --url, what the contract's words
        and shape suggest is written, unproved.

        Exit codes: 0 done, 1 a sentence of the contract is refuted (--strict), 2 wrong use, 3 could not run.
        """
        from specdouble.contract import Refused

        files = _reports(reports)
        try:
            path = _published(path, flags.get("url"))
            output = output or (path if path.is_dir() else path.parent) / "rules.overlay.yaml"
            _hold_ours(output)
            contract = _read(path, allow_refs, overlays, output)
            settings = told_settings(contract, path, flags)
            done = _run(contract, settings, allow_refs, resume, traffic, start_double)
        except Refused as error:
            refuse(error)
        _write(done, output, files)
        _seed(done, path if path.is_dir() else path.parent)
        refuted = any(one.state == "refuted" for one in done.outcomes)
        sys.exit(VIOLATIONS if strict and refuted else 0)

    return discover


def _reports(given: tuple[str, ...]) -> dict[str, Path]:
    from specdouble.verify.options import report_files
    from specdouble.verify.problem import WrongUse

    try:
        return report_files(given, kinds=REPORTS)
    except WrongUse as error:
        fail(str(error), WRONG_USE)


def _published(path: Path, url: str | None) -> Path:
    """The path; where it is a folder without a contract, the server's own contract is saved there first."""
    from specdouble.discover.published import Unpublished, has_contract, save_published

    if not url or not path.is_dir() or has_contract(path):
        return path
    try:
        file = save_published(url, path)
    except Unpublished as error:
        fail(str(error), COULD_NOT_RUN)
    except OSError as error:
        fail(f"the contract of {url} cannot be saved: {error}", COULD_NOT_RUN)
    click.echo(f"The contract that {url} publishes is saved as {file}.")
    return path


def _hold_ours(output: Path) -> None:
    """Hold that nothing is overwritten that somebody else wrote."""
    from specdouble.discover.report import MARK

    try:
        text = output.read_text("utf-8") if output.exists() else MARK
    except (OSError, ValueError) as error:
        fail(f"{output} cannot be read: {error}", WRONG_USE)
    if not text.startswith(MARK):
        fail(f"{output} exists, and was not written by this command\n    remedy: name another file with -o", WRONG_USE)


def _read(path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...], output: Path) -> Contract:
    """The contract without what an earlier run laid over it."""
    from specdouble.contract import read

    return read(path, allow_refs, [one for one in overlays if one.resolve() != output.resolve()], [output])


def _run(
    contract: Contract,
    settings: Settings,
    allow_refs: tuple[Path, ...],
    resume: Path | None,
    traffic: Path | None,
    start_double: StartDouble,
) -> Discovery:
    from specdouble.discover.discovery import Discovery
    from specdouble.discover.loop import Loop
    from specdouble.discover.report import earlier
    from specdouble.discover.screen import Screen
    from specdouble.verify.problem import CouldNotRun, WrongUse

    screen = Screen()
    try:
        known = earlier(resume) if resume else {}
        told, loop = replace(settings, yes=True), Loop(start_double) if settings.url else None
        discovery = Discovery(contract, told, screen.say, known, allow_refs, traffic, loop=loop)
        discovery.run()
    except (WrongUse, ValueError) as error:
        fail(str(error), WRONG_USE)
    except CouldNotRun as error:
        fail(str(error), COULD_NOT_RUN)
    screen.show(discovery)
    return discovery


def _write(done: Discovery, output: Path, files: dict[str, Path]) -> None:
    from specdouble.discover.report import overlay, write

    try:
        write_whole(output, overlay(done))
        write(done, files)
    except OSError as error:
        fail(f"what was found cannot be written: {error}", COULD_NOT_RUN)
    for file in (output, *files.values()):
        click.echo(f"written: {file}")


def _seed(done: Discovery, folder: Path) -> None:
    """Write what the double begins with: those who called, and of recorded traffic its documents under pseudonyms."""
    from specdouble.discover.traffic.seed import Seed, seed_of

    recorded = seed_of(done.recording) if done.recording else Seed({})
    seed = replace(recorded, documents={**recorded.documents, **done.users})
    try:
        for file, is_new in seed.write(folder):
            click.echo(f"written: {file}" if is_new else f"kept: {file}, which was there already")
    except OSError as error:
        fail(f"the documents to begin with cannot be written: {error}", COULD_NOT_RUN)
    for collection, count in seed.left_out.items():
        click.echo(f"left out: {count} documents of {collection}, which do not fit the contract's schema")
