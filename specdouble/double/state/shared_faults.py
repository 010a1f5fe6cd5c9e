"""How often the faults were met by the requests to all processes of a store."""

from __future__ import annotations

from specdouble.double.state.met import Met
from specdouble.double.state.store.engine import Engine, asked, counted


class SharedMet(Met):
    """Counts in the store, so that a fault that is to be met once is met in one process.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._counts = engine.shared["faults_met"]

    def begin(self, name: str, number: int) -> None:
        """Count anew, for so many faults; whoever has faults of this name counts with them."""
        super().begin(name, number)
        asked(lambda: self._counts.delete_many({"name": {"$ne": name}}))

    def take(self, index: int, most: int | None) -> bool:
        """Whether the fault may be met once more; it counts as met then."""
        if most is None:
            self._add(index)
            return True
        return self._of(index) < most and self._add(index) <= most

    def counts(self) -> list[int]:
        """How often each was met."""
        return [self._of(index) for index in range(self._number)]

    def _of(self, index: int) -> int:
        found = asked(lambda: self._counts.find_one({"_id": f"{self.name} {index}"}))
        return 0 if found is None else int(found["met"])

    def _add(self, index: int) -> int:
        change = {"$inc": {"met": 1}, "$set": {"name": self.name}}
        found = counted(self._counts, f"{self.name} {index}", change, lambda: self._engine.alone("fault", index))
        return int(found["met"])
