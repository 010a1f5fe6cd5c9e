"""The documents that a collection begins with where `mock_data/` has none: a few, made from examples and schemas."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.pointer import tokens
from specdouble.double.answers.completion import value_at, with_value_at
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.clock import Clock
from specdouble.double.state.ids import Ids
from specdouble.double.state.keeper import Document, Keeper, keepers_of
from specdouble.double.state.seed import Seed
from specdouble.double.state.storable import is_storable

COUNT = 3


def made_seed(
    contract: Contract, sampler: Sampler, seed: Seed, wanted: Collection[str], clock: Clock, earlier: Seed
) -> Seed:
    """The seed, with a few documents for each wanted collection that it lacks.

    Args:
        contract: whose rules the documents keep.
        sampler: makes them.
        seed: what `mock_data/` holds.
        wanted: the collections that automatic operations answer for.
        clock: tells when they were created.
        earlier: what was made before a reload: it stays where it still conforms.
    """
    maker = _Maker(contract, sampler, dict(seed), clock, earlier)
    for name in wanted:
        maker.fill(contract.resources[name])
    return maker.seed


class _Maker:
    def __init__(self, contract: Contract, sampler: Sampler, seed: Seed, clock: Clock, earlier: Seed) -> None:
        self.contract = contract
        self.sampler = sampler
        self.seed = seed
        self.clock = clock
        self.earlier = earlier
        self.ids = Ids(0)

    def fill(self, resource: Resource) -> None:
        if resource.collection in self.seed or resource.single:
            return  # a singleton's one document is made for whom it belongs to
        kept = self.earlier.get(resource.collection)
        if kept and self.conforms(resource, kept):
            self.seed[resource.collection] = kept
            return
        made: list[Document] = []
        self.seed[resource.collection] = made  # a circle of references ends here
        for target in self.needed(resource):
            if target in self.contract.resources:
                self.fill(self.contract.resources[target])
        for number in range(COUNT):
            document = self.document(resource, number)
            # A schema may require what no store keeps: an integer beyond 64 bits, the name of an operator.
            if document is None or not is_storable(document, self.contract.reserved):
                continue
            if self.is_new(resource, document, made):
                made.append(document)

    def conforms(self, resource: Resource, documents: list[Document]) -> bool:
        slot = self.contract.schemas.slot(resource.schema, "response")
        hidden = {*self.parents(resource)} & {*resource.within}
        return all(
            hidden <= one.keys() and self.contract.schemas.is_valid(slot, _visible(resource, one)) for one in documents
        )

    def needed(self, resource: Resource) -> list[str]:
        found = [target for keeper in self.keepers(resource) for target in keeper.needs]
        return [*found, *(parent for parent, _, _ in self.parents(resource).values())]

    def document(self, resource: Resource, number: int) -> Document | None:
        slot = self.contract.schemas.slot(resource.schema, "response")
        key = f"{resource.collection} {number}"
        try:
            made = self.sampler.sample(slot, key) if number == 0 else self.sampler.plain(slot, key)
        except UnsatisfiableError:
            return None
        if not isinstance(made, dict):
            return None
        wishes = self.wishes(resource, number)
        if resource.id_path:
            return self.with_id_inside(resource, made, wishes)
        if resource.id not in made:  # the schema shuts it out: the document is kept by one all the same
            id_schema = resource.properties.get(resource.id, {})
            made[resource.id] = wishes.get(resource.id) or self.ids.new(resource.collection, id_schema)
        for violation in self.contract.schemas.violations(slot, _visible(resource, {**made, **wishes}), "body"):
            wishes.pop(next(iter(tokens(violation.pointer)), ""), None)  # the sample's own value conforms
        return {**made, **wishes}

    def with_id_inside(self, resource: Resource, made: Document, wishes: Document) -> Document:
        """The document with the same id inside and where the store looks for it."""
        inside = value_at(made, resource.id_path)
        wishes[resource.id] = str(inside if inside is not None else wishes[resource.id])
        return with_value_at({**made, **wishes}, resource.id_path, wishes[resource.id])

    def wishes(self, resource: Resource, number: int) -> Document:
        """What the rules and the store want the properties to be, whatever the schema's sample says."""
        wishes: Document = {}
        if number or not _is_told(resource):
            wishes[resource.id] = self.ids.new(resource.collection, resource.properties.get(resource.id, {}))
        for keeper in self.keepers(resource):
            value = keeper.sample(lambda collection: self.pick(collection, number))
            if value is not None:
                wishes[keeper.rule.name] = value
        for name, (parent, _, key) in self.parents(resource).items():
            value = self.pick(parent, 0)
            wishes[name] = value if value is not None else key
            if name in resource.within:
                wishes[name] = str(wishes[name])
        users = next((one.collection for one in self.contract.identities.values()), None)
        if users is not None and users != resource.collection:
            user = next(iter(self.seed.get(users, ())), {})
            wishes.update({name: user[name] for name in (resource.owner, resource.tenant) if name in user})
            if resource.owner is not None:
                wishes[resource.owner] = self.pick(users, 0)
        return {name: value for name, value in wishes.items() if value is not None}

    def parents(self, resource: Resource) -> Mapping[str, tuple[str, str, Any]]:
        """For each property (or hidden name) that a path scopes by: the parent's collection, id, a stand-in."""
        found: dict[str, tuple[str, str, Any]] = {}
        for operation_id, action in self.contract.actions_of.get(resource.collection, ()):
            path = self.contract.operations[operation_id].path
            for name, to in action.scope:
                above = path.partition("{" + name + "}")[0] + "{" + name + "}"
                other = self.contract.action_at.get((above, name))
                if other is not None:
                    parent = self.contract.resources[other.collection]
                    found[to] = (parent.collection, parent.id, self.stand_in(operation_id, name))
                found.setdefault(to, ("", "", self.stand_in(operation_id, name)))
        return found

    def stand_in(self, operation_id: str, name: str) -> Any:
        """A value of a path's parameter, where no kept document is what it names."""
        for parameter in self.contract.operations[operation_id].parameters:
            if parameter.name == name and parameter.location == "path" and parameter.slot is not None:
                with suppress(UnsatisfiableError):
                    return self.sampler.sample(parameter.slot, name)
        return name

    def pick(self, collection: str, number: int) -> Any:
        documents = self.seed.get(collection) or []
        resource = self.contract.resources.get(collection)
        return documents[number % len(documents)].get(resource.id) if documents and resource else None

    def is_new(self, resource: Resource, document: Document, others: list[Document]) -> bool:
        if document.get(resource.id) in [other.get(resource.id) for other in others]:
            return False
        if isinstance(document.get(resource.id), int):
            self.ids.seen(resource.collection, document[resource.id])
        together = [*others, document]
        return not any(list(keeper.breaches(together, lambda *_: True)) for keeper in self.keepers(resource))

    def keepers(self, resource: Resource) -> list[Keeper]:
        return keepers_of(resource, self.clock)


def _is_told(resource: Resource) -> bool:
    """Whether an example tells the first document's id."""
    schema = resource.properties.get(resource.id, {})
    whole = resource.schema.get("example")
    return "example" in schema or "examples" in schema or (isinstance(whole, dict) and resource.id in whole)


def _visible(resource: Resource, document: Document) -> Document:
    hidden = {*resource.within, *(() if resource.id in resource.properties else (resource.id,))}
    return {name: value for name, value in document.items() if name not in hidden}
