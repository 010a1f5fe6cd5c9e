"""Why a mutant survived, and what would kill it."""

from __future__ import annotations

from specdouble.prove.fault import Mutant
from specdouble.verify.verdict import KEPT, Row, Verdict


def reason_of(mutant: Mutant, verdict: Verdict) -> str:
    """What the rules and checks that should have seen the fault did."""
    rows = _rows(mutant, verdict)
    if not rows:
        return "no rule or check of the verifier speaks of it"
    clauses = [f"{row.check} {_did(row)}" for row in rows]
    return "; ".join(clauses)


def _rows(mutant: Mutant, verdict: Verdict) -> list[Row]:
    return [verdict.rows[check] for check in mutant.concerns if check in verdict.rows]


def _did(row: Row) -> str:
    if row.state == KEPT:
        return f"was kept in {row.cases} cases" + (f", but for {row.reason}" if row.reason else "")
    return f"was not exercised: {row.reason}"


def remedy_of(mutant: Mutant, verdict: Verdict) -> str:
    """What the user can do."""
    for row in _rows(mutant, verdict):
        if "needs" in row.reason:
            needed = row.reason.partition("needs")[2].strip()
            return f"give the verifier what it needs in [tool.specdouble.verify]: {needed}"
        if "no operation reads" in row.reason:
            return "add an operation that reads these documents, or `x-action` to the one that does"
    about = mutant.target.partition(".")[0]
    return f'a check of the project\'s own in tests/rules/ that shows it on {about}: @rule("...")'
