"""What a process has for itself: where it keeps the documents, nobody else has any of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from specdouble.double.state.secret import secret_of
from specdouble.double.state.signing_keys import SigningKeys
from specdouble.double.state.world import World
from specdouble.double.state.worlds import Worlds

if TYPE_CHECKING:
    from specdouble.double.state.common import Common


class Process:
    """A process that keeps the documents itself.

    What it says is overridden where other processes use the store too (`SharingProcess`); whoever assembles a double
    asks here, and never which of the two it is.
    """

    waits = False
    """Whether the store may have to be waited for: then operations are answered by threads."""
    world: type[World] = World
    """What a world is."""

    @property
    def told(self) -> str:
        """What keeps the documents, and how; empty for the process itself."""
        return ""

    def credentials(self, project: Path) -> tuple[str, SigningKeys]:
        """What tokens are signed with."""
        return secret_of(project), SigningKeys(project)

    def worlds(
        self, make: Callable[[str], World], most: int, is_full: Callable[[], bool], idle: float | None
    ) -> Worlds:
        """The worlds: as many as there may be, those let go of that nobody has used, or for which there is no room."""
        return Worlds(make, most, is_full, idle)

    def common(self, follow: Callable[[Mapping[str, bytes]], None]) -> Common | None:
        """What all processes have together; None where there is but one."""
        return None
