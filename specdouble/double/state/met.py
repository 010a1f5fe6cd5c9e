"""How often each of the faults was met."""

from __future__ import annotations


class Met:
    """Counts in this process.

    A list of faults has a name, so that processes that share one know whether they have the same.
    """

    def __init__(self) -> None:
        self.name = ""
        self._number = 0
        self._times: list[int] = []

    def begin(self, name: str, number: int) -> None:
        """Count anew, for so many faults."""
        self.name, self._number = name, number
        self._times = [0] * number

    def take(self, index: int, most: int | None) -> bool:
        """Whether the fault may be met once more; it counts as met then.

        Args:
            index: which of them.
            most: how often in all; None for ever.
        """
        if self._times[index] == most:
            return False
        self._times[index] += 1
        return True

    def counts(self) -> list[int]:
        """How often each was met."""
        return self._times
