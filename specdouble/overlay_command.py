"""The command `specdouble overlay`: a contract and its annotations, apart and together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from specdouble.arguments import contract_arguments
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, WRONG_USE, fail
from specdouble.findings import refuse
from specdouble.whole_files import all_or_none, write_whole

if TYPE_CHECKING:
    from specdouble.contract import Contract

_OUTPUT = click.Path(path_type=Path, dir_okay=False)


@click.group()
def overlay() -> None:
    """Move the annotations of a contract into an overlay, or lay overlays over a contract."""


@overlay.command(
    epilog=examples(
        ("specdouble overlay split", "writes openapi.overlay.yaml"),
        ("specdouble overlay split openapi.yaml --output rules.overlay.yaml", "by another name"),
    )
)
@contract_arguments
@click.option("--output", type=_OUTPUT, metavar="FILE", help="The overlay.  [default: openapi.overlay.yaml, beside it]")
def split(path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...], output: Path | None) -> None:
    """Move the annotations of a contract into an overlay beside it.

    The contract keeps its own formatting and comments. Nothing is written where the two would not say what the
    contract says now.
    """
    from specdouble.contract.remote import is_copy
    from specdouble.contract.splitting import CannotSplit
    from specdouble.contract.splitting import split as split_contract

    contract = _read(path, allow_refs, overlays)
    if is_copy(contract.path):
        fail("a contract from a URL cannot be split\n    remedy: save it, and name the file", WRONG_USE)
    file = output or contract.path.with_name(f"{contract.path.stem}.overlay.yaml")
    if file.exists():
        fail(f"{file} is there already\n    remedy: name another file with --output", WRONG_USE)
    try:
        done = split_contract(contract, file)
    except CannotSplit as error:
        fail(f"{error}\n    remedy: write the overlay by hand", WRONG_USE)
    try:
        with all_or_none() as files:
            # The overlay first: between the two, annotations stand twice rather than nowhere.
            files.write(file, done.overlay)
            files.write(contract.path, done.text)
    except OSError as error:
        _refuse_to_write(error, file)
    click.echo(f"{done.moved} annotations moved from {contract.path} to {file}")
    for name in done.left:
        click.secho(
            f"those in {name} stay: an overlay does not reach what a reference brings in", err=True, fg="yellow"
        )


@overlay.command(
    epilog=examples(
        ("specdouble overlay apply --output whole.yaml", "for tools that know no overlays"),
        ("specdouble overlay apply openapi.yaml --overlay rules.overlay.yaml", "with this one; printed"),
    )
)
@contract_arguments
@click.option("--output", type=_OUTPUT, metavar="FILE", help="The contract with its overlays.  [default: printed]")
def apply(path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...], output: Path | None) -> None:
    """Write the contract with what is laid over it: one document, every reference inside itself, comments lost."""
    from specdouble.contract.reading import merged
    from specdouble.contract.written import in_yaml

    contract = _read(path, allow_refs, overlays)
    as_json = (output or contract.path).suffix.lower() == ".json"
    data = merged(contract.path, allow_refs, overlays)
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n" if as_json else in_yaml(data)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        write_whole(output, text)
    except OSError as error:
        _refuse_to_write(error, output)


def _read(path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...]) -> Contract:
    from specdouble.contract import Refused, read

    try:
        return read(path, allow_refs, overlays)
    except Refused as error:
        refuse(error)


def _refuse_to_write(error: OSError, file: Path) -> NoReturn:
    fail(f"{error.filename or file} cannot be written: {error.strerror}", COULD_NOT_RUN)
