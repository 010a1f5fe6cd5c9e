"""A world whose documents a server has: other processes use it at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import Any, TypeVar
from uuid import uuid4

import orjson

from specdouble.contract import Contract
from specdouble.contract.json_type import JSON
from specdouble.double.state.answered import Answered, Answers, Place
from specdouble.double.state.conforming import Conforming
from specdouble.double.state.departure import Departure
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.ids import Ids
from specdouble.double.state.initial_state import InitialState
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Problem
from specdouble.double.state.seed import Seed
from specdouble.double.state.store import DuplicateKeyError
from specdouble.double.state.store.engine import (
    ANSWERED,
    BEGUN,
    COUNTERS,
    Engine,
    EngineCollection,
    asked,
    attempted,
    counted,
    current_attempt,
    drop_stray,
    elsewhere,
    locked,
    upserted,
    written,
)
from specdouble.double.state.world import World

_STARTING = 30.0  # seconds in which whoever fills a collection must have done it, or ended
_PAUSE = 0.02
_TRIES = 20  # at putting in what a collection begins with, while others write what stands in its way
_ROWS = "_specdouble_rows"  # where the rows of ids are counted that have been chosen
_MOST_ANSWERS = 10_000  # of requests with an idempotency key, in a world
Found = TypeVar("Found")


class SharedWorld(World):
    """A world that any number of processes may use.

    What a collection begins with is put in by whoever comes first; the others wait for it. A reset is done by one for
    all: the collections stay, with other documents in them.
    """

    _store: Engine
    _ids: SharedIds

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._preparing = threading.RLock()  # a collection may want another one
        super().__init__(*arguments, **options)

    def adopt(self, contract: Contract, initial: InitialState) -> None:
        """Keep the documents, under another contract and with other first ones from the next reset on."""
        self._contract = contract
        self._initial = initial
        self._filled.clear()
        self._open()
        self.answered = SharedAnswers(self._books(ANSWERED))

    def leave(self) -> None:
        """Let go of what this process has of it; the documents stay with the server."""

    def begin_with(self, documents: Seed) -> None:
        """Forget every document, and have these; a collection of which nothing is said begins as after a reset.

        Raises:
            DuplicateKeyError: two of them cannot be there at once; the world is as it was.
        """
        with self._preparing:  # what it begins with is another meanwhile
            super().begin_with(documents)

    def reset(self) -> None:
        """Forget every document but the seed's, in all processes; one of them at a time."""
        with self._preparing, self.alone("reset"):
            self._reset()

    def _reset(self) -> None:
        for name in (ANSWERED, COUNTERS):
            asked(lambda name=name: self._books(name).delete_many({}))  # type: ignore[misc]
        self._ids = self._new_ids()
        self._collections.clear()  # whose rules have the ids from before
        for name in {*self._database.list_collection_names(), *self._initial.seed}:
            self._begin_again(name)

    def counts(self) -> dict[str, int]:
        """How many documents there are in each collection that has been used."""
        begun = {one["_id"] for one in asked(lambda: list(self._books(BEGUN).find({"done": True})))}
        counted = ((name, self._database[name] if name in begun else self._kept(name)[0]) for name in self._names())
        return {name: documents.count_documents({}) for name, documents in counted}

    async def awaited(self, call: Callable[[], Found]) -> Found:
        """What a call of a collection gives to an `async` handler, once no other writer comes between its steps."""
        return await asyncio.to_thread(attempted, call)

    def alone(self, *name: str) -> AbstractContextManager[None]:
        """Nobody else, in whichever process, does what has this name, while the context lasts."""
        return locked(self._database.own, *name)

    def superseded(self) -> Problem:
        """What is raised where another writer came between a check and its write: all is done anew."""
        return current_attempt().superseded()

    def departure(self) -> Departure:
        """What finds out what goes with documents that are deleted, and tells others of it before."""
        return Departure(self._kept, Leaving(self._database), self._store.together)

    def has(self, collection: str, id: str | int, referrer: Document, key: str = "") -> bool:
        """Whether the owner of the referring document may see a document of this id, or with this value of the key.

        Raises:
            Superseded: there is one, and it is about to go: whether it does is waited for.
        """
        is_there = super().has(collection, id, referrer, key)
        if is_there and not key and self._database[collection].is_leaving(id):
            raise self.superseded()
        return is_there

    def _names(self) -> list[str]:
        return sorted({*self._database.list_collection_names(), *self._initial.seed})

    def _new_ids(self) -> SharedIds:
        return SharedIds(self._random_seed, self._books(COUNTERS), self._alone_where_needed)

    def _alone_where_needed(self, *name: str) -> AbstractContextManager[None]:
        return nullcontext() if self._store.is_atomic else self.alone(*name)

    def _books(self, name: str) -> Any:
        return self._database.own[name]

    def _prepare(self, name: str) -> tuple[Any, Enforcement]:
        """The collection, its rules and its first documents: one thread prepares it, for all of this process."""
        return elsewhere(lambda: self._prepared(name))

    def _prepared(self, name: str) -> tuple[Any, Enforcement]:
        with self._preparing:
            return self._collections.get(name) or super()._prepare(name)

    def _index(self, name: str, documents: Any, enforcement: Enforcement) -> None:
        # FerretDB stands still for seconds where several make one collection.
        with self._alone_where_needed("indexes", name):
            super()._index(name, documents, enforcement)
            drop_stray(self._database.own[name], enforcement.kept_unique)

    # What a collection begins with

    def _begin(self, name: str, documents: Any, enforcement: Enforcement) -> None:
        """Put in what the collection begins with, if nobody has, and wait until it is in."""
        begun = self._books(BEGUN)
        while True:
            found = asked(lambda: begun.find_one({"_id": name}))
            if found is not None and found["done"]:
                break
            if found is None and self._is_first(name):
                self._put_in(name, documents, enforcement)
                break
            if found is not None and found["at"] + _STARTING < time.time():  # whoever began it has ended
                asked(lambda at=found["at"]: begun.delete_one({"_id": name, "at": at}))  # type: ignore[misc]
            time.sleep(_PAUSE)
        self._filled.add(name)

    def _is_first(self, name: str) -> bool:
        begun = self._books(BEGUN)
        own = {"_id": name, "by": uuid4().hex}
        try:
            written(
                lambda: begun.insert_one({**own, "at": time.time(), "done": False}),
                lambda: begun.find_one(own),
            )
        except DuplicateKeyError:
            return False
        return True

    def _put_in(self, name: str, documents: Any, enforcement: Enforcement) -> None:
        begun = self._books(BEGUN)
        own = self._database[name]
        try:
            own.delete_many({})
            self._fill(documents, enforcement, self._initial.documents(name))
        except BaseException:
            asked(lambda: begun.delete_one({"_id": name}))
            raise
        asked(lambda: begun.update_one({"_id": name}, {"$set": {"done": True}}))

    def _begin_again(self, name: str) -> None:
        """Give a collection its first documents once more; whoever asks for it first, at the same time, waits."""
        self._kept(name)  # with its rules, its indexes, and nobody who is filling it
        documents, enforcement = self._kept(name)
        for tries_left in reversed(range(_TRIES)):
            self._database[name].delete_many({})
            try:
                self._fill(documents, enforcement, self._initial.documents(name))
            except DuplicateKeyError:  # two of them share what is unique, or somebody has come in between
                if not tries_left:
                    raise
            else:
                return

    def _fill(self, documents: Any, enforcement: Enforcement, first: list[Document]) -> None:
        stored = [self._keyed(one, enforcement) for one in first]
        self._ids.tell()
        if isinstance(documents, EngineCollection):
            documents.insert_many(stored)
            return
        for one in stored:
            documents.insert_one(one)

    @staticmethod
    def _keyed(document: Document, enforcement: Enforcement) -> Document:
        stored = enforcement.stored(deepcopy(document))
        enforcement.identify(stored)
        enforcement.key(stored)
        return stored


class Leaving:
    """The marks on documents that one deletion would take away.

    Args:
        database: of the world.
    """

    def __init__(self, database: Any) -> None:
        self._database = database
        self._before = current_attempt().writes

    def set(self, collection: str, document: Document) -> None:
        """Mark a document, before anybody asks what speaks of it."""
        self._database[collection].mark(document["_id"])

    def lift(self) -> None:
        """Take the marks away: the documents stay."""
        current_attempt().take_back(but=self._before)


class SharedIds(Ids):
    """Ids of which no process gives one that another has given; numbers are counted by the server.

    A seed has many rows of ids. The first process that asks for one in a new world has the row of the embedded store;
    whoever comes later, another one.

    Args:
        seed: the same ids again for the same seed.
        counters: the last number of each collection.
        alone: keeps others from counting where the server cannot.
    """

    def __init__(self, seed: int | None, counters: Any, alone: Callable[..., AbstractContextManager[None]]) -> None:
        super().__init__(seed)
        self._counters = counters
        self._told: dict[str, int] = {}  # by collection, what the server knows at least
        self._alone = alone
        self._seed = seed
        self._has_row = seed is None
        self._choosing = threading.Lock()

    def new(self, collection: str, schema: Mapping[str, JSON]) -> str | int:
        """An id for a document of the collection, in the style of the id property's schema."""
        if not self._has_row:
            elsewhere(self._have_row)
        return super().new(collection, schema)

    def is_taken(self, value: object) -> None:
        """An id that was given has been given before, from the same row: go on in another one."""
        if self._seed is not None and isinstance(value, str):
            elsewhere(self._go_on)

    def _have_row(self) -> None:
        with self._choosing:
            if not self._has_row:
                self._choose_row()

    def _go_on(self) -> None:
        with self._choosing:
            self._choose_row()

    def _choose_row(self) -> None:
        number = self._counted(_ROWS, {"$inc": {"last": 1}}) - 1
        # The makers hold the generator: it is set anew, not replaced.
        self._random.seed(self._seed if number == 0 else f"{self._seed} {number}")
        self._has_row = True

    def _next(self, collection: str, first: int) -> int:
        known = max(self._last.get(collection, 0), first - 1)
        if collection not in self._told or known > self._told[collection]:
            self._told[collection] = self._counted(collection, {"$max": {"last": known}})
        number = self._counted(collection, {"$inc": {"last": 1}})
        self._last[collection] = self._told[collection] = number
        return number

    def tell(self) -> None:
        """Have the server know of the numbers that have been seen."""
        for collection, last in self._last.items():
            self._counted(collection, {"$max": {"last": last}})

    def _counted(self, collection: str, change: Document) -> int:
        """The last number of a collection, after a change of it."""
        found = counted(self._counters, collection, change, lambda: self._alone(COUNTERS, collection))
        return int(found["last"])


class SharedAnswers(Answers):
    """The answers of a world, in whichever process.

    Args:
        answers: the collection that has them.
    """

    def __init__(self, answers: Any) -> None:
        self._answers = answers

    def get(self, place: Place) -> Answered | None:
        """What was answered; None where nothing was, or where it has left."""
        found = asked(lambda: self._answers.find_one({"_id": repr(place)}))
        return None if found is None else (found["sent"], tuple(orjson.loads(found["answer"])))

    def keep(self, place: Place, answered: Answered) -> None:
        """Keep an answer; the first one leaves where there are too many."""
        sent, (content, *rest) = answered
        answer = [content.body if isinstance(content, Conforming) else content, *rest]
        if asked(lambda: self._answers.count_documents({})) >= _MOST_ANSWERS:
            first = asked(lambda: self._answers.find_one({}, {"_id": 1}))
            asked(lambda: self._answers.delete_one({"_id": first["_id"]}))
        kept = {"_id": repr(place), "sent": sent, "answer": orjson.dumps(answer, default=str).decode()}
        upserted(lambda: self._answers.replace_one({"_id": repr(place)}, kept, upsert=True))

    def clear(self) -> None:
        """Forget them, for all processes."""
        asked(lambda: self._answers.delete_many({}))
