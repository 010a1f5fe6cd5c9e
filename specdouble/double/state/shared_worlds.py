"""The worlds of a store that other processes use too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from specdouble.double.state.problem import Problem
from specdouble.double.state.store.engine import Engine
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD, Worlds, is_name


class SharedWorlds(Worlds):
    """Worlds by name. What a process has of one may leave; its documents stay until somebody forgets the world.

    What a process has of a world holds for one beginning of it: its indexes are made, its seed is put in. So whoever
    forgets one announces it, and each process lets go of what it has of an earlier beginning.

    Args:
        make: gives the world of a name.
        most: how many a process has at hand.
        engine: where their documents are.
    """

    def __init__(self, make: Callable[[str], World], most: int, engine: Engine) -> None:
        self._engine = engine
        self._beginnings: dict[str, str] = {}
        self._changing = threading.Lock()
        self.announce: Callable[[], None] = lambda: None
        """Have every process let go of the worlds that are forgotten, and wait until each has."""
        super().__init__(make, most)

    def __iter__(self) -> Iterator[World]:
        return iter([*self._worlds.values()])  # threads change them meanwhile

    def of(self, name: str) -> World:
        """The world of that name, made and seeded at its first use.

        Raises:
            Problem: 400, the name is none; 503, the store is away.
        """
        world = self._worlds.get(name)
        if world is not None:
            return world
        with self._changing:
            if is_name(name) and name not in self._worlds:
                self._beginnings[name] = self._engine.register(name)
            return super().of(name)

    def follow(self) -> None:
        """Let go of the worlds that another process has forgotten."""
        with self._changing:
            beginnings = self._engine.worlds()
            for world in self:
                if world.name != DEFAULT_WORLD and self._beginnings.get(world.name) != beginnings.get(world.name):
                    self._remove(world)

    def all(self) -> list[World]:
        """Every world that any process has used; what is not at hand is looked at alone."""
        return [self._worlds.get(name) or self._make(name) for name in self._names()]

    def unmake(self, world: World, used: float) -> None:
        """What is shared stays."""

    def reset(self) -> None:
        """Give the default world its seed again, and forget the others, in all processes."""
        self.of(DEFAULT_WORLD).reset()
        for name in self._names():
            if name != DEFAULT_WORLD:
                self._forget(name)
        self.announce()

    def reset_one(self, name: str) -> None:
        """Give the world of that name its seed again, if there is one."""
        if name in self._names():
            self.of(name).reset()

    def forget(self, name: str) -> None:
        """Let a world go: it begins anew at its next use.

        Raises:
            Problem: 404, there is none; 409, it is the default one.
        """
        if name not in self._names():
            raise Problem(404, "No such world", f"`{name}` has not been used, or has left")
        if name == DEFAULT_WORLD:
            raise Problem(409, "The world stays", "the default world stays; reset gives it its seed again")
        self._forget(name)
        self.announce()

    def _forget(self, name: str) -> None:
        # Its documents first: who begins it anew in between lets go of that beginning, which is no other one yet.
        self._engine.drop(name)
        self._engine.unregister(name)

    def _names(self) -> list[str]:
        return sorted({*self._engine.worlds(), DEFAULT_WORLD})

    def _let_go(self, leaving: World) -> None:
        self._remove(leaving)

    def _remove(self, world: World) -> None:
        self._worlds.pop(world.name, None)
        self._beginnings.pop(world.name, None)
