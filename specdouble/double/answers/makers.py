"""Who has made a document, where it says so: the caller, as the contract's people are."""

from __future__ import annotations

from collections.abc import Collection

from specdouble.contract import Contract, Resource
from specdouble.contract.properties import plain, types_of
from specdouble.double.answers.people import People
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.state.exchange import current
from specdouble.double.state.keeper import Document

_MAKERS = {
    "author", "owner", "user", "creator", "createdby", "customer", "seller", "sender", "organizer", "reporter",
    "submitter", "requester", "uploader", "uploadedby", "addedby", "postedby",
}  # fmt: skip


class Makers:
    """Writes the caller into new documents.

    Args:
        contract: the contract.
        resource: what the documents are.
        sent: the properties that a client may send: these say it themselves.
        sampler: makes people.
    """

    def __init__(self, contract: Contract, resource: Resource, sent: Collection[str], sampler: Sampler) -> None:
        people = contract.people
        self._people: People | None = None
        self._whole: list[str] = []
        self._ids: list[str] = []
        if people is None or not resource.why or resource is people:
            return
        unsent = {name: part for name, part in contract.parts(resource.schema).items() if name not in sent}
        named = {name: part for name, part in unsent.items() if plain(name).removesuffix("id") in _MAKERS}
        self._whole = [name for name, part in named.items() if contract.resolve(part) is people.schema]
        kinds = types_of(people.properties[people.id]) - {"null"}
        self._ids = [
            name
            for name in named
            if name not in self._whole
            and plain(name).endswith(("id", "by"))
            and kinds & types_of(resource.properties.get(name))
        ]
        if self._whole or self._ids:
            self._people = People(contract, people, sampler)

    def properties(self) -> Document:
        """The properties that say who made a document; none where nobody is known, or none says it."""
        if self._people is None or current.get().user is None:
            return {}
        caller = self._people.id_of_caller()
        return {**dict.fromkeys(self._ids, caller), **{name: self._people.shown(caller) for name in self._whole}}
