"""The documents that a collection begins with where `mock_data/` has none: a few, made from examples and schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.digits import number_of
from specdouble.contract.identity import singular
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import tokens, value_at
from specdouble.contract.properties import plain, types_of
from specdouble.contract.resource import Action
from specdouble.double.answers.completion import with_value_at
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.clock import Clock
from specdouble.double.state.ids import Ids
from specdouble.double.state.keeper import Document, keepers_of, mended_by
from specdouble.double.state.seed import Seed
from specdouble.double.state.storable import is_storable

COUNT = 3
_FARTHEST = 50  # collections; further away nobody nests paths
_MOST_TOLD, _MOST_BESIDE = 100, 5  # whoever creates a document finds it on the first page


class _Scope(NamedTuple):
    """That a path's parameter of that name says what a property (or hidden name) of the document is."""

    operation: str
    name: str
    property: str


class Made:
    """Makes the documents of a collection when they are first asked for: a large contract has thousands of them.

    They are the same whichever collection is asked for first. Of two collections that refer to each other, the one
    that is needed first, in the order of the operations, finds the other one empty.

    Args:
        contract: whose rules the documents keep.
        sampler: makes them.
        seed: what `mock_data/` holds; its collections are none of these.
        wanted: the collections that automatic operations answer for.
        clock: tells when they were created.
        earlier: what was made before a reload: it stays where it still conforms.
    """

    def __init__(
        self, contract: Contract, sampler: Sampler, seed: Seed, wanted: Iterable[str], clock: Clock, earlier: Seed
    ) -> None:
        self.contract = contract
        self.sampler = sampler
        self.clock = clock
        self.documents: Seed = {}
        self._seed = seed
        self._wanted = wanted
        self._earlier = earlier
        self.users = next((one.collection for one in contract.identities.values()), None)

    def of(self, collection: str) -> list[Document]:
        """The documents that the collection begins with."""
        if collection not in self._order:
            return []
        # What it refers to comes first, whoever asks first: so the documents are always the same.
        for name in self._before(collection):
            if name not in self.documents:
                resource = self.contract.resources[name]
                kept = self._earlier.get(name)
                maker = _Maker(self, resource)
                self.documents[name] = kept if kept and maker.conforms(kept) else maker.made()
        return self.documents[collection]

    def known(self, collection: str, to: str) -> list[Document]:
        """The documents of a collection that those of the collection `to` may refer to."""
        if collection in self._seed:
            return self._seed[collection]
        if self._order.get(collection, len(self._order)) < self._order[to]:
            return self.documents.get(collection, [])
        return []

    @cached_property
    def _order(self) -> dict[str, int]:
        """When each collection's turn is: what it needs comes before it, where that is no circle."""
        order: dict[str, int] = {}
        begun: set[str] = set()
        for wanted in self._wanted:
            # Not by recursion: a contract may refer from each of ten thousand collections to the next one.
            path = [(wanted, iter(self._needed(wanted)))] if self._is_made(wanted) and wanted not in begun else []
            begun.add(wanted)
            while path:
                name, needed = path[-1]
                following = next((one for one in needed if one not in begun and self._is_made(one)), None)
                if following is None:
                    order[name] = len(order)
                    path.pop()
                else:
                    begun.add(following)
                    path.append((following, iter(self._needed(following))))
        return order

    def _before(self, collection: str) -> list[str]:
        """The collection and all that it needs, in the order in which they are made."""
        found, waiting = {collection}, [collection]
        while waiting:
            name = waiting.pop()
            needed = self._needed(name)
            if self.users:
                needed.append(self.users)  # whom documents belong to
            for other in needed:
                is_earlier = self._order.get(other, len(self._order)) < self._order[name]
                if is_earlier and other not in found:
                    found.add(other)
                    waiting.append(other)
        return sorted(found, key=self._order.__getitem__)

    def _is_made(self, collection: str) -> bool:
        resource = self.contract.resources.get(collection)
        if resource is None or resource.single:  # a singleton's one document is made for whom it belongs to
            return False
        return collection not in self._seed

    def _needed(self, collection: str) -> list[str]:
        """The collections that come before a collection: those that it needs, and those that its properties name.

        A name gives way where the other one stands under this: of `org.template_id` and `/orgs/{org_id}/templates`, the
        path binds.
        """
        named = self.named(self.contract.resources[collection]).values()
        return [*self._bound(collection), *(other for other in named if not self._is_bound(other, collection))]

    def _bound(self, collection: str) -> list[str]:
        """The collections that documents of a collection have to speak of, or stand under."""
        resource = self.contract.resources[collection]
        found: list[str] = []
        for keeper in keepers_of(resource, self.clock):
            found += keeper.needs
        for _, above in parents_of(self.contract, resource):
            if above is not None:
                found.append(above.collection)
        return found

    def _is_bound(self, collection: str, to: str) -> bool:
        """Whether documents of a collection need those of another one, or what these need does, as far as one looks."""
        found, waiting = {collection}, [collection]
        while waiting and len(found) < _FARTHEST:
            for name in self._bound(waiting.pop()):
                if name == to:
                    return True
                if name not in found and name in self.contract.resources:
                    found.add(name)
                    waiting.append(name)
        return False

    def named(self, resource: Resource) -> dict[str, str]:
        """The properties that name a document of another collection: `feed_id`, where feeds are kept."""
        found: dict[str, str] = {}
        for name, schema in resource.properties.items():
            stem = plain(name).removesuffix("id")
            other = self._by_kind.get(stem) if stem != plain(name) and name != resource.id else None
            if other is None or other.collection == resource.collection:
                continue
            if types_of(schema) & types_of(other.properties.get(other.id)) - {None}:
                found[name] = other.collection
        return found

    @cached_property
    def _by_kind(self) -> dict[str, Resource]:
        """The resources by what one of their documents is called; none where two are called so."""
        found: dict[str, Resource | None] = {}
        for resource in self.contract.resources.values():
            if not resource.single:
                kind = plain(singular(resource.collection))
                found[kind] = None if kind in found else resource
        return {kind: resource for kind, resource in found.items() if resource is not None}


def parents_of(contract: Contract, resource: Resource) -> Iterator[tuple[_Scope, Action | None]]:
    """What paths to the resource scope it by, each with the action that reads what the path names there."""
    for operation_id, action in contract.actions_of.get(resource.collection, ()):
        path = contract.operations[operation_id].path
        for name, to in action.scope:
            yield _Scope(operation_id, name, to), contract.action_on(path, name)


class _Maker:
    """Makes the documents of one resource.

    Args:
        origin: what the others are made by.
        resource: what they are.
    """

    def __init__(self, origin: Made, resource: Resource) -> None:
        self.origin = origin
        self.resource = resource
        self.contract = origin.contract
        self.sampler = origin.sampler
        self.keepers = keepers_of(resource, origin.clock)
        # By the collection's name: `hash` would be another one in each process.
        self.ids = Ids(crc32(resource.collection.encode("utf-8", "surrogatepass")))

    def new_id(self) -> str | int:
        """An id that was not given before, in the style of the schema."""
        return self.ids.new(self.resource.collection, self.resource.id_schema)

    def made(self) -> list[Document]:
        made: list[Document] = []
        is_created = self.resource.collection in self.contract.created
        told = list(islice(self.from_examples(), _MOST_BESIDE if is_created else _MOST_TOLD))
        for number in range(max(COUNT, len(told))):
            document = self.document(number, told[number] if number < len(told) else {})
            # A schema may require what no store keeps: an integer beyond 64 bits, the name of an operator.
            if document is None or not is_storable(document, self.contract.reserved):
                continue
            if self.is_new(document, made):
                made.append(document)
        return made

    def from_examples(self) -> Iterator[Document]:
        """The documents in the examples of answers: those of lists, else of what one is read from."""
        actions = self.contract.actions_of.get(self.resource.collection, ())
        for does in ("list", "read"):
            found: list[Document] = []
            for operation_id, action in actions:
                if action.does == does:
                    found += self.shown(self.contract.operations[operation_id], action.envelope)
            if found:
                yield from found
                return

    def shown(self, operation: Operation, envelope: tuple[str, ...]) -> Iterator[Document]:
        """The documents that the examples of an operation's success show, as far as each is a whole one."""
        response = operation.response(operation.success)
        media = response.media() if response else None
        slot = self.contract.schemas.slot(self.resource.schema, "response")
        for example in media.examples.values() if media else ():
            value = value_at(example, envelope) if envelope else example
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and self.contract.schemas.is_valid(slot, one):
                    yield {name: one[name] for name in one if name in self.resource.properties}

    def conforms(self, documents: list[Document]) -> bool:
        resource = self.resource
        slot = self.contract.schemas.slot(resource.schema, "response")
        hidden = {*self.parents()} & {*resource.within}
        for document in documents:
            is_placed = hidden <= document.keys()
            if not is_placed or not self.contract.schemas.is_valid(slot, _visible(resource, document)):
                return False
        return True

    def document(self, number: int, told: Document) -> Document | None:
        """A document that conforms; None where none was found.

        Args:
            number: which of the collection's documents it is.
            told: what an example says of it.
        """
        resource = self.resource
        slot = self.contract.schemas.slot(resource.schema, "response")
        key = f"{resource.collection} {number}"
        try:
            made = self.sampler.sample(slot, key) if number == 0 else self.sampler.plain(slot, key)
        except UnsatisfiableError:
            return None
        if not isinstance(made, dict):
            return None
        wishes = {**self.named(number), **self.wishes(number), **told, **self.bonds(number)}
        if resource.id_path:
            return self.addressable(self.with_id_inside(made, wishes), number)
        if resource.id not in made:  # the schema shuts it out: the document is kept by one all the same
            made[resource.id] = wishes.get(resource.id) or self.new_id()
        for violation in self.contract.schemas.violations(slot, _visible(resource, {**made, **wishes}), "body"):
            wishes.pop(next(iter(tokens(violation.pointer)), ""), None)  # the sample's own value conforms
        whole = {**made, **wishes}
        whole = self.mended(whole)
        for keeper in self.keepers:
            keeper.appear(whole)
        return self.addressable(whole, number)

    def mended(self, document: Document) -> Document:
        """The document with as little changed as the rules ask for that speak of several properties."""
        resource, schemas = self.resource, self.contract.schemas
        slot = schemas.slot(resource.schema, "response")
        bound = {keeper.rule.name for keeper in self.keepers if keeper.needs or keeper.scope is not None}
        bound |= {resource.id, resource.owner or "", resource.tenant or "", *self.parents()}
        free = frozenset(resource.properties) - bound

        def fits(other: Document) -> bool:
            return schemas.is_valid(slot, _visible(resource, other))

        return mended_by(self.keepers, document, self.contract, free, fits)

    def addressable(self, document: Document, number: int) -> Document:
        """The document, with an id that the paths to it take: an example may be a whole address."""
        resource, schemas = self.resource, self.contract.schemas
        slot = schemas.slot(resource.schema, "response")
        told = document.get(resource.id)
        if self.is_addressed_by(told):
            return document
        for other in self.other_ids(told, number):
            changed = {**document, resource.id: other}
            if resource.id_path:
                changed = with_value_at(changed, resource.id_path, other)
            if self.is_addressed_by(other) and schemas.is_valid(slot, _visible(resource, changed)):
                return changed
        return document

    def is_addressed_by(self, told: JSON) -> bool:
        """Whether the parameter of each path to one of the documents takes the id."""
        return self.takes(self.addresses, told)

    def takes(self, slots: Iterable[str], told: JSON) -> bool:
        """Whether the parameters in these slots take the value: as the document has it, or as text."""
        spelled = [told, str(told)]
        number = number_of(told)
        if number is not None:
            spelled.append(number)
        return all(any(self.contract.schemas.is_valid(slot, one) for one in spelled) for slot in slots)

    @cached_property
    def addresses(self) -> list[str]:
        """The slots of the path parameters that name one of the documents."""
        return [
            parameter.slot
            for operation_id, action in self.contract.actions_of.get(self.resource.collection, ())
            for parameter in self.contract.operations[operation_id].parameters
            if parameter.name == action.id and parameter.location == "path" and parameter.slot is not None
        ]

    def other_ids(self, told: JSON, number: int) -> Iterator[JSON]:
        """What the id may be instead: the last part of an address, one in the style of the schema, one of a path's."""
        if isinstance(told, str) and "/" in told:
            yield told.rstrip("/").rpartition("/")[2]
        yield self.new_id()
        for slot in self.addresses:
            with suppress(UnsatisfiableError):
                yield self.sampler.plain(slot, f"{self.resource.collection} {number}")

    def with_id_inside(self, made: Document, wishes: Document) -> Document:
        """The document with the same id inside and where the store looks for it."""
        resource = self.resource
        inside = value_at(made, resource.id_path)
        wishes[resource.id] = str(inside if inside is not None else wishes[resource.id])
        return with_value_at({**made, **wishes}, resource.id_path, wishes[resource.id])

    def named(self, number: int) -> Document:
        """The properties that name a document of another collection, with the id of one that there is."""
        named = {name: self.pick(other, number) for name, other in self.origin.named(self.resource).items()}
        return {name: value for name, value in named.items() if value is not None}

    def wishes(self, number: int) -> Document:
        """What the rules and the store want the properties to be, whatever the schema's sample says."""
        resource = self.resource
        wishes: Document = {}
        if number or not _is_told(resource):
            wishes[resource.id] = self.new_id()
        wishes |= self.of_keepers(number, bound=False)
        return {name: value for name, value in wishes.items() if value is not None}

    def bonds(self, number: int) -> Document:
        """The properties that say what a document belongs to: other documents, its parents, its owner."""
        resource = self.resource
        bonds = self.of_keepers(number, bound=True)
        for name, (above, stand_in) in self.parents().items():
            # Documents of one kind may stand under parents of several: each of these has some.
            value = self.pick(above[number % len(above)], 0) if above else None
            bonds[name] = value if value is not None else stand_in
            if name in resource.within or types_of(resource.properties.get(name)) == {"string"}:
                bonds[name] = str(bonds[name])
        bonds |= self.ownership()
        return {name: value for name, value in bonds.items() if value is not None}

    def of_keepers(self, number: int, *, bound: bool) -> Document:
        """What the rules want properties to be: those that bind to other documents, or the others."""
        found: Document = {}
        for keeper in self.keepers:
            if bool(keeper.needs) is bound:
                value = keeper.sample(lambda collection, key: self.pick(collection, number, key))
                if value is not None:
                    found[keeper.rule.name] = value
        return found

    def ownership(self) -> Document:
        """Whose the document is: the first user's, so that somebody sees it."""
        resource, users = self.resource, self.origin.users
        if users is None or users == resource.collection:
            return {}
        user = next(iter(self.origin.known(users, resource.collection)), {})
        found = {name: user[name] for name in (resource.owner, resource.tenant) if name is not None and name in user}
        if resource.owner is not None:
            found[resource.owner] = self.pick(users, 0)
        return found

    def parents(self) -> Mapping[str, tuple[list[str], JSON]]:
        """For each property (or hidden name) that a path scopes by: the parents' collections, and a stand-in."""
        above: dict[str, list[str]] = {}
        scopes: dict[str, list[_Scope]] = {}
        for scope, reading in parents_of(self.contract, self.resource):
            scopes.setdefault(scope.property, []).append(scope)
            collections = above.setdefault(scope.property, [])
            if reading is not None and reading.collection not in collections:
                collections.append(reading.collection)
        return {name: (above[name], self.stand_in(those)) for name, those in scopes.items()}

    def stand_in(self, scopes: list[_Scope]) -> JSON:
        """A value of a path's parameter, where no kept document is what it names: one that all paths take."""
        slots = [slot for scope in scopes for slot in self.slots_of(scope)]
        for slot in slots:
            with suppress(UnsatisfiableError):
                value = self.sampler.sample(slot, scopes[0].name)
                if self.takes(slots, value):
                    return value
        return scopes[0].name

    def slots_of(self, scope: _Scope) -> Iterator[str]:
        for parameter in self.contract.operations[scope.operation].parameters:
            if parameter.name == scope.name and parameter.location == "path" and parameter.slot is not None:
                yield parameter.slot

    def pick(self, collection: str, number: int, key: str = "") -> JSON:
        """The id, or another key, of a document of another collection; None where that has none."""
        documents = self.origin.known(collection, self.resource.collection)
        resource = self.contract.resources.get(collection)
        if not documents or resource is None:
            return None
        return documents[number % len(documents)].get(key or resource.id)

    def is_new(self, document: Document, others: list[Document]) -> bool:
        resource = self.resource
        ids = [other.get(resource.id) for other in others]
        if document.get(resource.id) in ids:
            return False
        if isinstance(document.get(resource.id), int):
            self.ids.seen(resource.collection, document[resource.id])
        # The rules are asked as of a seed, all documents being seen by everybody.
        together = [*others, document]
        return not any(list(keeper.breaches(together, lambda *_: True)) for keeper in self.keepers)


def _is_told(resource: Resource) -> bool:
    """Whether an example tells the first document's id."""
    schema = resource.properties.get(resource.id, {})
    whole = resource.schema.get("example")
    return "example" in schema or "examples" in schema or (isinstance(whole, dict) and resource.id in whole)


def _visible(resource: Resource, document: Document) -> Document:
    """The document as its schema knows it: an id that it has no property for is kept beside it."""
    hidden = {*resource.within}
    if resource.id not in resource.properties:
        hidden.add(resource.id)
    return {name: value for name, value in document.items() if name not in hidden}
