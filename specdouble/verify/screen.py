"""What a verification prints."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence

import click

from specdouble.printable import printable
from specdouble.verify.matrix import matrix
from specdouble.verify.report.masking import masked, without_secrets
from specdouble.verify.summary import clipped, summary
from specdouble.verify.verdict import BROKEN, KEPT, KNOWN, NOT_EXERCISED, SKIPPED, Failure, Verdict

COLORS = {KEPT: "green", BROKEN: "red", KNOWN: "magenta", SKIPPED: "cyan", NOT_EXERCISED: "yellow"}
SIGNS = {KEPT: "✓", BROKEN: "✗", KNOWN: "≈", SKIPPED: "–", NOT_EXERCISED: "·"}
WEIGHTS = ("breaks a client", "against the contract", "against the letter of an RFC")
BAR = 20  # characters
REDRAW = 0.1  # seconds
STEPS_WITHOUT_TERMINAL = 4
LEFT_SHOWN = 12
OTHERS_SHOWN, OTHERS_IN_SUMMARY = 6, 2  # that share a failure's cause
OTHER_LENGTH = 100  # characters
OPERATIONS_SHOWN = 8
REASONS_SHOWN = 8
LEAST_WIDTH = 100  # characters
WIDTH_WITHOUT_TERMINAL = 240  # characters


class LiveLine:
    """A line at a terminal that says how something goes; nothing where nobody looks on."""

    def __init__(self) -> None:
        self.is_seen = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """Write over what it said before, as far as the terminal is wide."""
        self._draw(f"  {printable(text)}"[: shutil.get_terminal_size().columns - 1])

    def clear(self) -> None:
        """Take it away."""
        self._draw("")

    def _draw(self, text: str) -> None:
        """Write over the line; to clear it is no colour, so that NO_COLOR does not forbid it."""
        if self.is_seen:
            click.echo(f"\r\033[K{text}", nl=False, err=True, color=True)


class Screen:
    """The terminal: progress while it runs, then the verdict.

    Args:
        secrets: what must not be printed.
        verbose: whether all is printed, with the proof of each verdict, where something failed too.
    """

    def __init__(self, secrets: Mapping[str, str] | None = None, verbose: bool = False) -> None:
        self.secrets, self.verbose = secrets or {}, verbose
        self._drawn = 0.0
        self._told = 0
        self._live = LiveLine()

    def line(self, text: str, **style: str | bool | None) -> None:
        """Print a line."""
        self.clear()
        click.secho(printable(masked(text, self.secrets)), **style)  # type: ignore[arg-type]

    def progress(self, done: int, total: int, check: str, failures: int) -> None:
        """Show how far it is: a line that moves at a terminal, a few lines elsewhere.

        Args:
            done: cases, or requests where nobody knows how many there will be.
            total: cases; 0 where nobody knows.
            check: what is tried.
            failures: how many were found.
        """
        told = f"{failures} failure{'' if failures == 1 else 's'} so far" if failures else "no failure so far"
        count = f"{done}/{total} cases" if total else f"{done} requests"
        if self._live.is_seen:
            if time.monotonic() - self._drawn > REDRAW:
                self._drawn = time.monotonic()
                bar = "━" * (BAR * done // total) + "╌" * (BAR - BAR * done // total) + " " if total else ""
                self._live.say(f"{bar}{count}, {told}: {check}")
        elif total and done * STEPS_WITHOUT_TERMINAL // total > self._told:
            self._told = done * STEPS_WITHOUT_TERMINAL // total
            click.echo(f"  {count}, {told}", err=True)

    def clear(self) -> None:
        """Take the progress away."""
        if self._drawn:
            self._live.clear()
            self._drawn = 0.0

    def verdict(self, verdict: Verdict) -> None:
        """Print the verdict: a screenful where something failed, else a table of the rules; the sum."""
        self.clear()
        self.line("")
        if verdict.failures and not self.verbose:
            self._summary(verdict)
        else:
            self._whole(verdict)
        self._sum(verdict)

    def _summary(self, verdict: Verdict) -> None:
        """What failed in a line each. A single failure is told whole: nothing has to be ranked."""
        if len(verdict.failures) == 1:
            self._failure(1, verdict.failures[0], verdict, OTHERS_IN_SUMMARY)
            self.line("")
        width = max(shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns, LEAST_WIDTH)
        for text, color in summary(verdict):
            self.line(clipped(masked(text, self.secrets), width), fg=color)

    def _whole(self, verdict: Verdict) -> None:
        """Each rule and check, each failure with its requests, and all that was not exercised or is left over."""
        self._table(verdict)
        self._in_part(verdict)
        for number, failure in enumerate(verdict.failures, 1):
            self._failure(number, failure, verdict)
        for note in verdict.notes:
            self.line(f"\nNote: {note}", fg="yellow")
        self._lacking(verdict)
        print_left(verdict.left, self.secrets, "--leftovers FILE and the JSON report hold them all")

    def _lacking(self, verdict: Verdict) -> None:
        """The operations of which nothing could be judged, each with what would help."""
        if not verdict.lacking:
            return
        self.line("\nNo request was found that the server takes; what depends on it is not exercised:", fg="yellow")
        for line in verdict.lacking:
            self.line(f"  {line}")

    def _table(self, verdict: Verdict) -> None:
        width = max((len(row.check) for row in verdict.rows.values()), default=10)
        self.line(f"  {'rule or check':{width}}  {'verdict':13} {'cases':>6} {'requests':>8} {'seconds':>8}", bold=True)
        for row in verdict.rows.values():
            state = row.state
            figures = f"{row.cases:6} {row.requests:8} {row.seconds:8.2f}"
            reason = f"  {row.reason}" if state in (NOT_EXERCISED, KNOWN, SKIPPED) else ""
            self.line(f"{SIGNS[state]} {row.check:{width}}  {state:13} {figures}{reason}", fg=COLORS[state])
            if self.verbose and row.proof is not None:
                self.line(f"    {row.proof.told}")

    def _in_part(self, verdict: Verdict) -> None:
        """Why sides of rules were not exercised that are kept otherwise: each reason once, with what it is about."""
        about: dict[str, list[str]] = {}
        for row in verdict.rows.values():
            for reason in row.reasons if row.state == KEPT else ():
                about.setdefault(reason, []).append(row.check)
        if about:
            self.line("\nNot exercised in part:", fg="yellow")
        for reason, checks in list(about.items())[:REASONS_SHOWN]:
            self.line(f"  {reason}: {_listed(checks)}")
        if len(about) > REASONS_SHOWN:
            self.line(f"  and {len(about) - REASONS_SHOWN} more reasons: the JSON report holds them all")

    def _failure(self, number: int, failure: Failure, verdict: Verdict, most_others: int = OTHERS_SHOWN) -> None:
        weight = f", {WEIGHTS[failure.weight]}" if failure.weight else ""
        self.line(f"\n{number}. {failure.check}  [{failure.id}]{weight}", fg="red", bold=True)
        for place in failure.places[:1]:
            self.line(f"   {place.file}:{place.line}")
        case = f" ({failure.detail})" if failure.detail else ""
        self.line(f"   {failure.promise}{case}")
        self._operations([verdict.asked.get(name, name) for name in failure.operations], failure.promise)
        self.line(f"   {failure.sentence}")
        for other in failure.others[:most_others]:
            self.line(f"   - {other.promise}: {other.seen[:OTHER_LENGTH]}")
        if failure.also:
            verb = "was" if failure.also == 1 else "were"
            self.line(f"   {_counted(failure.also, 'more case')} of this promise failed or {verb} left out")
        self.line("\n   Reproduce from a fresh state:\n")
        self._reproduction(failure)

    def _operations(self, names: Sequence[str], promise: str) -> None:
        """The operations that a failure is about, where its promise does not name them."""
        if len(names) > 1:
            self.line(f"   {len(names)} operations: {_listed(names)}")
        elif names and names[0] not in promise:
            self.line(f"   {names[0]}")

    def _reproduction(self, failure: Failure) -> None:
        """The lines to paste: with variables for secrets, and else as they are sent."""
        for line in without_secrets(failure.curl, self.secrets).splitlines():
            click.echo(f"     {printable(line)}")

    def _sum(self, verdict: Verdict) -> None:
        if verdict.unproved and not verdict.failures:
            self.line(f"\nNothing is proved of documents, since none could be created: {verdict.unproved}", fg="red")
        for defect in verdict.defects.values():
            self.line(f"\n{defect}", fg="red")
        states = [KEPT, BROKEN, *(one for one in (KNOWN, SKIPPED) if verdict.count(one)), NOT_EXERCISED]
        counts = ", ".join(f"{verdict.count(state)} {state}" for state in states)
        if verdict.count(NOT_EXERCISED):
            counts += " (see why)"
        stopped = f"; stopped: {verdict.stopped}" if verdict.stopped else ""
        color = "red" if verdict.exit_code else "green"
        outcomes = matrix(verdict)
        exercised = sum(1 for one in outcomes if one.state != NOT_EXERCISED)
        self.line(f"\n{counts}; {_counted(len(verdict.failures), 'failure')} in {verdict.requests} requests, "
                  f"{exercised} of {_counted(len(outcomes), 'operation')} exercised, "
                  f"{verdict.seconds:.1f} s, seed {verdict.seed}{stopped}", fg=color, bold=True)  # fmt: skip


def print_left(left: Sequence[str], secrets: Mapping[str, str], rest: str = "--leftovers FILE holds them all") -> None:
    """Print what is left over on a server, if anything is: how much, and the first of it.

    Args:
        left: a line for each.
        secrets: what must not be printed.
        rest: where the others stand.
    """
    if not left:
        return
    count = len(left)
    click.secho(f"\nLeft over on the server, {count} {'entry' if count == 1 else 'entries'}:", fg="yellow")
    for line in left[:LEFT_SHOWN]:
        click.echo(printable(masked(f"  {line}", secrets)))
    if count > LEFT_SHOWN:
        click.echo(f"  and {count - LEFT_SHOWN} more: {rest}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - OPERATIONS_SHOWN
    return ", ".join(names[:OPERATIONS_SHOWN]) + (f" and {more} more" if more > 0 else "")
