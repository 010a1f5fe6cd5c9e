"""Repeated requests: what was done with an idempotency key is answered again as it was the first time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from specdouble.contract import Operation
from specdouble.contract.arguments import argument_name
from specdouble.contract.json_type import JSON
from specdouble.double.state.exchange import current
from specdouble.double.state.patch import refusing
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World

Answer = Callable[..., Any]
Place = tuple[str, str, str]


class _Asked(NamedTuple):
    """A request with a key.

    Args:
        world: the state that it is asked of.
        place: the operation, the caller and the key.
        sent: all of it, as its digest.
        operation: the operation.
    """

    world: World
    place: Place
    sent: str
    operation: Operation

    def known(self) -> Any:
        """What was answered to it before; None where nothing was.

        Raises:
            Problem: the key came with another request.
        """
        known = self.world.answered.get(self.place)
        if known is None:
            return None
        first, answer = known
        if first != self.sent:
            status = refusing(self.operation.statuses, 422, 409, 400)
            raise Problem(status, None, f"the key {self.place[-1]} came with another request before")
        return answer

    def kept(self, result: Any) -> Any:
        """The result, which is remembered; what is refused is not: mended, it may come again."""
        if result is NotImplemented:  # a handler leaves it to the double
            return result
        whole = result if isinstance(result, tuple) else (result, self.operation.success, {})
        self.world.answered.keep(self.place, (self.sent, whole))
        return result


def once(operation: Operation, answer: Answer) -> Answer:
    """The answer, given once for each key, where the operation has a header field for idempotency keys."""
    name = key_field(operation)
    if not name:
        return answer
    argument = argument_name(name)
    under_way: WeakValueDictionary[tuple[str, Place], asyncio.Lock] = WeakValueDictionary()

    def repeated(**arguments: Any) -> Any:
        one = _asked(operation, arguments.get(argument), arguments)
        if one is None:
            return answer(**arguments)
        with one.world.alone(*one.place):
            known = one.known()
            return one.kept(answer(**arguments)) if known is None else known

    async def repeated_later(**arguments: Any) -> Any:
        one = _asked(operation, arguments.get(argument), arguments)
        if one is None:
            return await answer(**arguments)
        place = one.world.name, one.place
        lock = under_way.setdefault(place, asyncio.Lock())  # while one is waited for, the same may be asked again
        async with lock, _alone_later(one):
            known = await one.world.awaited(one.known)
            if known is not None:
                return known
            result = await answer(**arguments)
            return await one.world.awaited(partial(one.kept, result))

    return repeated_later if inspect.iscoroutinefunction(answer) else repeated


def _asked(operation: Operation, key: JSON, arguments: dict[str, JSON]) -> _Asked | None:
    """The request that is under way, where it has a key."""
    if not isinstance(key, str):
        return None
    exchange = current.get()
    place = operation.id, repr(exchange.user), key
    sent = sha256(repr(sorted(arguments.items())).encode("utf-8", "surrogatepass")).hexdigest()
    return _Asked(exchange.world, place, sent, operation)


@asynccontextmanager
async def _alone_later(asked: _Asked) -> AsyncIterator[None]:
    """Nobody else answers the request meanwhile; where the store has to be waited for, others are answered."""
    alone = asked.world.alone(*asked.place)
    await asked.world.awaited(alone.__enter__)
    try:
        yield
    finally:
        await asked.world.awaited(partial(alone.__exit__, None, None, None))


def key_field(operation: Operation) -> str:
    """The header field that holds a request's idempotency key; empty where the operation has none."""
    if operation.idempotency_key:
        return operation.idempotency_key
    if operation.method != "post":
        return ""
    fields = (one.name for one in operation.parameters if one.location == "header")
    return next((name for name in fields if "idempotency" in name.lower()), "")
