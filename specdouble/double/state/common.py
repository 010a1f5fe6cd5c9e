"""What all processes that use one store have in common beside the documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from specdouble.double.state.journal import Journal
from specdouble.double.state.shared_control import SharedControl
from specdouble.double.state.shared_credentials import SharedRevoked
from specdouble.double.state.shared_faults import SharedMet
from specdouble.double.state.shared_journal import SharedCoverage, SharedJournal
from specdouble.double.state.shared_snapshots import SharedSnapshots
from specdouble.double.state.store.engine import Engine


class Common:
    """The control plane's state, of all processes.

    Args:
        engine: the store.
        follow: sets in this process what was set for all.
    """

    def __init__(self, engine: Engine, follow: Callable[[Mapping[str, bytes]], None]) -> None:
        self.journal = SharedJournal(engine, Journal())
        self.coverage = SharedCoverage(engine)
        self.snapshots = SharedSnapshots(engine)
        self.met = SharedMet(engine)
        self.revoked = SharedRevoked(engine)
        self._control = SharedControl(engine, follow, self._tell)

    def set(self, **controls: bytes) -> None:
        """Set something for all processes; each has it when this returns."""
        self._control.change(**controls)

    def gather(self) -> None:
        """Have the journal of all processes at hand, as it is now."""
        self._control.change()
        self.journal.gather()

    def close(self) -> None:
        """Tell what is left to be told."""
        self._control.close()

    def _tell(self) -> None:
        self.journal.tell()
        self.coverage.tell()
