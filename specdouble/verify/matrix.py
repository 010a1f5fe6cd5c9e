"""The matrix: what became of each operation under each check, and of the operation as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from specdouble.verify.verdict import BROKEN, KEPT, KNOWN, NOT_EXERCISED, SKIPPED, Row, Verdict

HEAVIEST_FIRST = (BROKEN, KNOWN, SKIPPED, KEPT, NOT_EXERCISED)


@dataclass
class Cell:
    """What became of one operation under one check.

    Args:
        state: the heaviest of the rules that the check stands for.
        cases: how many were judged.
        reasons: why others were not.
    """

    state: str = NOT_EXERCISED
    cases: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Outcome:
    """What became of one operation.

    Args:
        operation: its id.
        label: its method and path.
        state: as that of a rule.
        reason: why it was not exercised.
        cells: by check; of the rules of one kind there is one.
    """

    operation: str
    label: str
    state: str
    reason: str
    cells: dict[str, Cell]


def matrix(verdict: Verdict) -> list[Outcome]:
    """Every operation of the contract, with what each check says of it."""
    cells: dict[str, dict[str, Cell]] = {name: {} for name in verdict.asked}
    for row in verdict.rows.values():
        for name, cell in _cells(row):
            if name in cells:
                _add(cells[name].setdefault(column(row), Cell()), cell)
    for name, check in _merged_failures(verdict):
        if name in cells:
            _add(cells[name].setdefault(check, Cell()), Cell(BROKEN))
    return [_outcome(verdict, name, found) for name, found in cells.items()]


def column(row: Row) -> str:
    """The check that a row belongs to: the kind of a rule, the name of what needs no rule."""
    return row.check.partition(":")[0]


def columns(outcomes: Iterable[Outcome]) -> list[str]:
    """Every check that says something of an operation."""
    return list(dict.fromkeys(check for one in outcomes for check in one.cells))


def _cells(row: Row) -> Iterator[tuple[str, Cell]]:
    """What one row says of operations."""
    for name, tried in row.operations.items():
        yield name, Cell(KEPT if tried.cases else NOT_EXERCISED, tried.cases, tried.reasons)
    for failure in row.failures.values():
        yield from ((name, Cell(BROKEN)) for name in failure.operations)
    for one in row.tolerated:
        if one.kind in (KNOWN, SKIPPED):
            yield from ((name, Cell(one.kind)) for name in one.failure.operations)


def _merged_failures(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """The operations and checks of failures that are told with another of the same cause."""
    for failure in verdict.failures:
        for other in failure.others:
            yield from ((name, other.check.partition(":")[0]) for name in other.operations)


def _add(cell: Cell, other: Cell) -> None:
    cell.state = _heaviest((cell.state, other.state))
    cell.cases += other.cases
    cell.reasons += other.reasons


def _heaviest(states: Iterable[str]) -> str:
    return min(states, key=HEAVIEST_FIRST.index, default=NOT_EXERCISED)


def _outcome(verdict: Verdict, name: str, cells: dict[str, Cell]) -> Outcome:
    """The operation as a whole: that answers of refusals were judged exercises none that takes no request."""
    state, reason = _heaviest(cell.state for cell in cells.values()), verdict.untaken.get(name, "")
    if state == KEPT and reason:
        state = NOT_EXERCISED
    if state == NOT_EXERCISED and not reason:
        reasons = sum((cell.reasons for cell in cells.values()), Counter[str]())
        reason = next((text for text, _ in reasons.most_common(1)), "nothing that was tried is about it")
    return Outcome(name, verdict.asked[name], state, reason if state == NOT_EXERCISED else "", cells)
