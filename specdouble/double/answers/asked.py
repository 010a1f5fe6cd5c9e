"""Documents that are made when somebody asks for them, in collections that no operation fills."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.contract import Action, Contract, Operation, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import value_at
from specdouble.contract.resource import HIDDEN
from specdouble.double.answers.completion import Completion, with_value_at
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.documents import Collection
from specdouble.double.state.exchange import collection
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Problem


class AskedDocuments:
    """Makes the document that a path names, and keeps it: what is read can be changed.

    A client of such a collection can only know ids from elsewhere. What was deleted is not made once more, except a
    singleton of which the contract says that it is always there.

    Args:
        contract: the contract.
        resource: what the documents are.
        sampler: makes them.
    """

    def __init__(self, contract: Contract, resource: Resource, sampler: Sampler) -> None:
        self._resource = resource
        self._sampler = sampler
        self._completion = Completion(contract, resource, sampler)
        reading = [one for one in contract.actions_of[resource.collection] if one[1].does == "read"]
        self._examples = [example for one in reading for example in _examples(contract.operations[one[0]], one[1])]
        can_miss = any(contract.operations[key].response(404) is not None for key, _ in reading)
        self._is_remade = bool(resource.single) and not can_miss
        self._gone = HIDDEN + "gone_" + resource.collection

    def made(self, documents: Collection, wanted: Document) -> Document | None:
        """The document that the filter is for, stored; None where it was deleted, or can have no such id."""
        name = self._resource.id
        if wanted.get(name) is None or self._is_gone(wanted):
            return None
        try:
            key = f"{self._resource.collection} asked"
            sample = self._sampler.sample(self._completion.slot, key, self._examples)
            if not isinstance(sample, dict):
                return None
            document = {**sample, **wanted}
            if self._resource.id_path:
                document = with_value_at(document, self._resource.id_path, wanted[name])
            document = self._completion.completed(document)
        except UnsatisfiableError:
            return None
        if not self._completion.is_valid(document):
            return None
        try:
            documents.insert_one(document)
        except Problem:  # another parent has one of that id
            return None
        return documents.find_one(wanted)

    def gone(self, wanted: Document) -> None:
        """Remember that the document was deleted."""
        if not self._is_remade and not self._is_gone(wanted):
            collection(self._gone).insert_one({"_id": _key(wanted)})

    def _is_gone(self, wanted: Document) -> bool:
        return collection(self._gone).find_one({"_id": _key(wanted)}) is not None


def _examples(operation: Operation, action: Action) -> Iterator[JSON]:
    """The documents in the examples of what an operation answers."""
    response = operation.response(operation.success)
    media = response.media() if response else None
    for example in media.examples.values() if media else ():
        document = value_at(example, action.envelope)
        if isinstance(document, dict):
            yield document


def _key(wanted: Document) -> str:
    return repr(sorted(wanted.items()))
