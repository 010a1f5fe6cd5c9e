"""The command `specdouble diff`: what the change of a contract means for its clients."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specdouble.arguments import complete_files
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, VIOLATIONS, WRONG_USE, fail
from specdouble.findings import refuse
from specdouble.whole_files import write_whole

if TYPE_CHECKING:
    from specdouble.contract import Contract
    from specdouble.diff.change import Change

_FORMATS = ("text", "json", "markdown", "sarif", "github")
_FAILING = {"breaking": 1, "unclear": 2, "none": 0}  # how many of the levels, the worst first, end with 1


@click.command(
    epilog=examples(
        ("specdouble diff main:openapi.yaml", "what this branch means for clients"),
        ("specdouble diff old.yaml new.yaml", "two files"),
        ("specdouble diff https://api.example.com/openapi.json .", "what is published beside what is here"),
        ("specdouble diff main:openapi.yaml --format markdown", "a comment for a pull request"),
        ("specdouble diff main:openapi.yaml --accept accepted.yaml", "leave out what is meant"),
    )
)
@click.argument("old", shell_complete=complete_files)
@click.argument("new", default=".", shell_complete=complete_files)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True,
              help="github prints annotations for a workflow.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there.")
@click.option("--fail-on", type=click.Choice([*_FAILING]), default="breaking", show_default=True,
              help="Exit 1 for changes that are so, or worse.")  # fmt: skip
@click.option("--accept", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
              help="Changes that are meant, each with its reason (docs/diff.md).")  # fmt: skip
@click.option("--allow-refs", type=click.Path(path_type=Path, file_okay=False, exists=True), multiple=True,
              metavar="DIR", help="Let references lead into this folder too; repeatable.")  # fmt: skip
def diff(
    old: str, new: str, form: str, output: Path | None, fail_on: str, accept: Path | None, allow_refs: tuple[Path, ...]
) -> None:
    """Tell what a change of the contract means for its clients: breaking, unclear, compatible; its rules included.

    OLD and NEW are files, folders, URLs, or revisions of git: main:openapi.yaml.
    """
    from specdouble.diff.accepted import NotAccepted, read_accepted
    from specdouble.diff.comparison import compared
    from specdouble.diff.report import FORMATS, Told

    with tempfile.TemporaryDirectory(prefix="specdouble-") as folder:
        before = _contract(old, Path(folder) / "old", allow_refs)
        after = _contract(new, Path(folder) / "new", allow_refs)
        changes = compared(before, after)
        unpacked = {Path(folder) / "old": old, Path(folder) / "new": new}
        changes = [_at_revision(change, unpacked) for change in changes]
    try:
        accepted = read_accepted(accept) if accept else {}
    except NotAccepted as error:
        fail(f"{accept}: {error}", WRONG_USE)
    told = Told(changes, accepted)
    text = FORMATS[form](told)
    if output is None:
        click.echo(text, nl=False)
    else:
        try:
            write_whole(output, text)
        except OSError as error:
            fail(f"{output} cannot be written: {error.strerror}", COULD_NOT_RUN)
    unused = accepted.keys() - {change.key for change in changes}
    for key in sorted(unused):
        click.secho(f"{accept}: nothing has changed so any more: {key}", err=True, fg="yellow")
    worst = ["breaking", "unclear"][: _FAILING[fail_on]]
    sys.exit(VIOLATIONS if any(change.level.value in worst for change in told.open) else 0)


def _at_revision(change: Change, unpacked: Mapping[Path, str]) -> Change:
    """The change, with a file that git had named as git names it, and not by the folder that it was unpacked to."""
    file = Path(change.file)
    for folder, named in unpacked.items():
        if file.is_relative_to(folder):
            revision, _, path = named.partition(":")
            place = Path(path or "openapi.yaml").parent / file.relative_to(folder)
            return replace(change, file=place.as_posix(), revision=revision, gone=folder.name == "old")
    return change


def _contract(named: str, folder: Path, allow_refs: tuple[Path, ...]) -> Contract:
    from specdouble.contract import Refused, read
    from specdouble.contract.remote import FetchError, fetched

    try:
        if named.lower().startswith(("http://", "https://")):
            return read(fetched(named), allow_refs)
        is_revision = ":" in named and not Path(named).exists()
        return read(_at(named, folder) if is_revision else Path(named), allow_refs)
    except FetchError as error:
        fail(str(error), COULD_NOT_RUN)
    except Refused as error:
        refuse(error, f"{named} is no contract that can be compared")


def _at(named: str, folder: Path) -> Path:
    """The file at a revision, as `main:openapi.yaml` names it, unpacked with what it refers to."""
    from specdouble.contract.revision import NoGit, NoRevision, unpacked

    revision, _, path = named.partition(":")
    folder.mkdir()
    try:
        file = unpacked(Path(path or "openapi.yaml"), revision, folder)
    except NoGit as error:
        fail(f"{named} is a revision, and {error}", COULD_NOT_RUN)
    except NoRevision as error:
        fail(f"{named}: {error}\n    remedy: name a commit, branch or tag, then the file: main:openapi.yaml", WRONG_USE)
    if file is None:
        fail(f"{named}: there was no such file\n    remedy: `git ls-tree {revision}` lists what was there", WRONG_USE)
    return file
