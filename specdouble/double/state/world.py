"""A world: one isolated state of the double, seeded at first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.reserved import is_reserved
from specdouble.double.state.clock import Clock
from specdouble.double.state.documents import Collection
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.ids import Ids
from specdouble.double.state.keeper import Document, Keeper, keepers_of
from specdouble.double.state.seed import Seed
from specdouble.double.state.store import EscapedCollection, Store
from specdouble.double.state.tokens import Tokens


class World:
    """The documents of one state and the rules over them.

    Args:
        name: what the request calls it.
        store: where the documents are kept.
        contract: whose rules they keep.
        seed: the documents that it begins with, and has again after a reset.
        clock: for timestamps.
        random_seed: for ids that repeat; None for others at each start.
        tokens: what issues tokens, by security scheme.
        keepers: what keeps the rules about a resource.
        collection: what a caller sees of a collection.

    `used` is when its last request began, and `busy` counts those that are being waited for.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        contract: Contract,
        seed: Seed,
        clock: Clock,
        random_seed: int | None,
        tokens: Mapping[str, Tokens],
        *,
        keepers: Callable[[Resource, Clock], list[Keeper]] = keepers_of,
        collection: Callable[..., Collection] = Collection,
    ) -> None:
        self.name = name
        self.used = 0.0
        self.busy = 0
        self.tokens = tokens
        self._store = store
        self._embedded = store.embedded
        self._clock = clock
        self._random_seed = random_seed
        self._keepers, self._collection = keepers, collection
        self._collections: dict[str, tuple[Any, Enforcement]] = {}
        self._seeded = 0  # writes that the seed took
        self.adopt(contract, seed)

    def adopt(self, contract: Contract, seed: Seed) -> None:
        """Keep the documents, under another contract and with another seed from the next reset on."""
        self._contract = contract
        self._seed = seed
        self._open()
        if not any(self._database[name].find_one({}) for name in contract.resources):
            self._fill()

    @property
    def writes(self) -> int:
        """How many documents have been written and removed since it had its seed."""
        return self._store.writes(self.name) - self._seeded

    def leave(self) -> None:
        """Forget everything: nobody asks this world any more."""
        self._store.discard(self.name)

    def reset(self) -> None:
        """Forget every document but the seed's."""
        self._store.drop(self.name)
        self._open()
        self._fill()

    def collection(
        self, name: str, user: Mapping[str, Any] | None, statuses: frozenset[str] = frozenset()
    ) -> Collection:
        """The collection as the caller sees it; None sees all documents."""
        documents, enforcement = self._collections.get(name) or self._prepare(
            Resource(name, {}, "", "_id", None, None, {})
        )
        return self._collection(documents, enforcement, self, user, statuses)

    def new_id(self) -> str:
        """An id in the style of an ObjectId."""
        return str(self._ids.new("", {}))

    def holder(self, collection: str, field: str, key: str) -> object:
        """The id of the document that has the unique key; None where there is none."""
        found = self._peek(self._collections[collection][0], field, key)
        return None if found is None else found["_id"]

    def has(self, collection: str, id: str | int, referrer: Document) -> bool:
        """Whether the owner of the referring document may see a document of this id."""
        documents, enforcement = self._collections[collection]
        found = self._peek(documents, "_id", id)
        if found is None:
            return False
        return all(found.get(name) == referrer[name] for name in enforcement.scopes if name in referrer)

    def stored(self, collection: str, id: object) -> Mapping[str, Any] | None:
        """The document of that id as it is stored, whosever it is; to be read only."""
        return self._peek(self._collections[collection][0], "_id", id)

    def _peek(self, documents: Any, field: str, wanted: object) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None
        found = documents.peek(field, wanted) if self._embedded else documents.find_one({field: wanted})
        return found

    def _open(self) -> None:
        self._database = self._store.database(self.name)
        self._ids = Ids(self._random_seed)
        self._collections.clear()
        for resource in self._contract.resources.values():
            self._prepare(resource)

    def _prepare(self, resource: Resource) -> tuple[Any, Enforcement]:
        documents: Any = self._database[resource.collection]
        enforcement = Enforcement(resource, self._ids, self._clock, self._keepers(resource, self._clock))
        named = [*resource.properties, *resource.within, *enforcement.key_fields]
        reserved = {name for name in named if is_reserved(name)}
        if reserved or self._contract.reserved:
            documents = EscapedCollection(documents, reserved)
        for field in enforcement.kept_unique:
            documents.create_index(field, unique=True, sparse=True)
        if enforcement.parents:
            documents.create_index(enforcement.id_name)
        for keeper in enforcement.keepers:
            for fields in keeper.indexes:
                documents.create_index([(field, 1) for field in fields])
        self._collections[resource.collection] = (documents, enforcement)
        return documents, enforcement

    def _fill(self) -> None:
        self._insert_seed()
        self._seeded = self._store.writes(self.name)

    def _insert_seed(self) -> None:
        for name, seeded in self._seed.items():
            documents, enforcement = self._collections.get(name) or self._prepare(
                Resource(name, {}, "", "_id", None, None, {})
            )
            for document in seeded:
                stored = enforcement.stored(deepcopy(document))
                enforcement.identify(stored)
                enforcement.key(stored)
                documents.insert_one(stored)
