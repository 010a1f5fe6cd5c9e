"""The asynchronous twin of a collection, for `async` handlers: others are answered while a store is waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from specdouble.contract.json_type import JSON
from specdouble.double.state.documents import Collection, Filter, Sort, Update
from specdouble.double.state.keeper import Document
from specdouble.double.state.store import DeleteResult, InsertManyResult, InsertOneResult, ReturnDocument, UpdateResult

Found = TypeVar("Found")


class AwaitedCollection:
    """A collection whose methods are awaited, as those of PyMongo's `AsyncCollection`; they mean what its own do.

    Where the store is a server, each call is done in a thread, and done anew where another writer came between what it
    read and what it wrote. The embedded store has nothing to wait for.

    Args:
        documents: the collection.
        run: does a call, and gives what it gives.
    """

    __slots__ = ("_documents", "_run")

    def __init__(self, documents: Collection, run: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._documents, self._run = documents, run

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._documents.name

    async def find_one(self, filter: Filter | None = None) -> Document | None:
        """The first document that the filter matches, or None."""
        return await self._call(lambda: self._documents.find_one(filter))

    async def find(
        self, filter: Filter | None = None, *, sort: Sort | None = None, skip: int = 0, limit: int = 0
    ) -> list[Document]:
        """The documents that the filter matches; a limit of 0 is none."""
        return await self._call(lambda: self._documents.find(filter, sort=sort, skip=skip, limit=limit))

    async def count_documents(self, filter: Filter | None = None) -> int:
        """How many documents the filter matches."""
        return await self._call(lambda: self._documents.count_documents(filter))

    async def distinct(self, key: str, filter: Filter | None = None) -> list[JSON]:
        """The different values of a property."""
        return await self._call(lambda: self._documents.distinct(key, filter))

    async def aggregate(self, pipeline: Sequence[Mapping[str, JSON]]) -> list[Document]:
        """What an aggregation pipeline makes of the caller's documents."""
        return await self._call(lambda: self._documents.aggregate(pipeline))

    async def insert_one(self, document: Document) -> InsertOneResult:
        """Store a new document; what the server sets is set in the given document too.

        Raises:
            Refusal: it would break rules of the contract.
        """
        return await self._call(lambda: self._documents.insert_one(document))

    async def insert_many(self, documents: Sequence[Document]) -> InsertManyResult:
        """Store several new documents, in order, up to the first that is refused."""
        return await self._call(lambda: self._documents.insert_many(documents))

    async def update_one(self, filter: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        """Change the first document that the filter matches by update operators."""
        return await self._call(lambda: self._documents.update_one(filter, update, upsert=upsert))

    async def update_many(self, filter: Filter, update: Update) -> UpdateResult:
        """Change every document that the filter matches, up to the first that is refused."""
        return await self._call(lambda: self._documents.update_many(filter, update))

    async def replace_one(self, filter: Filter, replacement: Mapping[str, JSON]) -> UpdateResult:
        """Put another document in the place of the first that the filter matches."""
        return await self._call(lambda: self._documents.replace_one(filter, replacement))

    async def find_one_and_update(
        self, filter: Filter, update: Update, *, return_document: bool = ReturnDocument.BEFORE
    ) -> Document | None:
        """Change the first document that the filter matches, and hand out how it was, or how it is now."""
        return await self._call(
            lambda: self._documents.find_one_and_update(filter, update, return_document=return_document)
        )

    async def find_one_and_replace(
        self, filter: Filter, replacement: Mapping[str, JSON], *, return_document: bool = ReturnDocument.BEFORE
    ) -> Document | None:
        """Replace the first document that the filter matches, and hand out how it was, or how it is now."""
        return await self._call(
            lambda: self._documents.find_one_and_replace(filter, replacement, return_document=return_document)
        )

    async def find_one_and_delete(self, filter: Filter) -> Document | None:
        """Remove the first document that the filter matches, and hand it out."""
        return await self._call(lambda: self._documents.find_one_and_delete(filter))

    async def delete_one(self, filter: Filter) -> DeleteResult:
        """Remove the first document that the filter matches."""
        return await self._call(lambda: self._documents.delete_one(filter))

    async def delete_many(self, filter: Filter) -> DeleteResult:
        """Remove every document that the filter matches."""
        return await self._call(lambda: self._documents.delete_many(filter))

    async def _call(self, call: Callable[[], Found]) -> Found:
        found: Found = await self._run(call)
        return found
