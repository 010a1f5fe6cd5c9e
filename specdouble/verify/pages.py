"""HTML in the place of what the contract declares: another's answer, or how the server itself answers."""

from __future__ import annotations

from collections import Counter

from specdouble.verify.exchange import Exchange
from specdouble.verify.judge import trouble
from specdouble.verify.problem import Trouble

ENOUGH = 5  # pages of one status, and no other answer of it
ENOUGH_OF_ONE = 3  # pages of one operation, and no other answer of it
OF_PROXIES = (403, 429)  # what stands before a server refuses with these, and with these alone


class Pages:
    """Counts what comes as pages: where all of a status or of an operation does, they are the server's own."""

    def __init__(self) -> None:
        self._pages: Counter[int | str] = Counter()
        self._others: Counter[int | str] = Counter()
        self._successes = 0

    def trouble(self, exchange: Exchange) -> Trouble | None:
        """What shows that something else than the server answered."""
        found = trouble(exchange)
        operation = exchange.call.operation.id
        (self._others if found is None else self._pages).update((exchange.status, operation))
        self._successes += found is None and exchange.status < 400
        return None if self.is_own(exchange.status, operation) else found

    def is_own(self, status: int, operation: str) -> bool:
        """Whether a page of the status is the server's own, where an operation answers with it."""
        refusal = 400 <= status < 500 and status not in OF_PROXIES
        always = self._always(status, ENOUGH) or self._always(operation, ENOUGH_OF_ONE)
        return refusal and always and self._successes >= ENOUGH

    def _always(self, of: int | str, enough: int) -> bool:
        return self._pages[of] >= enough and not self._others[of]
