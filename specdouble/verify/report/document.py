"""The verdict as plain data, secrets masked: the JSON report, and what all other reports are drawn from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from specdouble.verify.exchange import Exchange
from specdouble.verify.fault_codes import fault_code
from specdouble.verify.matrix import Outcome, columns, matrix
from specdouble.verify.proof import Proof
from specdouble.verify.report.excerpt import excerpt, from_the_root
from specdouble.verify.settings import STRICTNESS
from specdouble.verify.verdict import STATES, Failure, Row, Tolerated, Verdict

LONGEST = 8192  # bytes of a body that are shown


def document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain data."""
    outcomes = matrix(verdict)
    return {
        "contract": verdict.title,
        "url": verdict.url,
        "seed": verdict.seed,
        "conforms": verdict.exit_code == 0,
        "exitCode": verdict.exit_code,
        "seconds": round(verdict.seconds, 3),
        "requests": verdict.requests,
        "stopped": verdict.stopped or None,
        "counts": {state: verdict.count(state) for state in STATES},
        "operationCounts": _operation_counts(outcomes),
        "rules": [_row(row, verdict) for row in verdict.rows.values()],
        "operations": verdict.operations,
        "matrix": {"checks": columns(outcomes), "operations": [_outcome(one) for one in outcomes]},
        "failures": [_failure(failure) for failure in verdict.failures],
        "tolerated": [_tolerated(one) for row in verdict.rows.values() for one in row.tolerated],
        "notes": verdict.notes,
        "defects": list(verdict.defects.values()),
        "lacking": verdict.lacking,
        "left": verdict.left,
    }


def _operation_counts(outcomes: list[Outcome]) -> dict[str, int]:
    counted = Counter(one.state for one in outcomes)
    return {state: counted[state] for state in STATES}


def _row(row: Row, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": row.check, "meaning": row.meaning, "state": row.state, "reason": row.reason or None,
        "reasons": dict(row.reasons),
        "cases": row.cases, "requests": row.requests, "seconds": round(row.seconds, 3),
        "file": row.file or None, "line": row.line or None, "source": excerpt(row.file, row.line) if row.file else [],
        "proof": _proof(row.proof),
        "failures": list(_told_by(row, verdict)),
        "operations": {
            name: {"cases": tried.cases, "reasons": dict(tried.reasons)} for name, tried in row.operations.items()
        },
    }  # fmt: skip


def _told_by(row: Row, verdict: Verdict) -> Iterator[str]:
    """The ids of the failures that tell what is broken; some are told with another of the same cause."""
    for failure in verdict.failures:
        if row.check in (failure.check, *(one.check for one in failure.others)):
            yield failure.id


def _proof(proof: Proof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    return {
        "told": proof.told, "promise": proof.promise, "case": proof.detail, "requests": len(proof.exchanges),
        "decisive": exchange(proof.decisive),
        "control": exchange(proof.control) if proof.control else None,
    }  # fmt: skip


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.operation, "label": outcome.label, "state": outcome.state, "reason": outcome.reason or None,
        "checks": {
            check: {"state": cell.state, "cases": cell.cases, "reasons": dict(cell.reasons)}
            for check, cell in outcome.cells.items()
        },
    }  # fmt: skip


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "id": failure.id, "faultCode": fault_code(failure), "rule": failure.check,
        "promise": failure.promise, "case": failure.detail,
        "expected": failure.expected, "seen": failure.seen, "operations": list(failure.operations),
        "also": failure.also, "file": failure.file or None, "line": failure.line or None,
        "places": [
            {
                "file": from_the_root(one.file), "line": one.line, "about": one.about,
                "source": excerpt(one.file, one.line),
            }
            for one in failure.places
        ],
        "statuses": [step.status for step in failure.steps], "curl": failure.curl,
        "weight": STRICTNESS[failure.weight], "exchanges": [exchange(step) for step in failure.steps],
        "deciding": failure.steps.index(failure.proof.decisive) if failure.steps else None,
        "others": [
            {"promise": one.promise, "operations": list(one.operations), "seen": one.seen} for one in failure.others
        ],
        "replay": failure.replay,
    }  # fmt: skip


def _tolerated(one: Tolerated) -> dict[str, Any]:
    failure = one.failure
    return {
        "kind": one.kind, "why": one.why, "rule": failure.check, "promise": failure.promise,
        "operations": list(failure.operations), "seen": failure.seen,
    }  # fmt: skip


def exchange(step: Exchange) -> dict[str, Any]:
    """A request and its answer, their bodies as text."""
    return {
        "method": step.method, "url": step.url, "user": step.call.user, "operation": step.call.operation.id,
        "sent": {"headers": dict(step.sent_headers), "body": _text(step.sent)},
        "status": step.status, "headers": dict(step.headers), "body": _text(step.content),
        "seconds": round(step.elapsed, 4),
    }  # fmt: skip


def _text(content: bytes | None) -> str | None:
    if content is None:
        return None
    text = content[:LONGEST].decode("utf-8", "replace")
    return text + ("…" if len(content) > LONGEST else "")


def as_json(told: dict[str, Any]) -> str:
    """The JSON report.

    Args:
        told: the verdict as plain data, secrets masked.
    """
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
