"""The verdict as JSON, and as annotations of a GitHub workflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specdouble.verify.report.masking import masked
from specdouble.verify.verdict import BROKEN, KEPT, NOT_EXERCISED, Failure, Verdict


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
        "counts": {state: verdict.count(state) for state in (KEPT, BROKEN, NOT_EXERCISED)},
        "rules": [
            {
                "id": row.check, "meaning": row.meaning, "state": row.state, "reason": row.reason or None,
                "cases": row.cases, "requests": row.requests, "seconds": round(row.seconds, 3),
                "file": row.file or None, "line": row.line or None,
            }
            for row in verdict.rows.values()
        ],
        "operations": verdict.operations,
        "failures": [_failure(failure) for failure in verdict.failures],
        "notes": verdict.notes,
        "left": verdict.left,
    }  # fmt: skip


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "id": failure.id, "rule": failure.check, "promise": failure.promise, "case": failure.detail,
        "expected": failure.expected, "seen": failure.seen, "operations": list(failure.operations),
        "also": failure.also, "file": failure.file or None, "line": failure.line or None,
        "statuses": [step.status for step in failure.steps], "curl": failure.curl,
    }  # fmt: skip


def write(verdict: Verdict, path: Path, secrets: dict[str, str]) -> None:
    """Write the JSON report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document(verdict), indent=2, ensure_ascii=False)
    path.write_text(masked(text, secrets) + "\n", encoding="utf-8")


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
