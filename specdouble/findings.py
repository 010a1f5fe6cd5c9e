"""Findings on the terminal: what is wrong with what the user wrote, and the end where it cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from specdouble.exits import COULD_NOT_RUN, fail
from specdouble.printable import printable

if TYPE_CHECKING:
    from specdouble.contract import Finding, Refused


def refuse(error: Refused, sentence: str = "") -> NoReturn:
    """End because something cannot be used: the findings that are the reason, and how many others there are.

    Args:
        error: what is refused, and why.
        sentence: what it means for the command.
    """
    print_findings(error.findings)
    if error.others:
        count = len(error.others)
        told = f"beside {'that' if len(error.findings) == 1 else 'these'}, {count} finding{'s'[: count != 1]} that"
        click.secho(f"{told} would not be in the way: `specdouble lint` shows all", err=True, fg="yellow")
    if sentence:
        fail(f"{sentence}\n    remedy: mend what is told above", COULD_NOT_RUN)
    sys.exit(COULD_NOT_RUN)


def print_findings(findings: Sequence[Finding]) -> None:
    """What is wrong; the same sentence of many places once, with the lines of the others."""
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.severity, finding.reason, finding.remedy), []).append(finding)
    for (severity, _, _), (first, *others) in alike.items():
        told = [str(first), *_lines_of(first, others)]
        click.secho("\n".join(told), err=True, fg="red" if severity == "error" else "yellow")


def _lines_of(first: Finding, others: list[Finding]) -> Iterator[str]:
    """In how many other places of each file the same is to be said, and on which lines."""
    by_file: dict[str, list[int]] = {}
    for one in others:
        by_file.setdefault(one.file, []).append(one.line)
    for file, lines in by_file.items():
        distinct = [str(line) for line in dict.fromkeys(lines) if (file, line) != (first.file, first.line)]
        where = f" of {printable(file)}" if file != first.file else ""
        on = f", on {'line' if len(distinct) == 1 else 'lines'} {', '.join(distinct)}" if distinct else ""
        yield f"    and in {len(lines)} more {'place' if len(lines) == 1 else 'places'}{where}{on}"
