"""The verdict as JSON, and as annotations of a GitHub workflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specdouble.verify.exchange import Exchange
from specdouble.verify.settings import STRICTNESS
from specdouble.verify.verdict import STATES, Failure, Tolerated, Verdict

LONGEST = 8192  # bytes of a body that are shown


def document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain data."""
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
        "rules": [
            {
                "id": row.check, "meaning": row.meaning, "state": row.state, "reason": row.reason or None,
                "reasons": dict(row.reasons),
                "cases": row.cases, "requests": row.requests, "seconds": round(row.seconds, 3),
                "file": row.file or None, "line": row.line or None,
            }
            for row in verdict.rows.values()
        ],
        "operations": verdict.operations,
        "failures": [_failure(failure) for failure in verdict.failures],
        "tolerated": [_tolerated(one) for row in verdict.rows.values() for one in row.tolerated],
        "notes": verdict.notes,
        "lacking": verdict.lacking,
        "left": verdict.left,
    }  # fmt: skip


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "id": failure.id, "rule": failure.check, "promise": failure.promise, "case": failure.detail,
        "expected": failure.expected, "seen": failure.seen, "operations": list(failure.operations),
        "also": failure.also, "file": failure.file or None, "line": failure.line or None,
        "statuses": [step.status for step in failure.steps], "curl": failure.curl,
        "weight": STRICTNESS[failure.weight], "exchanges": [exchange(step) for step in failure.steps],
        "others": [
            {"promise": one.promise, "operations": list(one.operations), "seen": one.seen} for one in failure.others
        ],
        "replay": failure.replay,
    }  # fmt: skip


def write(told: dict[str, Any], path: Path) -> None:
    """Write the JSON report.

    Args:
        told: the verdict as plain data, secrets masked.
        path: the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


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


def workflow_commands(verdict: Verdict, contract: Path) -> Iterator[str]:
    """A workflow command for each failure, pointing at the rule's own line."""
    for failure in verdict.failures:
        file, line = failure.file or str(contract), failure.line or 1
        message = _escaped(f"{failure.promise}. {failure.sentence}")
        yield f"::error file={_escaped(_relative(file))},line={line},title={_escaped(failure.check)}::{message}"


def _relative(file: str) -> str:
    path = Path(file)
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return file


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("::", ": :")
