"""PyMongo's two clients of one server: threads wait for what the one answers, fibres have the other's awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.asynchronous.cursor import AsyncCursor

from specdouble.double.state.store.engine.fibre import awaited, is_in_fibre
from specdouble.double.state.store.values import Document


class Clients:
    """The clients of a server.

    Args:
        url: of the server.
        options: of both.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self._url, self._options = url, options
        self.of_threads: MongoClient[Document] = MongoClient(url, **options)
        self.of_fibres: AsyncMongoClient[Document] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def awaited(self) -> AsyncIterator[None]:
        """Fibres of this loop can ask while the context lasts, unless those of another one do."""
        if self._loop is not None:
            yield
            return
        async with AsyncMongoClient[Document](self._url, **self._options) as client:
            self.of_fibres, self._loop = client, asyncio.get_running_loop()
            try:
                yield
            finally:
                self.of_fibres = self._loop = None

    def are_awaited(self) -> bool:
        """Whether fibres of the loop that runs can ask."""
        return self._loop is not None and asyncio.get_running_loop() is self._loop

    def __getitem__(self, name: str) -> Database:
        return Database(self, name)

    @contextmanager
    def bound(self) -> Iterator[Any]:
        """A session to which all belongs that is asked while the context lasts."""
        client = self.of_fibres if is_in_fibre() else None
        if client is None:
            with self.of_threads.start_session().bind() as session:
                yield session
            return
        binding = client.start_session().bind()
        begun = awaited(binding.__aenter__())
        try:
            yield _Awaited(begun)
        finally:
            awaited(binding.__aexit__(None, None, None))

    def close(self) -> None:
        """Let go of the connections."""
        self.of_threads.close()


class Database:
    """A database of a server.

    Args:
        clients: of the server.
        name: its own.
    """

    def __init__(self, clients: Clients, name: str) -> None:
        self.clients, self.name = clients, name

    def __getitem__(self, name: str) -> Collection:
        return Collection(self, name)

    def list_collection_names(self) -> list[str]:
        """The collections that there are."""
        client = self.clients.of_fibres
        if client is not None and is_in_fibre():
            return awaited(client[self.name].list_collection_names())
        return self.clients.of_threads[self.name].list_collection_names()


class Collection:
    """A collection of a server, with the methods of PyMongo's; what they find is good to be gone through.

    Args:
        database: whose it is.
        name: its own.
    """

    def __init__(self, database: Database, name: str) -> None:
        self.database, self.name = database, name
        self._of_threads = database.clients.of_threads[database.name][name]
        self._of_fibres: tuple[object, Any] = (None, None)
        self.codec_options = self._of_threads.codec_options

    def __getattr__(self, name: str) -> Any:
        client = self.database.clients.of_fibres
        if client is None or not is_in_fibre():
            return getattr(self._of_threads, name)
        known, own = self._of_fibres
        if known is not client:
            own = _Awaited(client[self.database.name][self.name])
            self._of_fibres = client, own
        return getattr(own, name)


class _Awaited:
    """What has methods to be awaited, for a fibre: each gives what comes of it.

    Args:
        own: one of PyMongo's.
    """

    def __init__(self, own: Any) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._own, name)

        def call(*arguments: Any, **options: Any) -> Any:
            given = method(*arguments, **options)
            if asyncio.iscoroutine(given):
                given = awaited(given)
            return awaited(given.to_list()) if isinstance(given, AsyncCursor | AsyncCommandCursor) else given

        return call
