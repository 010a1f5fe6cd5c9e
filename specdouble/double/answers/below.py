"""What lies below a document: with a template go its versions, as nobody could name them any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from specdouble.contract import Action, Contract, PropertyRule, Resource
from specdouble.double.answers.placement import as_id
from specdouble.double.state.documents import Lower
from specdouble.double.state.exchange import collection
from specdouble.double.state.keeper import Document

_CREATING = ("create", "create_many")


class Child(NamedTuple):
    """A collection below another.

    Args:
        collection: its name.
        held: for each property of its documents that tells the parent, the parent's property.
    """

    collection: str
    held: Mapping[str, str]


class Below:
    """Finds what lies below documents that are deleted, where no annotation speaks of what becomes of it.

    Args:
        contract: the contract.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._children: dict[str, list[Child]] = {}

    def of(self, name: str, parents: Iterable[Document]) -> list[Lower]:
        """What lies below documents of a collection, however deep: the collections, and which of their documents.

        Args:
            name: of the collection.
            parents: the documents, with what the store keeps beside them of the documents that they lie below.
        """
        below: list[Lower] = []
        waiting = [(name, parent) for parent in parents]
        while waiting:
            name, parent = waiting.pop()
            for child in self.children(name):
                resource, documents = self._contract.resources[child.collection], collection(child.collection)
                wanted = {to: as_id(resource, to, parent.get(held)) for to, held in child.held.items()}
                found = documents.removable(wanted) if None not in wanted.values() else []
                waiting += [(child.collection, {**wanted, **one}) for one in found]
                if found:
                    below.append((documents, wanted))
        return below

    def children(self, of: str) -> list[Child]:
        """The collections below one."""
        if of not in self._children:
            self._children[of] = list(self._found(of))
        return self._children[of]

    def _found(self, of: str) -> Iterator[Child]:
        """The collections all of whose documents are created below a document of this one."""
        for name, resource in self._contract.resources.items():
            if name == of or _is_annotated(resource, of):
                continue
            creating = [one for one in self._contract.actions_of.get(name, ()) if one[1].does in _CREATING]
            held = [self._held(self._contract.operations[key].path, action, of) for key, action in creating]
            if held and held[0] and all(one == held[0] for one in held):
                yield Child(name, held[0])

    def _held(self, path: str, action: Action, of: str) -> dict[str, str]:
        """How what is created at the path tells the document of the collection that it is below."""
        scope = dict(action.scope)
        for name, to in action.scope:
            parent = self._contract.action_on(path, name)
            if parent is not None and parent.collection == of:
                outer = {scope[one]: held for one, held in parent.scope if one in scope}
                return {**outer, to: self._contract.resources[of].id}
        return {}


def _is_annotated(resource: Resource, of: str) -> bool:
    """Whether an annotation names what the documents lie below: it says what becomes of them, or that nothing does."""
    return not resource.why and any(rule.refers_to == of for rule in resource.of(PropertyRule))
