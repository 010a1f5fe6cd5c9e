"""The last exchanges, each with the explanation of its answer."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any, NamedTuple

from specdouble.double.state.problem import Problem

KEPT = 1000
_BODY_KEPT = 4096


class Entry(NamedTuple):
    """One exchange; `told` makes it readable.

    Args:
        time: seconds since the epoch.
        seconds: how long the answer took.
        query: the query string.
        why: what the answer is a refusal or a failure for.
    """

    time: float
    seconds: float
    world: str
    method: str
    path: str
    query: bytes
    operation: str | None
    request_body: bytes
    status: int
    response_body: bytes
    rule: str | None
    why: Problem | dict[str, Any] | None

    def told(self) -> dict[str, Any]:
        """The entry as a JSON document."""
        return {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "milliseconds": round(self.seconds * 1000, 3),
            "world": self.world,
            "method": self.method,
            "target": f"{self.path}?{self.query.decode('latin-1')}" if self.query else self.path,
            "operation": self.operation,
            "request": _text(self.request_body),
            "status": self.status,
            "response": _text(self.response_body),
            "rule": self.rule,
            "explanation": self.why.explained() if isinstance(self.why, Problem) else self.why,
        }


def _text(body: bytes) -> str:
    cut = body[:_BODY_KEPT].decode("utf-8", "replace")
    return cut if len(body) <= _BODY_KEPT else f"{cut} … ({len(body)} bytes)"


class Journal:
    """Keeps the last 1,000 exchanges. Credentials never get into it: it keeps no headers."""

    def __init__(self) -> None:
        # What an `Entry` is made of, when it is asked for.
        self._entries: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self.record = self._entries.append

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def told(self) -> list[dict[str, Any]]:
        """The exchanges as JSON documents, the last one first."""
        return [Entry(*entry).told() for entry in reversed(self._entries)]
