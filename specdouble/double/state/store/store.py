"""Where documents are kept: databases by name, in this process or on a server, and what of them is noted as changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Any

from specdouble.double.state.store.changes import Changes, Place
from specdouble.double.state.store.client import EmbeddedClient
from specdouble.double.state.store.held import Held, Write
from specdouble.double.state.store.indexed import Contents
from specdouble.double.state.store.values import Document


class Store:
    """Where the documents are kept: databases by name, one for each world.

    Args:
        client: a PyMongo client, or the embedded one.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._held = client.held if isinstance(client, EmbeddedClient) else Held()

    @property
    def embedded(self) -> bool:
        """Whether documents live in this process, so that no call ever waits for a server."""
        return isinstance(self._client, EmbeddedClient)

    def database(self, name: str) -> Any:
        """The database of that name; it comes into being with its first document."""
        return self._client[name]

    def drop(self, name: str) -> None:
        """Forget all documents and indexes of a database; handles to it stay good."""
        self._client.drop_database(name)

    def discard(self, name: str) -> None:
        """Forget a database as if it had never been; handles to it are good no longer."""
        self.drop(name)
        if isinstance(self._client, EmbeddedClient):
            self._client.discard(name)

    def writes(self, name: str) -> int:
        """How many documents of a database have been written and removed; 1 where only a server could tell."""
        return self._client.writes(name) if isinstance(self._client, EmbeddedClient) else 1

    def note_changes(self) -> Changes:
        """Have each change noted from now on, for who keeps them."""
        self._held.changes = changes = Changes()
        return changes

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """What changes within need not be kept: it comes from what is kept, or from a seed."""
        changes = self._held.changes
        if changes is None or not changes.is_noting:
            yield
            return
        changes.is_noting = False
        try:
            yield
        finally:
            changes.is_noting = True

    def note_all(self, name: str, collection: str) -> None:
        """What a collection of a database holds is to be kept as a whole."""
        if self._held.changes is not None:
            self._held.changes.note_all((name, collection))

    def stored(self, place: Place) -> Mapping[Any, Document]:
        """The documents of a database's collection by their keys; to be read only, and of the embedded store alone."""
        database, collection = place
        documents: Mapping[Any, Document] = self._client._store[database][collection]._documents
        return documents

    def note_beginning(self, name: str, collection: str) -> None:
        """What a collection of a database has begun with is to be kept, though nothing has changed."""
        if self._held.changes is not None:
            self._held.changes.note_beginning((name, collection))

    def beginning(self, place: Place) -> Contents | None:
        """What a collection of the embedded store has begun with; None where it began with nothing that is shared."""
        database, collection = place
        beginning: Contents | None = self._client._store[database][collection].beginning
        return beginning

    @property
    def latest(self) -> Write:
        """The last write to any document; where a server holds them, nothing is known of it."""
        return self._held.latest

    @property
    def held(self) -> int:
        """How many bytes its documents have as JSON; 0 where a server holds them."""
        return self._held.bytes

    def is_there(self) -> bool:
        """Whether it answers."""
        return True

    def awaited(self) -> AbstractAsyncContextManager[None]:
        """What waits for it may do so in this loop while the context lasts."""
        return nullcontext()

    def is_awaited(self) -> bool:
        """Whether it may, in the loop that runs."""
        return False

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        self._client.close()
