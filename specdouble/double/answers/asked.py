"""Documents that are made when somebody asks for them, in collections that no operation fills."""

from __future__ import annotations

from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.inference import HIDDEN
from specdouble.double.answers.completion import Completion, with_value_at
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.documents import Collection
from specdouble.double.state.exchange import collection

Document = dict[str, Any]


class AskedDocuments:
    """Makes the document that a path names, and keeps it: what is read can be changed.

    A client of such a collection can only know ids from elsewhere. What was deleted is not made once more.

    Args:
        contract: the contract.
        resource: what the documents are.
        sampler: makes them.
    """

    def __init__(self, contract: Contract, resource: Resource, sampler: Sampler) -> None:
        self._resource = resource
        self._sampler = sampler
        self._completion = Completion(contract, resource, sampler)
        self._gone = HIDDEN + "gone_" + resource.collection

    def made(self, documents: Collection, wanted: Document) -> Document | None:
        """The document that the filter is for, stored; None where it was deleted, or can have no such id."""
        name = self._resource.id
        if wanted.get(name) is None or self._is_gone(wanted):
            return None
        try:
            sample = self._sampler.sample(self._completion.slot, f"{self._resource.collection} asked")
            if not isinstance(sample, dict):
                return None
            document = {**sample, **wanted}
            if self._resource.id_path:
                document = with_value_at(document, self._resource.id_path, wanted[name])
            document = self._completion.completed(document)
        except UnsatisfiableError:
            return None
        if any(document.get(one) != value for one, value in wanted.items()):
            return None
        documents.insert_one(document)
        return documents.find_one(wanted)

    def gone(self, wanted: Document) -> None:
        """Remember that the document was deleted."""
        if not self._is_gone(wanted):
            collection(self._gone).insert_one({"_id": _key(wanted)})

    def _is_gone(self, wanted: Document) -> bool:
        return collection(self._gone).find_one({"_id": _key(wanted)}) is not None


def _key(wanted: Document) -> str:
    return repr(sorted(wanted.items()))
