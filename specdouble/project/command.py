"""The commands `specdouble init` and `specdouble sync`: a project from a contract, and after the contract."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specdouble.arguments import complete_files, contract_arguments
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, VIOLATIONS, WRONG_USE, fail
from specdouble.findings import refuse
from specdouble.whole_files import all_or_none

if TYPE_CHECKING:
    from specdouble.contract import Finding
    from specdouble.double.double import Double
    from specdouble.project.skeleton import Texts
    from specdouble.project.synchronisation import Addition
    from specdouble.whole_files import Files

_ELSEWHERE = re.compile(r"""["']?\$ref["']?\s*:\s*["']?[^#"'\s]""")


@click.command(
    epilog=examples(
        ("specdouble init", "here: a small contract to change"),
        ("specdouble init openapi.yaml shop", "from a contract, into the folder shop"),
        ("specdouble init https://api.example.com/openapi.json shop", "from one that is published"),
        ("specdouble init --from db.json blog", "from json-server's database"),
        ("specdouble init --from traffic.har shop", "from what a browser has recorded"),
    )
)
@click.argument("contract", default="", metavar="[CONTRACT or URL]", shell_complete=complete_files)
@click.argument("folder", default="", metavar="[FOLDER]", shell_complete=complete_files)
@click.option("--from", "source", type=click.Path(path_type=Path, exists=True), metavar="FILE",
              help="Begin from db.json (json-server), a HAR, a Postman collection, or WireMock.")  # fmt: skip
def init(contract: str, folder: str, source: Path | None) -> None:
    """Begin a project: contract, handlers, documents, tests, a workflow.

    Without a contract it begins with a small one to change. No file that is there is changed.
    """
    if not _is_contract(contract):
        contract, folder = "", folder or contract
    place = Path(folder or ".")
    if place.exists() and not place.is_dir():
        fail(f"{place} is no folder\n    remedy: name the contract first, then the folder", WRONG_USE)
    if contract and source:
        fail("a contract and --from are two beginnings\n    remedy: leave one of them out", WRONG_USE)
    known = _known(place)
    if known is not None and (contract or source) and not _is_same(known, contract):
        fail(f"{known} is there already\n    remedy: name another folder, or leave the contract out", WRONG_USE)
    from specdouble.project.skeleton import documents_of, skeleton

    try:
        # A contract that cannot be served leaves no half of a project behind, which the next `init` would find.
        with all_or_none() as files:
            files.make_folder(place)
            if known is None:
                _write(files, place, _beginning(contract, source))
            double = _double(place, files.written, source or contract)
            _write(files, place, {**documents_of(double), **skeleton(double)})
    except OSError as error:
        fail(f"{error.filename or place} cannot be written: {error.strerror}", COULD_NOT_RUN)
    _tell(files.written, place, double)


def _known(place: Path) -> Path | None:
    """The contract that the folder has already."""
    from specdouble.contract.document import FILE_NAMES

    return next((place / name for name in FILE_NAMES if (place / name).is_file()), None)


def _is_same(known: Path, contract: str) -> bool:
    return bool(contract) and not _is_url(contract) and known.samefile(contract)


def _tell(written: list[Path], place: Path, double: Double) -> None:
    """What was written, and what to do with it."""
    from specdouble.project.skeleton import set_aside

    for file in written:
        click.echo(f"  {file}")
    aside = set_aside(double.contract)
    if aside and place / "pyproject.toml" in written:
        click.echo(f"\nlint leaves out what is wrong with the contract already: {', '.join(aside)} (pyproject.toml)")
    where = "" if place == Path() else f"cd {shlex.quote(str(place))} && "
    click.echo(f"\n{where}make serve    # or: specdouble serve --reload\n{where}make test{_source()}")


def _source() -> str:
    """What `make` has to be told where it would install, and this is no specdouble of an index."""
    from specdouble.project.installation import is_at_hand, requirement

    origin = requirement("verify")
    return "" if origin is None or is_at_hand() else f" SPECDOUBLE='{origin}'"


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _is_contract(text: str) -> bool:
    """Whether the first argument is the contract: a URL, or a file; a folder is none."""
    looks_like_one = _is_url(text) or text.lower().endswith((".yaml", ".yml", ".json"))
    return looks_like_one or Path(text).is_file()


def _beginning(contract: str, source: Path | None) -> Texts:
    """The contract, and the documents that come with it."""
    from specdouble.project.skeleton import mock_file, template

    if source is not None:
        from specdouble.project.source import NotReadable, begun_from

        try:
            return begun_from(source)
        except NotReadable as error:
            fail(f"{source}: {error}", COULD_NOT_RUN)
    if not contract:
        documents = {mock_file(name): template(f"{name}.json") for name in ("authors", "books")}
        return {Path("openapi.yaml"): template("openapi.yaml"), **documents}
    return _copied(contract)


def _copied(contract: str) -> Texts:
    """The contract as it is written; in one file, where it is written in several."""
    from specdouble.contract import Refused, read
    from specdouble.contract.remote import FetchError, fetched
    from specdouble.contract.written import in_yaml

    try:
        file = fetched(contract) if _is_url(contract) else Path(contract)
        whole = read(file)
        text = file.read_text("utf-8-sig")
    except FetchError as error:
        fail(str(error), COULD_NOT_RUN)
    except Refused as error:
        refuse(error, f"{contract} cannot be used as it is")
    # What it refers to stays where it is: a copy of one file of several would be no contract.
    if _ELSEWHERE.search(text):
        return {Path("openapi.yaml"): in_yaml(whole.document.data)}
    return {Path("openapi.json" if text.lstrip()[:1] == "{" else "openapi.yaml"): text}


def _double(place: Path, written: list[Path], origin: str | Path) -> Double:
    """The double of the project; what is wrong with the files that were written is told of what they were made of."""
    from specdouble.contract import Refused
    from specdouble.double.double import Double, Settings

    try:
        return Double(Settings(place, seed=1))
    except Refused as error:
        error.findings = [_of_origin(one, written, origin) for one in error.findings]
        refuse(error, f"{origin or place} cannot be used as it is")


def _of_origin(finding: Finding, written: list[Path], origin: str | Path) -> Finding:
    """A finding in a file that does not stay, at its place in what the file was made of."""
    from specdouble.project.skeleton import mock_file

    file = Path(finding.file)
    if file not in written or not origin:
        return finding
    collection = f"/{file.stem}" if file.parts[-2:] == mock_file(file.stem).parts else ""
    return replace(finding, file=str(origin), line=0, pointer=collection + finding.pointer)


def _write(files: Files, place: Path, texts: Texts) -> None:
    """Write those of the files that are not there."""
    for name, text in texts.items():
        file = place / name
        if file.exists():
            click.secho(f"{file} is there already, and stays as it is", err=True, fg="yellow")
        else:
            files.write(file, text)


@click.command(
    epilog=examples(
        ("specdouble sync", "after the contract has changed"),
        ("specdouble sync --check", "in a pipeline: is a function missing?"),
    )
)
@contract_arguments
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where something would be written.")
def sync(path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...], check: bool) -> None:
    """Add to a project what its contract has gained, and name what it has lost.

    A function is added for each operation that has none, after the last line of its module. No line is changed.
    """
    from specdouble.contract import Refused, read
    from specdouble.project.synchronisation import missing_functions, unused

    try:
        contract = read(path, allow_refs, overlays)
    except Refused as error:
        refuse(error, f"{path} cannot be used as it is")
    project = path if path.is_dir() else path.parent
    additions, unreadable = missing_functions(contract, project / "handlers")
    if not check:
        _write_additions(additions)
    for addition in additions:
        click.echo(f"{addition.file}: {', '.join(addition.names)}")
    if not additions:
        click.echo("every operation has its function", err=True)
    for finding in [*unreadable, *unused(contract, project)]:
        click.secho(str(finding), err=True, fg="yellow")
    if unreadable:
        sys.exit(COULD_NOT_RUN)
    sys.exit(VIOLATIONS if check and additions else 0)


def _write_additions(additions: list[Addition]) -> None:
    """Write them all, or none."""
    try:
        with all_or_none() as files:
            for addition in additions:
                files.write(addition.file, addition.whole())
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}\n    nothing has been added", COULD_NOT_RUN)
