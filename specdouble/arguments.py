"""What every command that reads a contract takes: where it is, where its references may lead, what is laid over it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from specdouble.exits import COULD_NOT_RUN

Command = TypeVar("Command", bound=Callable[..., Any])


def complete_files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Have the shell complete the names of files and folders, as it does for its own commands."""
    return [CompletionItem(incomplete, type="file")]


def of_contract(command: str, path: Path) -> str:
    """A command for a contract, as a shell takes it.

    Args:
        command: its words without the contract.
        path: the contract's folder or file; the folder where the command is typed is not named.
    """
    return command if path == Path() else f"{command} {shlex.quote(str(path))}"


class _Place(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on, and 8.1 will do
    """A folder, a file, or the URL of a contract, which is fetched."""

    name = "path"

    def convert(self, value: Any, _parameter: click.Parameter | None, context: click.Context | None) -> Path:
        """The path of what was named."""
        if not isinstance(value, str) or not value.lower().startswith(("http://", "https://")):
            return Path(value)
        from specdouble.contract.remote import FetchError, fetched

        try:
            return fetched(value)
        except FetchError as error:
            click.secho(f"specdouble: {error}", err=True, fg="red")
            (context or click.get_current_context()).exit(COULD_NOT_RUN)


def contract_arguments(command: Command) -> Command:
    """The argument `path`, and the options `--allow-refs` and `--overlay`."""
    argument = click.argument(
        "path", type=_Place(), default=".", metavar="[FOLDER, FILE or URL]", shell_complete=complete_files
    )
    option = click.option(
        "--allow-refs",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        multiple=True,
        metavar="DIR",
        help="Let references of the contract lead into this folder too; repeatable.",
    )
    overlays = click.option(
        "--overlay",
        "overlays",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="Lay this overlay or file of rules over the contract, and none that lies beside it; repeatable, in order.",
    )
    return argument(option(overlays(command)))
