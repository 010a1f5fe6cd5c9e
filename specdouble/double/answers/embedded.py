"""The lists of children that a document shows: an owner's `pets` are the pets that stand below that owner now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specdouble.contract import Contract, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.properties import is_array
from specdouble.contract.resource import Action
from specdouble.double.answers.placement import as_id
from specdouble.double.answers.sent import sent_properties
from specdouble.double.state.exchange import collection
from specdouble.double.state.keeper import Document

_DEEPEST = 3  # children of children: what a contract nests deeper is shown as it was made
_WRITING = ("create", "create_many", "replace", "update")


class _List(NamedTuple):
    """A property that shows children.

    Args:
        resource: what the children are.
        parent: their property, or what the store keeps beside them, that tells whose they are.
        own: the lists of theirs.
    """

    resource: Resource
    parent: str
    own: Embedded


class Embedded:
    """The lists of the documents of one resource; of inferred collections alone, for a guess makes answers.

    Args:
        contract: the contract.
        resource: what the documents are.
        depth: how many documents they stand in.
    """

    def __init__(self, contract: Contract, resource: Resource, depth: int = 0) -> None:
        self._id = resource.id
        self._lists = dict(_lists(contract, resource, depth)) if depth < _DEEPEST and not resource.parents else {}

    def filled(self, documents: Sequence[Document]) -> Sequence[Document]:
        """The documents with the children that each has now."""
        shown = documents
        for name, children in self._lists.items():
            shown = [{**one, name: _below(children, one.get(self._id))} for one in shown]
        return shown


def _below(children: _List, parent: JSON) -> list[Document]:
    """The children of the document with that id, as they show themselves."""
    resource, name = children.resource, children.parent
    found = collection(resource.collection).find({name: as_id(resource, name, parent)})
    return [{one: child[one] for one in child if one in resource.properties} for child in children.own.filled(found)]


def _lists(contract: Contract, resource: Resource, depth: int) -> Iterator[tuple[str, _List]]:
    """The properties that no client sends, and that are arrays of what is created below a document of this resource."""
    if not resource.why or resource.single:
        return
    sent = _sent(contract, resource)
    for name, schema in resource.properties.items():
        child = _child(contract, resource, schema) if name not in sent else None
        if child is not None:
            other, parent = child
            yield name, _List(other, parent, Embedded(contract, other, depth + 1))


def _sent(contract: Contract, resource: Resource) -> set[str]:
    """What a client may send of the documents."""
    writing = [one for one in contract.actions_of.get(resource.collection, ()) if one[1].does in _WRITING]
    return set[str]().union(*(sent_properties(contract, contract.operations[key], one).own for key, one in writing))


def _child(contract: Contract, of: Resource, schema: JSON) -> tuple[Resource, str] | None:
    """What the entries of an array are, and what of them tells whose they are; None where they stand below no other."""
    if not is_array(contract.resolve(schema)):
        return None
    item = contract.item(schema)
    for resource in contract.resources.values():
        if resource is of or not resource.why or resource.schema is not item:
            continue
        for key, action in contract.actions_of.get(resource.collection, ()):
            parent = _parent(contract, key, action, of) if action.does in ("create", "create_many") else None
            if parent is not None:
                return resource, parent
    return None


def _parent(contract: Contract, key: str, action: Action, of: Resource) -> str | None:
    """What tells of a child whose it is, where the create's path leads through a document of this resource last."""
    if not action.scope:
        return None
    name, to = action.scope[-1]
    above = contract.action_on(contract.operations[key].path, name)
    return to if above is not None and above.collection == of.collection else None
