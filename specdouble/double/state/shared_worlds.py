"""The worlds of a store that other processes use too."""

from __future__ import annotations

from collections.abc import Callable

from specdouble.double.state.problem import Problem
from specdouble.double.state.shared_world import SharedWorld
from specdouble.double.state.store.engine import Engine
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD, Worlds


class SharedWorlds(Worlds):
    """Worlds by name. What a process has of one may leave; its documents stay until somebody forgets the world.

    Args:
        make: gives the world of a name.
        most: how many a process has at hand.
        engine: where their documents are.
    """

    def __init__(self, make: Callable[[str], World], most: int, engine: Engine) -> None:
        self._engine = engine
        super().__init__(make, most)

    def of(self, name: str) -> World:
        """The world of that name, made and seeded at its first use.

        Raises:
            Problem: 400, the name is none; 503, the store is away.
        """
        if name not in self._worlds:
            self._engine.register(name)
        return super().of(name)

    def names(self) -> list[str]:
        """Every world that any process has used."""
        return sorted({*self._engine.worlds(), DEFAULT_WORLD})

    def unmake(self, world: World, used: float) -> None:
        """What is shared stays."""

    def reset(self) -> None:
        """Give the default world its seed again, and forget the others, in all processes."""
        for name in self.names():
            if name == DEFAULT_WORLD:
                self.of(name).reset()
            else:
                self.forget(name)

    def reset_one(self, name: str) -> None:
        """Give the world of that name its seed again, if there is one."""
        if name in self.names():
            self.of(name).reset()

    def forget(self, name: str) -> None:
        """Let a world go: it begins anew at its next use.

        Raises:
            Problem: 404, there is none; 409, it is the default one.
        """
        if name not in self.names():
            raise Problem(404, "No such world", f"`{name}` has not been used, or has left")
        if name == DEFAULT_WORLD:
            raise Problem(409, "The world stays", "the default world stays; reset gives it its seed again")
        world = self.of(name)
        assert isinstance(world, SharedWorld)
        world.drop()
        self._engine.unregister(name)
        del self._worlds[name]

    def _let_go(self, leaving: World) -> None:
        self._remove(leaving)
