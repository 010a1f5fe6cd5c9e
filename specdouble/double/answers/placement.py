"""Which documents an operation speaks of: their collection, the id, and what the path says above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract import Action, Contract, Operation, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.nesting import path_to
from specdouble.contract.resource import CALLER
from specdouble.double.state.documents import Collection
from specdouble.double.state.exchange import collection, current
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Problem

Arguments = dict[str, JSON]
_EVERYBODY = "everybody"


@dataclass(frozen=True)
class _Parent:
    """A document that a nested path stands under.

    Args:
        resource: what it is.
        parameter: the name of the path parameter that names it.
        scope: the parameters above it, each with the property that holds it.
    """

    resource: Resource
    parameter: str
    scope: tuple[tuple[str, str], ...]


class Placement:
    """Finds the documents of one operation.

    Args:
        contract: the contract.
        operation: the operation.
        action: what it does.
    """

    def __init__(self, contract: Contract, operation: Operation, action: Action) -> None:
        self._resource = contract.resources[action.collection]
        self._key = action.id
        self._scope = action.scope
        # Without a 404 the contract has no answer for a parent that is not there.
        is_asked = operation.response(404) is not None and _is_held_to_parents(contract, action)
        found = _parents(contract, operation.path, action) if is_asked else ()
        self._parents = tuple({parent.parameter: parent for parent in found}.values())
        led_through = {to for _, to in action.scope}
        self._above = tuple(one for one in contract.above(action.collection) if one[0] not in led_through)

    @property
    def by_path(self) -> bool:
        """Whether the path names the document; else its body does."""
        return self._key is not None or bool(self._resource.single)

    def asks_for(self, name: str) -> bool:
        """Whether the document that the path names by this property is looked for before anything is done."""
        by = next((parameter for parameter, to in self._scope if to == name), None)
        return any(parent.parameter == by for parent in self._parents)

    def documents(self, values: Arguments) -> Collection:
        """The collection as the caller sees it.

        Raises:
            Problem: 404, a document that the path stands under does not exist.
        """
        for parent in self._parents:
            resource = parent.resource
            wanted = {resource.id: as_id(resource, resource.id, values.get(parent.parameter))}
            wanted |= {to: as_id(resource, to, values.get(name)) for name, to in parent.scope}
            if collection(resource.collection).find_one(wanted) is None:
                detail = f"{resource.collection} has no document with {resource.id} {values.get(parent.parameter)}"
                raise Problem(404, None, detail)
        return collection(self._resource.collection)

    def standing(self, documents: list[Document]) -> list[Document]:
        """Those below what the caller finds, where the path does not lead through it."""
        for name, resource, key in self._above:
            above = collection(resource.collection)
            # Many lie below one: each of those above is looked for once.
            named = {one.get(name) for one in documents}
            there = {value for value in named if above.find_one({key: value}) is not None}
            documents = [one for one in documents if one.get(name) in there]
        return documents

    def scope(self, values: Arguments) -> Document:
        """What the path says of where a document stands."""
        return {to: as_id(self._resource, to, values.get(name)) for name, to in self._scope}

    def named(self, values: Arguments) -> Document:
        """What the path of a create says of the document that it makes: where it stands, perhaps its id."""
        key = (
            {}
            if self._key is None
            else {self._resource.id: as_id(self._resource, self._resource.id, values.get(self._key))}
        )
        return {**key, **self.scope(values)}

    @property
    def scoped(self) -> tuple[str, ...]:
        """The properties that the path speaks of beside the id."""
        return tuple(to for _, to in self._scope)

    def filter(self, values: Arguments, body: Document | None = None) -> Document:
        """The filter for the one document that the path names, or the body where the path names none."""
        name = self._resource.id
        if self._resource.single:
            return {name: self._owner(), **self.scope(values)}
        if self._key is None and body is None:  # `/users/by-email/{email}`
            return self.scope(values)
        value = (body or {}).get(name) if self._key is None else values.get(self._key)
        return {name: as_id(self._resource, name, value), **self.scope(values)}

    def _owner(self) -> str:
        """Whose a singleton is: the caller's, or everybody's under its path."""
        user = current.get().user if self._resource.single == "caller" else None
        if not user:
            return _EVERYBODY
        # Without that, the claims together are the caller: no single one of them need be an id.
        claims = {name: value for name, value in user.items() if name != "scope"}
        return repr(user.get(CALLER) or sorted(claims.items()))


def _parents(contract: Contract, path: str, action: Action) -> Iterator[_Parent]:
    """The documents that a nested path stands under, and theirs, where a client can make them and is told their ids.

    That they exist is a guess: where nothing is created where the path looks for it, nobody could get past it.
    """
    for name, _ in action.scope:
        above, other = path_to(path, name), contract.action_on(path, name)
        # One of the same kind, as a snippet's revision under the snippet, may be the document itself.
        if other is None or other.collection == action.collection:
            continue
        is_read = other.does == "read" and other.collection in contract.findable
        if is_read and _is_made_at(contract, other.collection, above):
            yield from _parents(contract, above, other)  # who may not see these sees nothing below them
            yield _Parent(contract.resources[other.collection], name, other.scope)


def _is_made_at(contract: Contract, collection: str, path: str) -> bool:
    """Whether documents are created at the path to all of them, or put at that of one."""
    all_of_them = path.rpartition("/{")[0]
    for key, action in contract.actions_of[collection]:
        own = re.sub(r"(\.\w+)?/?$", "", contract.operations[key].path)
        if own == all_of_them and action.does in ("create", "create_many"):
            return True
        if own == path and action.does == "replace" and "201" in contract.operations[key].responses:
            return True
    return False


def _is_held_to_parents(contract: Contract, action: Action) -> bool:
    """Whether no document gets under a parent that does not exist: what was let in has to be found again."""
    creating = [
        contract.operations[key]
        for key, one in contract.actions_of[action.collection]
        if one.does in ("create", "create_many") and one.scope == action.scope
    ]
    return all(operation.response(404) is not None for operation in creating)


def as_id(resource: Resource, name: str, value: JSON) -> JSON:
    """The value of a path parameter as the property has it: authors type the two differently.

    What no property holds is text: operations may type the same part of their paths differently.
    """
    is_inside = name == resource.id and bool(resource.id_path)
    if name in resource.within or is_inside:
        return value if value is None else str(value)
    schema = resource.properties.get(name, {})
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if isinstance(value, str) and {"integer", "number"} & {*kinds} and re.fullmatch(r"-?\d{1,19}", value):
        return int(value)
    return str(value) if "string" in kinds and isinstance(value, int) else value
