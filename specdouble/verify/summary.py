"""What a run that found failures prints: a screenful, the heaviest first; reports and `--verbose` hold all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specdouble.verify.verdict import NOT_EXERCISED, Failure, Verdict

FAILURES_SHOWN = 8
REASONS_SHOWN = 1
NOTES_SHOWN = 1
CHECKS_SHOWN = 4
DETAILS = (
    "All of it: --verbose. With requests, scripts and the lines of the contract: --reports DIR, and report.html there."
)


def summary(verdict: Verdict) -> Iterator[tuple[str, str | None]]:
    """The lines, each with its colour: a line for each cause, and one for each other thing that there is to know.

    They are as long as what they tell: whoever prints them masks secrets first, and cuts them then.
    """
    if len(verdict.failures) > 1:  # a single one is told whole
        yield from _ranked(verdict.failures)
    for line in (*_not_exercised(verdict), *_beside(verdict)):
        yield line, "yellow"
    yield DETAILS, None


def _ranked(failures: Sequence[Failure]) -> Iterator[tuple[str, str | None]]:
    yield "Broken, the heaviest first:", "red"
    for number, failure in enumerate(failures[:FAILURES_SHOWN], 1):
        yield f"{number:2}. {_told(failure)}", None
    if (hidden := len(failures) - FAILURES_SHOWN) > 0:
        yield f"    and {hidden} more, none heavier", None


def _told(failure: Failure) -> str:
    """One failure in one line."""
    more = len(failure.operations) - 1
    others = f" (and {more} more operation{'' if more == 1 else 's'})" if more > 0 else ""
    return f"{failure.check} [{failure.id}] {failure.promise}{others}: {failure.told}"


def _not_exercised(verdict: Verdict) -> Iterator[str]:
    """The rules and checks that were not, by their first reason: the reason of most of them first."""
    about: dict[str, list[str]] = {}
    for row in verdict.rows.values():
        if row.state == NOT_EXERCISED:
            about.setdefault(row.reason.partition("; ")[0], []).append(row.check)
    ranked = sorted(about.items(), key=lambda item: -len(item[1]))
    for reason, checks in ranked[:REASONS_SHOWN]:
        yield f"Not exercised: {_listed(checks)}: {reason}"
    if rest := [check for _, checks in ranked[REASONS_SHOWN:] for check in checks]:
        yield f"Not exercised either: {_listed(rest)}"


def _beside(verdict: Verdict) -> Iterator[str]:
    """What else there is to know: notes, operations of which nothing was judged, what is left over."""
    for note in verdict.notes[:NOTES_SHOWN]:
        yield f"Note: {note}"
    if verdict.lacking:
        yield _first("No request was found that the server takes", verdict.lacking)
    if verdict.left:
        yield _first("Left over on the server", verdict.left)


def _first(what: str, lines: Sequence[str]) -> str:
    more = f" ({len(lines)} lines, the first of them)" if len(lines) > 1 else ""
    return f"{what}{more}: {lines[0]}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - CHECKS_SHOWN
    return ", ".join(names[:CHECKS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def clipped(text: str, width: int) -> str:
    """A text on one line, cut where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
