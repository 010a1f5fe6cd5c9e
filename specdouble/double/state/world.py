"""A world: one isolated state of the double, seeded at first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import Any, TypeVar

from specdouble.contract import Contract, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.reserved import is_reserved
from specdouble.double.state.answered import AnsweredInWorld, AnsweredRequests, Answers
from specdouble.double.state.clock import Clock
from specdouble.double.state.departure import Departure
from specdouble.double.state.documents import Collection, Written
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.ids import Ids
from specdouble.double.state.initial_state import InitialState
from specdouble.double.state.keeper import Document, Keeper, keepers_of
from specdouble.double.state.persistence import Kept
from specdouble.double.state.problem import Problem
from specdouble.double.state.seed import Seed
from specdouble.double.state.store import DuplicateKeyError, EscapedCollection, IndexedCollection, Store, Write
from specdouble.double.state.tokens import Tokens

Found = TypeVar("Found")


class World:
    """The documents of one state and the rules over them.

    Args:
        name: what the request calls it.
        store: where the documents are kept.
        contract: whose rules they keep.
        initial: the documents that it begins with, and has again after a reset.
        clock: for timestamps.
        random_seed: for ids that repeat; None for others at each start.
        tokens: what issues tokens, by security scheme.
        token_of: issues a token for a user's document, where no security scheme has tokens of its own.
        make_room: has room for one more document, or raises a Problem.
        answered: keeps what was answered to requests with an idempotency key, in all worlds.
        keepers: what keeps the rules about a resource.
        collection: what a caller sees of a collection.

    `used` is when its last request began, and `busy` counts those that are being waited for. `answered` is what was
    answered by operation, caller and idempotency key, with what had been asked.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        contract: Contract,
        initial: InitialState,
        clock: Clock,
        random_seed: int | None,
        tokens: Mapping[str, Tokens],
        *,
        token_of: Callable[[Document], str] | None = None,
        make_room: Callable[[World], None] = lambda _world: None,
        answered: AnsweredRequests | None = None,
        keepers: Callable[[Resource, Clock], list[Keeper]] = keepers_of,
        collection: Callable[..., Collection] = Collection,
    ) -> None:
        self.name = name
        self.used = 0.0
        self.busy = 0
        self.tokens = tokens
        self.token_of = token_of
        self._store = store
        self._embedded = store.embedded
        self._clock = clock
        self._random_seed = random_seed
        self._make_room = make_room
        self._keepers, self._collection = keepers, collection
        self._collections: dict[str, tuple[Any, Enforcement]] = {}
        self._above: dict[str, tuple[tuple[str, Resource, str], ...]] = {}  # what documents lie below, of no own owner
        self.answered: Answers = AnsweredInWorld(name, AnsweredRequests() if answered is None else answered)
        self._filled: set[str] = set()  # the collections that have what they begin with
        self._seeded = 0  # writes that this took
        self.adopt(contract, initial)

    def adopt(self, contract: Contract, initial: InitialState) -> None:
        """Keep the documents, under another contract and with other first ones from the next reset on."""
        self._contract = contract
        self._initial = initial
        self._open()
        names = self._database.list_collection_names()
        if not any(self._database[name].find_one({}) for name in names):
            self._begin_anew()

    @property
    def clock(self) -> Clock:
        """What tells it the time."""
        return self._clock

    @property
    def writes(self) -> int:
        """How many documents have been written and removed since it had its seed."""
        return self._store.writes(self.name) - self._seeded

    def make_room(self) -> None:
        """Have room for one more document, or for a larger one.

        Raises:
            Problem: 507, there is none.
        """
        self._make_room(self)

    def latest(self) -> Write:
        """The last write: the document before and after it, as they are stored, and their bytes."""
        return self._store.latest

    def leave(self) -> None:
        """Forget everything: nobody asks this world any more."""
        self._store.discard(self.name)
        self.answered.clear()

    def reset(self) -> None:
        """Forget every document but the seed's."""
        self._store.drop(self.name)
        self.answered.clear()
        self._open()
        self._begin_anew()

    def prepare(self) -> None:
        """Have the seed in its place before the first request asks for it."""
        for name in self._initial.seed:
            self._kept(name)

    def documents(self) -> Seed:
        """Every document of the collections that have been used or seeded, as `mock_data/` would have it."""
        found = {}
        for name in self._names():
            documents, enforcement = self._kept(name)
            found[name] = [enforcement.seed(document) for document in documents.find({}).to_list()]
        return found

    def entries(self, collection: str, skip: int, limit: int) -> list[tuple[JSON, Document]]:
        """Some of the documents of a collection in their order, as `mock_data/` has them, each with the store's key."""
        documents, enforcement = self._kept(collection)
        found = documents.find({}).skip(skip).limit(limit).to_list()
        return [(document.get("_id"), enforcement.seed(document)) for document in found]

    def counts(self) -> dict[str, int]:
        """How many documents there are in each of those collections."""
        return {name: self._kept(name)[0].count_documents({}) for name in self._names()}

    def _names(self) -> list[str]:
        return sorted({*self._filled, *self._initial.seed})

    def begin_with(self, documents: Seed) -> None:
        """Forget every document, and have these; a collection of which nothing is said begins as after a reset.

        Raises:
            DuplicateKeyError: two of them cannot be there at once; the world is as it was.
        """
        initial, before = self._initial, self.documents()
        try:
            self._refill(initial.but(documents))
            for name in documents:
                self._store.note_all(self.name, name)
        except DuplicateKeyError:
            self._refill(initial.but(before))
            raise
        finally:
            self._initial = initial

    def resume(self, kept: Mapping[str, Kept]) -> None:
        """Have the documents that a file has kept, as they were stored; a collection that it knows not begins anew.

        Raises:
            DuplicateKeyError: two of them cannot be there at once: the contract has other rules by now.
        """
        with self._store.unnoted():
            whole = {name: one.documents() for name, one in kept.items() if one.beginning is not None}
            if whole:
                self._resume_whole(whole)
            for name, one in kept.items():
                if one.beginning is None:
                    self._resume_changes(name, one)

    def _resume_whole(self, stored: Mapping[str, list[Document]]) -> None:
        documents: Seed = {}
        for name, of_collection in stored.items():
            _, enforcement = self._kept(name)
            documents[name] = [enforcement.resumed(one) for one in of_collection]
        self.begin_with(documents)

    def _resume_changes(self, name: str, kept: Kept) -> None:
        """Change what a collection begins with as it was changed before: all others share the rest."""
        documents, enforcement = self._kept(name)
        for key in kept.gone:
            documents.delete_one({"_id": key})
        changed = [self._again(enforcement, one) for one in kept.changed]
        try:
            _put_all(documents, changed)
        except DuplicateKeyError:
            # Two may have exchanged what is unique: where all have left, none stands in another's way.
            documents.delete_many({"_id": {"$in": [one["_id"] for one in changed]}})
            _put_all(documents, changed)

    @staticmethod
    def _again(enforcement: Enforcement, stored: Document) -> Document:
        """A document that was stored by other rules, perhaps, as these store it."""
        again = enforcement.stored(enforcement.resumed(stored))
        enforcement.identify(again)
        enforcement.key(again)
        return again

    def _refill(self, initial: InitialState) -> None:
        self._initial = initial
        self.reset()
        self.prepare()
        self._seeded -= 1  # what it has now is none of its seed, and would be missed

    def collection(
        self,
        name: str,
        user: Mapping[str, Any] | None,
        statuses: frozenset[str] = frozenset(),
        writes: list[Written] | None = None,
    ) -> Collection:
        """The collection as the caller sees it; None sees all documents. What is written is appended to `writes`."""
        documents, enforcement = self._kept(name)
        return self._collection(documents, enforcement, self, user, statuses, writes)

    def new_id(self) -> str:
        """An id in the style of an ObjectId."""
        return str(self._ids.new("", {}))

    def holder(self, collection: str, field: str, key: str) -> object:
        """The id of the document that has the unique key; None where there is none."""
        found = self._peek(collection, field, key)
        return None if found is None else found["_id"]

    def has(self, collection: str, id: str | int, referrer: Document, key: str = "") -> bool:
        """Whether the owner of the referring document may see a document of this id, or with this value of the key."""
        if key:  # several may have it, and only some be seen
            return self._has_by(collection, key, id, referrer)
        found = self._peek(collection, "_id", id)
        if found is None:
            return False
        rules = self._kept(collection)[1]
        if any(name in found for name in rules.there):
            return False  # it was deleted
        if self._contract.scopes_alike:
            return all(found.get(name) == value for name, value in self._scope_of(collection, referrer).items())
        # No expression: each write that names another document asks this.
        for name in rules.closed:  # noqa: SIM110
            if name in referrer and found.get(name) != referrer[name]:
                return False
        return True

    def _scope_of(self, collection: str, referrer: Document) -> Document:
        """What documents of a collection have that the owner of the referring document may see."""
        scopes = self._kept(collection)[1].closed
        seen = {name: referrer[name] for name in scopes if name in referrer}
        alike = self._contract.scopes_alike
        for name in scopes:  # it may hold the claim by another name
            others = [other for other in alike.get(name, ()) if other in referrer]
            if name not in seen and others:
                seen[name] = referrer[others[0]]
        return seen

    def _has_by(self, collection: str, key: str, value: str | int, referrer: Document) -> bool:
        documents, rules = self._kept(collection)
        wanted = {key: value, **self._scope_of(collection, referrer), **rules.there}
        return documents.find_one(wanted) is not None

    def belonging(self, collection: str, document: Document) -> Document:
        """A document of a collection with what tells whose it is, though what it lies below alone may tell it."""
        for name, resource, key in self._above.get(collection, ()):
            parent = self._peek(resource.collection, "_id" if key == resource.id else key, document.get(name))
            if parent is not None:
                owned = self.belonging(resource.collection, dict(parent))
                document = {**{one: owned[one] for one in self._contract.scoping if one in owned}, **document}
        return document

    def departure(self) -> Departure:
        """What finds out what goes with documents that are deleted."""
        return Departure(self._kept)

    def count(self, collection: str, scope: Mapping[str, Any]) -> int:
        """How many documents have these values, whosever they are."""
        documents, rules = self._kept(collection)
        counted: int = documents.count_documents({**scope, **rules.there})
        return counted

    def values(self, collection: str, field: str, scope: Mapping[str, Any]) -> Sequence[JSON]:
        """What the documents with these values have in a field, whosever they are."""
        documents, _ = self._kept(collection)
        values: Sequence[JSON] = documents.distinct(field, dict(scope))
        return values

    def superseded(self) -> Problem:
        """What is raised where another writer came between a check and its write: nobody can, here."""
        return Problem(503)

    async def awaited(self, call: Callable[[], Found]) -> Found:
        """What a call of a collection gives to an `async` handler: at once, for there is nothing to wait for."""
        return call()

    def alone(self, *_name: str) -> AbstractContextManager[None]:
        """Nobody else does what has this name while the context lasts: nobody can, here."""
        return nullcontext()

    def stored(self, collection: str, id: object) -> Mapping[str, Any] | None:
        """The document of that id as it is stored, whosever it is; to be read only."""
        return self._peek(collection, "_id", id)

    def _peek(self, collection: str, field: str, wanted: object) -> Mapping[str, Any] | None:
        documents, _ = self._collections.get(collection) or self._prepare(collection)
        found: Mapping[str, Any] | None
        # The embedded store shows what it has without a copy: a rule only looks.
        found = documents.peek(field, wanted) if self._embedded else documents.find_one({field: wanted})
        return found

    def _open(self) -> None:
        self._database = self._store.database(self.name)
        self._ids = self._new_ids()
        self._collections.clear()
        self._above.clear()

    def _new_ids(self) -> Ids:
        return Ids(self._random_seed)

    def _kept(self, name: str) -> tuple[Any, Enforcement]:
        """The collection and its rules."""
        return self._collections.get(name) or self._prepare(name)

    def _prepare(self, name: str) -> tuple[Any, Enforcement]:
        """The collection, its rules and its first documents: made at the first use, for there may be thousands."""
        resource = self._contract.resources.get(name) or Resource(name, {}, "", "_id", None, None, {})
        documents: Any = self._database[name]
        is_owned = bool(resource.owner or resource.tenant) or name not in self._contract.resources
        self._above[name] = () if is_owned else tuple(self._contract.above(name))
        keepers = self._keepers(resource, self._clock)
        enforcement = Enforcement(resource, self._ids, self._clock, keepers, is_shared=not self._embedded)
        named = [*resource.properties, *resource.within, *enforcement.key_fields]
        reserved = {one for one in named if is_reserved(one)}
        if reserved or self._contract.reserved:
            documents = EscapedCollection(documents, reserved)
        self._index(name, documents, enforcement)
        if name not in self._filled:
            self._begin(name, documents, enforcement)
        self._collections[name] = (documents, enforcement)
        return documents, enforcement

    def _index(self, name: str, documents: Any, enforcement: Enforcement) -> None:
        """Have the indexes that the rules want, and those by which documents are found below another one."""
        for field in enforcement.kept_unique:
            documents.create_index(field, unique=True, sparse=True)
        if enforcement.parents:
            documents.create_index(enforcement.id_name)
        for keeper in enforcement.keepers:
            for fields in keeper.indexes:
                documents.create_index([(field, 1) for field in fields])
        asked_for = self._contract.keys_of.get(name, set()) | self._contract.parent_keys.get(name, set())
        for field in sorted(asked_for):
            documents.create_index(field)

    def _begin_anew(self) -> None:
        self._filled.clear()
        self._seeded = self._store.writes(self.name)

    def _begin(self, name: str, documents: Any, enforcement: Enforcement) -> None:
        """Put in what the collection begins with."""
        self._filled.add(name)
        can_share = isinstance(documents, IndexedCollection)
        held = self._initial.held(name) if can_share else None
        if held is not None:
            contents, last = held
            documents.begin_with(contents)
            self._ids.seen(name, last)
            self._note_made(name, is_shared=True)
            return
        before = self._store.writes(self.name)
        with self._store.unnoted():
            self._fill(documents, enforcement, self._initial.documents(name))
        self._seeded += self._store.writes(self.name) - before
        if can_share:
            self._initial.hold(name, documents.share(), self._ids.last(name))
        self._note_made(name, can_share)

    def _note_made(self, name: str, is_shared: bool) -> None:
        """Have what a collection begins with kept, where it is made: it will be made otherwise at the next start."""
        if name in self._initial.seed:
            return
        if is_shared:
            self._store.note_beginning(self.name, name)
        else:
            self._store.note_all(self.name, name)

    def _fill(self, documents: Any, enforcement: Enforcement, first: list[Document]) -> None:
        for document in first:
            stored = enforcement.stored(deepcopy(document))
            enforcement.identify(stored)
            enforcement.key(stored)
            documents.insert_one(stored)


def _put_all(documents: Any, stored: list[Document]) -> None:
    for one in stored:
        documents.replace_one({"_id": one["_id"]}, one, upsert=True)
