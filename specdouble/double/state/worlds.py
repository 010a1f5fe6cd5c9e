"""The worlds of a double: made when they are first asked for, and no more than there is room for."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from time import time

from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World

DEFAULT_WORLD = "default"
MOST = 1000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SLACK = 0.1  # of the time after which a world expires: it may stay so much longer
_NO_ROOM = (
    "was idle for longest when there was no more room, and its documents are lost: a larger --max-worlds or "
    "--store-limit keeps more"
)
_EXPIRED = "was not asked for longer than --world-timeout, and its documents are lost"
_log = logging.getLogger("specdouble")


class Worlds:
    """Worlds by name. Where all places are taken, the one that was used longest ago leaves; the default one never.

    One that nobody has asked for long enough leaves too, once another one begins.

    Args:
        make: makes the world of a name, with the seed in it.
        most: how many there may be.
        full: tells whether their documents take all the room that there is.
        idle: seconds after which one that nobody asks has expired; None where none does.
    """

    def __init__(
        self,
        make: Callable[[str], World],
        most: int,
        full: Callable[[], bool] = lambda: False,
        idle: float | None = None,
    ) -> None:
        self._make = make
        self._most = most
        self._full = full
        self._idle_for = idle
        self._looked = 0.0  # when it was last looked for those that have expired
        self._worlds = {DEFAULT_WORLD: make(DEFAULT_WORLD)}
        self._left: dict[str, str] = {}  # those that left with documents in them, the last ones of all: why
        self._warned = False  # once is enough: a thousand worlds would fill a terminal
        self.at_hand = self._worlds.get
        """The world of that name, or None where it is still to be made."""

    def __iter__(self) -> Iterator[World]:
        return iter(self._worlds.values())

    def all(self) -> list[World]:
        """Every world that there is."""
        return [*self]

    def of(self, name: str) -> World:
        """The world of that name, made and seeded at its first use.

        Raises:
            Problem: 400, the name is none; 410, the world has left, and its documents with it (said once, then it
                begins anew); 503, every world has a request under way.
        """
        world = self._worlds.get(name)
        if world is not None:
            return world
        if not is_name(name):
            raise Problem(400, "Not the name of a world", "a name has 1 to 64 letters, digits, `_`, `.` or `-`")
        if name in self._left:
            # Not silently anew: a client that goes on would miss its documents, and not know why.
            raise Problem(
                410, "The world has left", f"`{name}` {self._left.pop(name)}; the next request begins it anew"
            )
        self._expire()
        if len(self._worlds) >= self._most:
            self._make_room()
        world = self._worlds[name] = self._make(name)
        return world

    def unmake(self, world: World, used: float) -> None:
        """Let a world go that was made for a request which has then been refused, and has left nothing in it.

        Args:
            world: the world.
            used: when the request began; whoever has used the world since keeps it.
        """
        if world.used == used and not world.busy and not world.writes and world.name != DEFAULT_WORLD:
            self._remove(world)

    def reset(self) -> None:
        """Give the default world its seed again, and forget the others: each begins anew at its next use."""
        for world in list(self):
            if world.name == DEFAULT_WORLD:  # whoever names no world finds it there
                world.reset()
            else:
                self._remove(world)
        self._left.clear()
        self._warned = False

    def reset_one(self, name: str) -> None:
        """Give the world of that name its seed again, if there is one."""
        self._left.pop(name, None)
        if name in self._worlds:
            self._worlds[name].reset()

    def forget(self, name: str) -> None:
        """Let a world go: it begins anew at its next use.

        Raises:
            Problem: 404, there is none; 409, it is the default one, or has a request under way.
        """
        world = self._worlds.get(name)
        if world is None:
            raise Problem(404, "No such world", f"`{name}` has not been used, or has left")
        if name == DEFAULT_WORLD or world.busy:
            reason = "the default world stays" if name == DEFAULT_WORLD else "it has a request under way"
            raise Problem(409, "The world stays", f"{reason}; reset gives it its seed again")
        self._remove(world)

    def make_room(self, writer: World) -> None:
        """Have room for what a world is about to store: others leave for it, the one idle for longest first.

        Raises:
            Problem: 507, there is none, and no other world is idle.
        """
        while self._full():
            idle = [world for world in self._idle() if world is not writer and world.writes]
            if not idle:
                detail = (
                    "the documents of all worlds have reached --store-limit; delete some, reset, or raise the limit"
                )
                raise Problem(507, "Insufficient Storage", detail)
            self._let_go(min(idle, key=_used))

    def _expire(self) -> None:
        """Let those go that nobody has asked for long enough; to look at all of them each time would take long."""
        now = time()
        if self._idle_for is None or now - self._looked < self._idle_for * _SLACK:
            return
        self._looked = now
        for world in self._idle():
            if world.used and now - world.used >= self._idle_for:
                if world.writes:
                    self._left[world.name] = _EXPIRED
                self._remove(world)

    def _idle(self) -> list[World]:
        return [world for world in self if not world.busy and world.name != DEFAULT_WORLD]

    def _make_room(self) -> None:
        idle = self._idle()
        if not idle:
            detail = f"there may be {self._most}, and each has a request under way; start with a larger --max-worlds"
            raise Problem(503, "Too many worlds", detail, headers={"Retry-After": "1"})
        self._let_go(min(idle, key=_used))

    def _let_go(self, leaving: World) -> None:
        if leaving.writes:
            self._remember(leaving.name)
        self._remove(leaving)

    def _remember(self, name: str) -> None:
        self._left[name] = _NO_ROOM
        if len(self._left) > 10 * self._most:
            del self._left[next(iter(self._left))]
        if not self._warned:
            self._warned = True
            _log.warning(
                "there are %d worlds: `%s`, idle for longest, has left with its documents, and so will others\n"
                "    remedy: start with a larger --max-worlds or --store-limit, or reset worlds that are done with",
                len(self._worlds),
                name,
            )

    def _remove(self, world: World) -> None:
        del self._worlds[world.name]
        world.leave()


def is_name(text: str) -> bool:
    """Whether a world, or a snapshot of one, can be called so."""
    return _NAME.fullmatch(text) is not None


def _used(world: World) -> float:
    return world.used
