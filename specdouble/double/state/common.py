"""What all processes that use one store have in common beside the documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from uuid import uuid4

from specdouble.double.state.journal import Journal
from specdouble.double.state.shared_control import SharedControl
from specdouble.double.state.shared_credentials import SharedRevoked
from specdouble.double.state.shared_faults import SharedMet
from specdouble.double.state.shared_journal import SharedCoverage, SharedJournal
from specdouble.double.state.shared_snapshots import SharedSnapshots
from specdouble.double.state.shared_worlds import SharedWorlds
from specdouble.double.state.store.engine import Engine


class Common:
    """The control plane's state, of all processes.

    Args:
        engine: the store.
        follow: sets in this process what was set for all.
        worlds: the worlds that this process has.
    """

    def __init__(self, engine: Engine, follow: Callable[[Mapping[str, bytes]], None], worlds: SharedWorlds) -> None:
        self.journal = SharedJournal(engine, Journal())
        self.coverage = SharedCoverage(engine)
        self.snapshots = SharedSnapshots(engine)
        self.met = SharedMet(engine)
        self.revoked = SharedRevoked(engine)
        self._set = follow
        self._heard: dict[str, bytes] = {}  # by what is announced, the mark of the last time
        self._hearing = {
            "worlds": worlds.follow,
            "journal": self.journal.forget_untold,
            "coverage": self.coverage.begin_anew,
        }
        for name, one in (("worlds", worlds), ("journal", self.journal), ("coverage", self.coverage)):
            one.announce = partial(self._announce, name)
        self._control = SharedControl(engine, self._follow, self._tell)

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

    def _announce(self, name: str) -> None:
        """Have every process do what it does where this is announced."""
        self._control.change(**{name: uuid4().bytes})

    def _follow(self, settings: Mapping[str, bytes]) -> None:
        self._set(settings)
        for name, hear in self._hearing.items():
            mark = settings.get(name)
            if mark is not None and mark != self._heard.get(name):
                hear()
                self._heard[name] = mark

    def _tell(self) -> None:
        self.journal.tell()
        self.coverage.tell()
