"""A process whose store others use too: what it would have for itself is in the store, for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from specdouble.double.state.common import Common
from specdouble.double.state.process import Process
from specdouble.double.state.shared_credentials import SharedSigningKeys, shared_secret
from specdouble.double.state.shared_world import SharedWorld
from specdouble.double.state.shared_worlds import SharedWorlds
from specdouble.double.state.signing_keys import SigningKeys
from specdouble.double.state.store.engine import Engine
from specdouble.double.state.world import World
from specdouble.double.state.worlds import Worlds


class SharingProcess(Process):
    """A process among others.

    Args:
        engine: the store.
    """

    waits = True
    world = SharedWorld
    _worlds: SharedWorlds

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def told(self) -> str:
        """Which server keeps the documents, and how."""
        return self._engine.told

    def credentials(self, project: Path) -> tuple[str, SigningKeys]:
        """As all processes have them: a token of one is taken by the others."""
        return shared_secret(self._engine, project), SharedSigningKeys(self._engine, project)

    def worlds(
        self,
        make: Callable[[str], World],
        most: int,
        is_full: Callable[[], bool],
        idle: float | None,
    ) -> Worlds:
        """As many as there may be; how much room they take, and who still uses one, no process knows alone."""
        self._worlds = SharedWorlds(make, most, self._engine)
        return self._worlds

    def common(self, follow: Callable[[Mapping[str, bytes]], None]) -> Common:
        """The journal, the coverage and what was set, of all processes."""
        return Common(self._engine, follow, self._worlds)
