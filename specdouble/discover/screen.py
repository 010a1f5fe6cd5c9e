"""What a discovery prints: how it goes, then what was found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import click

from specdouble.discover.discovery import Discovery
from specdouble.discover.outcome import CONFIRMED, MEANINGS, REFUTED, SILENT, STATES, UNDECIDED, UNPROVED, Outcome
from specdouble.discover.report import ordered
from specdouble.printable import printable
from specdouble.verify.report.masking import masked, without_secrets
from specdouble.verify.screen import LiveLine, print_left

SIGNS = {CONFIRMED: "✓", SILENT: "✓", REFUTED: "✗", UNDECIDED: "·", UNPROVED: "?"}
COLORS = {CONFIRMED: "green", SILENT: "green", REFUTED: "red", UNDECIDED: "yellow", UNPROVED: "yellow"}
DIFFERENCES_SHOWN = 12


class Screen:
    """The terminal."""

    def __init__(self) -> None:
        self._live = LiveLine()

    def say(self, line: str) -> None:
        """Show how it goes."""
        self._live.say(line)

    def show(self, discovery: Discovery) -> None:
        """Print what was found: each state with its rules, then the sum."""
        self._live.clear()
        found = ordered(discovery)
        for state in STATES:
            of_state = [one for one in found if (one.state == state and one.rule) or one.state == state == UNDECIDED]
            if of_state:
                click.secho(f"\n{state}: {MEANINGS[state]}", bold=True)
            if state == UNDECIDED:
                self._undecided(of_state, discovery)
                continue
            for one in of_state:
                self._outcome(one, discovery)
        if discovery.recording is not None:
            self._line(f"\n{discovery.recording}", discovery)
        self._loop(discovery)
        print_left(discovery.left, discovery.secrets)
        self._sum(discovery)

    def _undecided(self, outcomes: Iterable[Outcome], discovery: Discovery) -> None:
        """Those that one reason keeps from being decided together, with the reason once."""
        by_reason = defaultdict[str, list[Outcome]](list)
        for one in outcomes:
            by_reason[one.reason].append(one)
        for reason, found in by_reason.items():
            for one in found:
                self._outcome(one, discovery)
            these = f"these {len(found)}: " if len(found) > 1 else ""
            self._line(f"    {these}{reason}", discovery)

    def _outcome(self, one: Outcome, discovery: Discovery) -> None:
        said = one.sentence or f"{one.hypothesis.keyword} at {one.hypothesis.pointer}"
        asked = f"  ({one.requests} requests)" if one.requests else ""
        self._line(f"{SIGNS[one.state]} {one.rule}: {said}{asked}" if one.rule else f"{SIGNS[one.state]} {said}",
                   discovery, COLORS[one.state])  # fmt: skip
        if one.state in (REFUTED, UNPROVED, CONFIRMED) and one.hypothesis.source.miner != "trial":
            self._line(f"    {one.hypothesis.source}", discovery)
        if one.but:
            self._line(f"    but: {one.but}", discovery, "yellow")
        if one.state == REFUTED:
            self._line(f"    {one.reason}", discovery)
            for line in without_secrets(one.curl, discovery.secrets).splitlines():
                click.echo(f"      {printable(line)}")

    def _loop(self, discovery: Discovery) -> None:
        """How the double of what was found did beside the server."""
        loop = discovery.loop
        if loop is None or not loop.rounds:
            return
        click.secho("\nthe double of these rules beside the server", bold=True)
        for number, one in enumerate(loop.rounds, 1):
            self._line(f"  round {number}: {one}", discovery)
        for cause in loop.open[:DIFFERENCES_SHOWN]:
            operation = discovery.contract.operations[cause.first.operation]
            self._line(
                f"  differs still: {operation}, {cause.first.intent}: {cause.first.sentence}", discovery, "yellow"
            )

    @staticmethod
    def _line(text: str, discovery: Discovery, color: str | None = None) -> None:
        click.secho(printable(masked(text, discovery.secrets)), fg=color)

    def _sum(self, discovery: Discovery) -> None:
        found = Counter(one.state for one in discovery.outcomes if one.rule or one.state == UNDECIDED)
        counts = ", ".join(f"{found[state]} {state}" for state in STATES if found[state])
        stopped = f"; stopped: {discovery.stopped}" if discovery.stopped else ""
        asked = f"; {discovery.requests} requests, {discovery.seconds:.1f} s" if discovery.settings.url else ""
        click.secho(f"\n{counts or 'no rule was found'}{asked}{stopped}", bold=True)
