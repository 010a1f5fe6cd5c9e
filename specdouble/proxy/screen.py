"""What a proxy prints: a line for each exchange, what it breaks beneath it, and a count at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from specdouble.contract.json_type import JSON
from specdouble.double.request_log import Text
from specdouble.printable import printable
from specdouble.proxy.inspector import Violation

BACKEND = "backend"  # of an explanation: what answered
_MOST = 20  # violations of one exchange
_DISTINCT = 1000  # violations that are counted each by itself


class ProxyText(Text):
    """A line for people; who answered, and what was broken, each on a line of its own."""

    def line(self, exchange: Mapping[str, JSON]) -> str:
        """An exchange, as the journal tells it."""
        explanation = exchange["explanation"] or {}
        if BACKEND not in explanation:
            return super().line(exchange) + "  (the double)"
        violations = explanation["violations"]
        told = [f"          ✗ {printable(one['told'])}".replace("\n", " ") for one in violations[:_MOST]]
        if len(violations) > _MOST:
            told.append(f"          and {len(violations) - _MOST} more")
        return "\n".join([super().line({**exchange, "explanation": None}), *told])


class Tally:
    """Counts what passed and what was broken."""

    def __init__(self) -> None:
        self.exchanges = 0
        self._broken: Counter[tuple[str, str]] = Counter()
        self.of: Counter[str] = Counter()  # by location

    def count(self, operation: str, violations: Sequence[Violation]) -> None:
        """Count an exchange with the backend."""
        self.exchanges += 1
        for one in violations:
            self.of[one.location] += 1
            if len(self._broken) < _DISTINCT or (operation, str(one)) in self._broken:
                self._broken[operation, str(one)] += 1

    def told(self, of_double: int) -> str:
        """The count, and each violation once with how often it was seen.

        Args:
            of_double: how many requests the double answered.
        """
        exchanges = f"{self.exchanges} exchanges with the backend, {of_double} answered by the double"
        lines = [f"{exchanges}; {self.of['answer']} violations by the backend, {self.of['request']} by clients"]
        for (operation, told), times in self._broken.most_common():
            lines.append(f"  {times:4} ×  {operation}  {printable(told)}")
        return "\n".join(lines)


def explained(url: str, violations: Sequence[Violation]) -> dict[str, JSON]:
    """What the journal keeps of an exchange with the backend."""
    shown = [
        {"location": one.location, "pointer": one.pointer, "message": one.message, "rule": one.rule, "told": str(one)}
        for one in violations
    ]
    title = "broken contract" if violations else "answered by the backend"
    return {"title": title, BACKEND: url, "violations": shown}
