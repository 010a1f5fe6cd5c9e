"""HTML in the place of what the contract declares: another's answer, or how the server itself answers."""

from __future__ import annotations

from collections import Counter

from specdouble.verify.exchange import Exchange
from specdouble.verify.judge import trouble
from specdouble.verify.problem import Trouble

ENOUGH = 5  # pages of one status, and no other answer of it
OF_PROXIES = (403, 429)  # what stands before a server refuses with these, and with these alone


class Pages:
    """Counts which statuses come as pages: where all of a status do, and others do not, they are the server's own."""

    def __init__(self) -> None:
        self._pages: Counter[int] = Counter()
        self._others: Counter[int] = Counter()

    def trouble(self, exchange: Exchange) -> Trouble | None:
        """What shows that something else than the server answered."""
        found = trouble(exchange)
        (self._others if found is None else self._pages)[exchange.status] += 1
        return None if self.is_own(exchange.status) else found

    def is_own(self, status: int) -> bool:
        """Whether a page of the status is the server's own."""
        refusal = 400 <= status < 500 and status not in OF_PROXIES
        always = self._pages[status] >= ENOUGH and not self._others[status]
        successes = sum(count for other, count in self._others.items() if other < 400)
        return refusal and always and successes >= ENOUGH
