"""The last exchanges, each with the explanation of its answer."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any, NamedTuple

from specdouble.double.state.masking import Exchanged, Masking
from specdouble.double.state.problem import Problem

KEPT = 1000
BYTES = 8 * 1024 * 1024
_SHOWN = 4096  # bytes of a body, of a target, of an explanation's texts
_SENTENCES = 20  # of an explanation's violations
_SENTENCE = 200  # characters of each, where the whole is too long

Why = Problem | dict[str, Any] | None


class Entry(NamedTuple):
    """One exchange; `told` makes it readable.

    Args:
        time: seconds since the epoch.
        seconds: how long the answer took.
        query: the query string.
        request_body: its beginning; `request_size` are all its bytes.
        response_body: its beginning; `response_size` are all its bytes.
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
    request_size: int
    status: int
    response_body: bytes
    response_size: int
    rule: str | None
    why: Why

    def told(self, masked: Exchanged) -> dict[str, Any]:
        """The entry as a JSON document, without credentials."""
        why = self.why.explained() if isinstance(self.why, Problem) else self.why
        return {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "milliseconds": round(self.seconds * 1000, 3),
            "world": self.world,
            "method": self.method,
            "target": masked.target(self.path, self.query.decode("latin-1"), self.operation),
            "operation": self.operation,
            "request": _shown(masked.body(_text(self.request_body)), self.request_size),
            "status": self.status,
            "response": _shown(masked.body(_text(self.response_body)), self.response_size),
            "rule": self.rule,
            "explanation": masked.value(why),
        }


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _shown(text: str, size: int) -> str:
    return text if size <= _SHOWN else f"{text} … ({size} bytes)"


class Journal:
    """Keeps the last 1,000 exchanges, fewer where they are large: of each what is shown, and 8 MiB in all.

    It keeps no header fields, and shows no credentials.

    `forgotten` counts the exchanges that had to make room.
    """

    def __init__(self) -> None:
        # What an `Entry` is made of, when it is asked for, and its bytes.
        self._entries: deque[tuple[tuple[Any, ...], int]] = deque()
        self._bytes = 0
        self.forgotten = 0

    def record(
        self,
        time: float,
        seconds: float,
        world: str,
        method: str,
        path: str,
        query: bytes,
        operation: str | None,
        request_body: bytes,
        status: int,
        response_body: bytes,
        rule: str | None,
        why: Why,
    ) -> None:
        """Keep an exchange, and forget the oldest where there is no room; the arguments are an `Entry`'s."""
        asked, answered = len(request_body), len(response_body)
        if asked > _SHOWN:
            request_body = request_body[:_SHOWN]
        if answered > _SHOWN:
            response_body = response_body[:_SHOWN]
        size = len(request_body) + len(response_body) + len(world) + len(path) + len(query)
        if why is not None:
            why, explanation = _bounded(why)
            size += explanation
        target = (world, method, path, query, operation, request_body, asked)
        self._entries.append(((time, seconds, *target, status, response_body, answered, rule, why), size))
        self._bytes += size
        while len(self._entries) > KEPT or self._bytes > BYTES:
            self._bytes -= self._entries.popleft()[1]
            self.forgotten += 1

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self._bytes = self.forgotten = 0

    def told(self, masking: Masking) -> list[dict[str, Any]]:
        """The exchanges as JSON documents, the last one first."""
        return [Entry(*entry).told(masking.exchange()) for entry, _ in reversed(self._entries)]


def _bounded(why: Problem | dict[str, Any]) -> tuple[Problem | dict[str, Any], int]:
    """An explanation that is no longer than what is shown, and its size."""
    if isinstance(why, Problem):
        # A message may quote the value that is wrong, and that may be a whole body.
        size = sum(len(one.message) + len(one.pointer) for one in why.violations)
        size += len(why.title or "") + len(why.detail or "")
        if size <= _SHOWN:
            return why, size
        why = why.explained()
    size = sum(map(_size, why.values()))
    if size <= _SHOWN:
        return why, size
    cut = {name: _cut(value) for name, value in why.items()}
    return cut, sum(map(_size, cut.values()))


def _size(value: Any) -> int:
    """The characters of all texts in a JSON value."""
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else len(str(value))


def _cut(value: Any, longest: int = _SHOWN) -> Any:
    if isinstance(value, dict):
        return {name: _cut(one, longest) for name, one in value.items()}
    if isinstance(value, list):
        rest = [f"… ({len(value)} in all)"] if len(value) > _SENTENCES else []
        return [*(_cut(one, _SENTENCE) for one in value[:_SENTENCES]), *rest]
    if not isinstance(value, str) or len(value) <= longest:
        return value
    # The end of a traceback says what happened.
    return f"{value[: longest // 4]} … {value[-longest * 3 // 4 :]}"
