"""The exchange under way: which operation, for whom, in which world."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from specdouble.contract import Operation
from specdouble.contract.json_type import JSON
from specdouble.double.state.upload import Upload

if TYPE_CHECKING:
    from specdouble.double.state.awaited_collection import AwaitedCollection
    from specdouble.double.state.documents import Collection, Written
    from specdouble.double.state.world import World

User = dict[str, JSON]


class Asked(Protocol):
    """A request as it was sent."""

    @property
    def path(self) -> Mapping[str, str]:
        """The raw segments of the path parameters."""

    @property
    def target(self) -> str:
        """The path as it was sent, its escapes with it."""

    @property
    def query(self) -> bytes:
        """The query string."""

    @property
    def writes(self) -> list[Written]:
        """The writes that were tried for its sake."""

    @property
    def headers(self) -> Mapping[bytes, bytes]:
        """The header fields, names in lower case."""

    def uploads(self) -> list[Upload]:
        """The files that it brings."""


@dataclass(slots=True)
class Exchange:
    """A request that is being answered.

    Args:
        operation: what was asked.
        world: the state that it is asked of.
        user: the claims of the caller; None where nobody was authenticated.
        media_type: the representation that the caller accepts best; None where there is no choice.
        request: the request itself; None where nobody sent one.
    """

    operation: Operation
    world: World
    user: User | None
    media_type: str | None = None
    request: Asked | None = None


current: ContextVar[Exchange] = ContextVar("exchange")


def collection(name: str) -> Collection:
    """The collection of that name, as the caller of the running operation sees it.

    Every write is held to the contract's rules, every read to the caller's own documents.
    The methods have PyMongo's names and arguments.
    """
    exchange = current.get()
    writes = None if exchange.request is None else exchange.request.writes
    return exchange.world.collection(name, exchange.user, exchange.operation.statuses, writes)


def async_collection(name: str) -> AwaitedCollection:
    """The collection of that name for an `async` handler, which awaits its methods."""
    from specdouble.double.state.awaited_collection import AwaitedCollection  # most handlers are plain functions

    return AwaitedCollection(collection(name), current.get().world.awaited)


def new_token(user: User) -> str:
    """A token that signs a stored user in: by the contract's `x-identity`, else one of the double's provider.

    It is good for each scheme that takes a bearer token, and wherever the contract has a key or a cookie of a session.

    Args:
        user: the user's document, as `collection("users")` gives it.

    Raises:
        LookupError: the double has no way to issue one.
    """
    world = current.get().world
    tokens = next(iter(world.tokens.values()), None)
    if tokens is not None:
        return tokens.issue(user)
    if world.token_of is None:
        raise LookupError("no security scheme with `x-identity` and without `credential` stands in the contract")
    return world.token_of(user)


def new_id() -> str:
    """An ObjectId, for what a handler keeps inside a document."""
    return current.get().world.new_id()
