"""A server of MongoDB's protocol as a store: a database for each world, and one for what all processes share."""

from __future__ import annotations

import logging
import re
import time
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from hashlib import blake2b
from typing import Any
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError
from pymongo.uri_parser import parse_uri

from specdouble.double.state.store.address import without_password
from specdouble.double.state.store.engine.attempt import current_attempt
from specdouble.double.state.store.engine.clients import Clients, Collection, Database
from specdouble.double.state.store.engine.collection import EngineCollection
from specdouble.double.state.store.engine.locks import locked
from specdouble.double.state.store.engine.names import BOOKS
from specdouble.double.state.store.engine.outage import asked, is_outage, upserted
from specdouble.double.state.store.engine.transaction import has_transactions, together
from specdouble.double.state.store.held import Write
from specdouble.double.state.store.store import Store

PREFIX = "specdouble"
_WORLDS = "worlds"
_BEGINNING = "beginning"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_DEFAULTS = {"serverSelectionTimeoutMS": 2000, "connectTimeoutMS": 2000, "socketTimeoutMS": 10_000}


class Engine(Store):
    """Databases of a server by the names of worlds.

    Args:
        clients: PyMongo's.
        prefix: what the names of all databases begin with, and the whole name of the one that is shared.
    """

    def __init__(self, clients: Clients, prefix: str) -> None:
        super().__init__(clients)
        self._clients = clients
        client = clients.of_threads
        self.prefix = prefix
        about = client.admin.command("buildInfo")
        is_ferretdb = "ferretdb" in about or "ferretdbVersion" in about or "ferretdbFeatures" in about
        self.is_atomic = self.takes_any_name = not is_ferretdb
        self.has_transactions = has_transactions(client)
        self._version = f"MongoDB {about.get('version', '')}" if self.is_atomic else "FerretDB"

    @property
    def told(self) -> str:
        """What it is, and how it keeps what a single process has for nothing."""
        how = "each update in one step" if self.is_atomic else "each update under a lock"
        order = "deletions leave in order, what speaks of a document before it, without a transaction"
        if self.has_transactions:
            order = "what goes with a deletion leaves in one transaction"
        return f"speaks as {self._version.strip()}; {how}; {order}"

    @property
    def shared(self) -> Database:
        """What all processes share beside the documents of worlds."""
        return self._clients[self.prefix]

    def awaited(self) -> AbstractAsyncContextManager[None]:
        """Calls of fibres of this loop are awaited while the context lasts."""
        return self._clients.awaited()

    def is_awaited(self) -> bool:
        """Whether those of the loop that runs are."""
        return self._clients.are_awaited()

    def alone(self, *name: str | int) -> AbstractContextManager[None]:
        """Nobody else, in whichever process, does what has this name: nobody can, where an update is one step."""
        return nullcontext() if self.is_atomic else locked(self.shared, *name)

    def together(self) -> AbstractContextManager[None]:
        """What is written meanwhile is done as a whole or not at all, where the server can; else in its order."""
        return together(self._clients) if self.has_transactions else nullcontext()

    @staticmethod
    def keep_latest(documents: Collection, by: str, most: int) -> None:
        """Forget the oldest documents, where there are more than twice as many as are kept.

        Args:
            documents: of which.
            by: the field that holds their time.
            most: how many are kept.
        """
        if documents.estimated_document_count() <= 2 * most:
            return
        oldest = list(documents.find({}, {by: 1}, sort=[(by, -1)], skip=most, limit=1))
        if oldest:
            documents.delete_many({by: {"$lte": oldest[0][by]}})

    def database_name(self, world: str) -> str:
        """The name of a world's database: its own, where that can be one."""
        if _PLAIN.fullmatch(world):
            return f"{self.prefix}_{world}"
        # Upper case, dots and length: servers differ in what they take, and some in what they tell apart.
        return f"{self.prefix}_x{blake2b(world.encode(), digest_size=10).hexdigest()}"

    def register(self, world: str) -> str:
        """Remember that there is a world; gives what tells this beginning of it from any later one."""
        change = {"$set": {"used": time.time()}, "$setOnInsert": {_BEGINNING: uuid4().hex}}

        def write() -> Any:
            with self.alone(_WORLDS, world):
                found: Any = self.shared[_WORLDS].find_one_and_update(
                    {"_id": world}, change, upsert=True, return_document=ReturnDocument.AFTER
                )
            return found

        return str(upserted(write).get(_BEGINNING))

    def unregister(self, world: str) -> None:
        """Forget a world."""
        asked(lambda: self.shared[_WORLDS].delete_one({"_id": world}))

    def worlds(self) -> dict[str, str]:
        """All worlds that have been used by name, each with what `register` gives for it."""
        return {found["_id"]: str(found.get(_BEGINNING)) for found in asked(lambda: list(self.shared[_WORLDS].find()))}

    def database(self, name: str) -> EngineDatabase:
        """The database of a world; it comes into being with its first document."""
        return EngineDatabase(self._clients[self.database_name(name)], self.is_atomic, self.takes_any_name)

    def drop(self, name: str) -> None:
        """Forget a world's database."""
        asked(lambda: self._clients.of_threads.drop_database(self.database_name(name)))

    def discard(self, name: str) -> None:
        """Let go of what this process has of a database: others may use it."""

    def writes(self, _name: str) -> int:
        """How many documents have been written: only the server could tell."""
        return 1

    @property
    def latest(self) -> Write:
        """The last write of the attempt under way."""
        return current_attempt().latest

    def is_there(self) -> bool:
        """Whether the server answers."""
        try:
            self._clients.of_threads.admin.command("ping")
        except PyMongoError as error:
            if not is_outage(error):
                raise
            return False
        return True


class EngineDatabase:
    """The collections of a world.

    Args:
        database: the server's.
        is_atomic: whether the server updates in one step.
        takes_any_name: whether it takes any name within a document.
    """

    def __init__(self, database: Database, is_atomic: bool, takes_any_name: bool) -> None:
        self.own = database
        self._traits = is_atomic, takes_any_name

    def __getitem__(self, name: str) -> EngineCollection:
        return EngineCollection(self.own[name], *self._traits)

    def list_collection_names(self) -> list[str]:
        """The collections that have documents, or had some."""
        return [name for name in asked(self.own.list_collection_names) if name not in BOOKS]


def connect(url: str) -> Engine:
    """Connect to the server at a URL; the database that it names is the prefix of all.

    Raises:
        ValueError: it is no URL of a server.
        ConnectionError: the server cannot be reached, or lets nobody in.
    """
    logging.getLogger("pymongo").setLevel(logging.CRITICAL)  # it writes addresses, and what was asked
    place = without_password(url)
    try:
        told = parse_uri(url, validate=True)
        options: Any = {name: value for name, value in _DEFAULTS.items() if name not in told["options"]}
        clients = Clients(url, appname="specdouble", **options)
    except (InvalidURI, ConfigurationError, ValueError, TypeError, OSError) as error:
        raise ValueError(f"{place} is no URL of a store: {_briefly(error)}") from None
    try:
        return Engine(clients, told.get("database") or PREFIX)
    except PyMongoError as error:
        clients.close()
        raise ConnectionError(f"the store at {place} does not answer: {_briefly(error)}") from None


def _briefly(error: Exception) -> str:
    told = str(error).partition(", Timeout:")[0].partition(", full error:")[0]
    return re.sub(r"[^\s/'\"]*@", "", told)  # who signs in is told nobody
