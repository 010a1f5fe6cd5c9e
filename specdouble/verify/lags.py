"""Lags: how long after a write a read may be held to what was written, by operation."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

from specdouble.contract import Operation


class Lags:
    """The lags of a server.

    Args:
        usual: seconds until a write is seen by every read, as the settings say.
    """

    def __init__(self, usual: float) -> None:
        self.of: defaultdict[str, float] = defaultdict(float)  # seconds, by operation, where its reads lag behind
        self.measures: Counter[str] = Counter()  # by operation, how often it was measured
        self._usual, self._wrote = usual, float("-inf")

    def wrote(self) -> None:
        """Note a write."""
        self._wrote = time.monotonic()

    def wait(self, operation: Operation) -> None:
        """Wait until the last write is seen by a read of the operation."""
        left = self._wrote + max(self._usual, self.of.get(operation.id, 0)) - time.monotonic()
        if left > 0:
            time.sleep(left)
