"""Findings on the terminal: what is wrong with what the user wrote, and the end where it cannot be used."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from specdouble.exits import COULD_NOT_RUN, fail
from specdouble.printable import printable

if TYPE_CHECKING:
    from specdouble.contract import Finding, Refused

_SENTENCES = 12  # told in full: with a remedy and lines of others each, they fill a screen
_OF_A_KIND = 2  # sentences, where there are more than these
_LINES = 3  # of a sentence's other places: `lint --select` prints each
_WIDTH = 160  # of a line where no terminal says how wide it is
_READABLE = 60  # characters of a sentence, however narrow the terminal and long the place


def refuse(error: Refused, sentence: str = "") -> NoReturn:
    """End because something cannot be used: the findings that are the reason, and how many others there are.

    Args:
        error: what is refused, and why.
        sentence: what it means for the command.
    """
    print_findings(error.findings)
    if error.others:
        beside = "that" if len(error.findings) == 1 else "these"
        told = f"beside {beside}, {_number_of(error.others, 'finding')} that"
        click.secho(f"{told} would not be in the way: `specdouble lint` shows all", err=True, fg="yellow")
    if sentence:
        fail(f"{sentence}\n    remedy: mend what is told above", COULD_NOT_RUN)
    sys.exit(COULD_NOT_RUN)


def print_findings(findings: Sequence[Finding]) -> None:
    """What is wrong, errors first; the same sentence of many places once, with the lines of the others."""
    for alike in _by_sentence(findings):
        first, *others = alike
        _print([str(first), *_lines_of(first, others)], first)


def print_each(findings: Sequence[Finding]) -> None:
    """What is wrong, errors first, each by itself."""
    for finding in _errors_first(findings):
        _print([str(finding)], finding)


def print_on_a_screen(findings: Sequence[Finding], command: str) -> None:
    """What is wrong, errors first; where that is more than a screen takes, of each kind how many and the first.

    Args:
        findings: what is wrong.
        command: what tells with `--select` all of a kind.
    """
    if len(_by_sentence(findings)) <= _SENTENCES:
        print_findings(findings)
        return
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in _errors_first(findings):
        kinds.setdefault((finding.severity, finding.id), []).append(finding)
    for of_kind in kinds.values():
        _print(list(_outline(of_kind)), of_kind[0])
    click.echo(f"each of a kind, with its place: {command} --select {next(iter(kinds))[1]}", err=True)


def counted(findings: Sequence[Finding]) -> str:
    """How many there are, and of which severity."""
    told = _number_of(findings, "finding")
    errors = [one for one in findings if one.severity == "error"]
    warnings = [one for one in findings if one.severity != "error"]
    if errors and warnings:
        told += f": {_number_of(errors, 'error')}, {_number_of(warnings, 'warning')}"
    return told


def _outline(findings: list[Finding]) -> Iterator[str]:
    """A kind of findings: how many, what to do where that is always the same, and the sentences that are said most."""
    first, sentences = findings[0], sorted(_by_sentence(findings), key=len, reverse=True)
    is_one_remedy = len({one.remedy for one in findings}) == 1
    remedy = f" ({first.remedy})" if is_one_remedy else ""
    yield printable(f"{_number_of(findings, first.severity)}: {first.id}{remedy}")
    for one, *others in sentences[:_OF_A_KIND]:
        yield _on_one_line(one, 1 + len(others))
        if not is_one_remedy:
            yield printable(f"           remedy: {one.remedy}")


def _on_one_line(finding: Finding, times: int) -> str:
    """How often it is said, what is said, cut where the terminal ends, and the first place."""
    begin, end = f"    {times:4} x ", f" ({finding.file}:{finding.line})"
    room = max(shutil.get_terminal_size((_WIDTH, 0)).columns - len(begin) - len(end), _READABLE)
    reason = finding.reason if len(finding.reason) <= room else finding.reason[: room - 1] + "…"
    return printable(begin + reason + end)


def _number_of(things: Sequence[Finding], noun: str) -> str:
    return f"{len(things)} {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def _errors_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.severity != "error")


def _by_sentence(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Those together that say the same of other places."""
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in _errors_first(findings):
        alike.setdefault((finding.severity, finding.reason, finding.remedy), []).append(finding)
    return list(alike.values())


def _print(lines: list[str], about: Finding) -> None:
    click.secho("\n".join(lines), err=True, fg="red" if about.severity == "error" else "yellow")


def _lines_of(first: Finding, others: list[Finding]) -> Iterator[str]:
    """In how many other places of each file the same is to be said, and the first of their lines."""
    by_file: dict[str, list[int]] = {}
    for one in others:
        by_file.setdefault(one.file, []).append(one.line)
    for file, lines in by_file.items():
        distinct = [str(line) for line in dict.fromkeys(lines) if (file, line) != (first.file, first.line)]
        where = f" of {printable(file)}" if file != first.file else ""
        more = ", …" if len(distinct) > _LINES else ""
        on = (
            f", on {'line' if len(distinct) == 1 else 'lines'} {', '.join(distinct[:_LINES])}{more}" if distinct else ""
        )
        yield f"    and in {len(lines)} more {'place' if len(lines) == 1 else 'places'}{where}{on}"
