"""How commands end: the exit codes, and what is said where nobody foresaw the error."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import click

from specdouble.extras import EXTRAS, remedy
from specdouble.printable import printable
from specdouble.unforeseen import unforeseen

VIOLATIONS, WRONG_USE, COULD_NOT_RUN, NOT_INSTALLED = 1, 2, 3, 4
INTERRUPTED = 130  # as shells say it: 128 and the number of SIGINT
_PIPE_CLOSED = 141


def fail(message: str, code: int) -> NoReturn:
    """End with a sentence."""
    click.secho(printable(f"specdouble: {message}"), err=True, fg="red")
    sys.exit(code)


class Commands(click.Group):
    """Commands that end with one of the exit codes, whatever happens, and never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        _write_anywhere()
        if os.environ.get("NO_COLOR"):  # https://no-color.org
            ctx.color = False
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read the output has enough of it
            sys.exit(_PIPE_CLOSED)
        except ModuleNotFoundError as error:
            _lacking(error, ctx.invoked_subcommand)
        except Exception as error:
            fail(unforeseen(error), COULD_NOT_RUN)


def _write_anywhere() -> None:
    """A locale that has no ✓ is no reason to end."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _lacking(error: ModuleNotFoundError, command: str | None) -> NoReturn:
    """End for want of a library, which is foreseen where an extra brings it."""
    library = (error.name or "").partition(".")[0]
    if library not in EXTRAS:
        fail(unforeseen(error), COULD_NOT_RUN)
    told = f"`specdouble {command}` needs libraries that are not installed"
    fail(f"{told}\n    remedy: {remedy(library)}", NOT_INSTALLED)
