"""What the operations of a group do to the documents of its collection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from specdouble.contract.action import creates_by_path
from specdouble.contract.bodies import Sent
from specdouble.contract.group_shape import Shape
from specdouble.contract.groups import Group
from specdouble.contract.guesses import Guesses, can_succeed, is_mostly, is_part
from specdouble.contract.operation import Operation
from specdouble.contract.resource import Action

_COPYING = re.compile(r"duplicat|cop(?:y|ies)|clone", re.IGNORECASE)
_ON_ONE = {"get": "read", "put": "replace", "patch": "update", "post": "update", "delete": "delete"}


class GroupActions:
    """Tells of each operation of a group what it does.

    Args:
        guesses: what is inferred of the contract so far.
    """

    def __init__(self, guesses: Guesses) -> None:
        self.guesses = guesses
        self.bodies = guesses.bodies

    def of(self, group: Group, shape: Shape) -> Iterator[tuple[str, Action]]:
        """The actions of those of its operations that are sure to do something, by the operations' ids.

        Args:
            group: the operations.
            shape: what their documents look like.
        """
        for operation in group.on_all.values():
            action = self._on_all(operation, shape, group) if can_succeed(operation) else None
            if action is not None:
                yield operation.id, action
        for operation in group.on_one.values():
            action = self._on_one(operation, shape, group) if can_succeed(operation) else None
            if action is not None:
                yield operation.id, action

    # On all documents

    def _on_all(self, operation: Operation, shape: Shape, group: Group) -> Action | None:
        if operation.method == "get":
            place = self._place(operation, shape, many=True)
            return None if place is None else Action("list", "", None, place, why="its answer is an array of them")
        if operation.method == "delete":
            chooses = any(one.required for one in operation.parameters if one.location == "query")
            return None if chooses else Action("delete_many", "", None, (), why="DELETE of the collection")
        if operation.method in ("post", "put"):
            return self._write_to_all(operation, shape, group)
        return None

    def _write_to_all(self, operation: Operation, shape: Shape, group: Group) -> Action | None:
        sent = self.guesses.sent(operation, shape.found)
        if sent is None:
            return None
        if sent.many:
            place = self._place(operation, shape, many=True)
            why = f"{operation.method.upper()} of an array of them"
            shown = place is not None
            return Action("create_many", "", None, place or (), wrapper=sent.wrapper, in_array=shown, why=why)
        if operation.method == "post":
            action = Action("create", "", None, (), wrapper=sent.wrapper, why="POST to the collection")
        elif _is_sent(sent.properties.get(shape.identity)):
            why = f"PUT of a document that holds its `{shape.identity}`"
            action = Action("replace", "", None, (), wrapper=sent.wrapper, why=why)
        else:
            return None
        showing = self._showing(action, operation, shape) or action
        return None if showing.in_array and _asks(operation, sent, shape, group) else showing

    # On one document

    def _on_one(self, operation: Operation, shape: Shape, group: Group) -> Action | None:
        parameter = group.key_of(operation)
        # Where a POST to all of them creates, one to what is there already makes nothing of that name.
        is_beside_create = operation.method == "post" and "post" in group.on_all
        if creates_by_path(operation) and not shape.found.id_path and not is_beside_create:
            return self._create_by_path(operation, shape, parameter)
        if is_beside_create and _copies(operation):
            return self._copy(operation, shape, parameter)
        does = _ON_ONE.get(operation.method)
        changes = does in ("replace", "update")
        if does is None or (changes and not self.bodies.takes_change(operation)):
            return None
        sent = self.guesses.sent(operation, shape.found) if changes else None
        why = f"`{{{parameter}}}` is its `{shape.identity}`"
        action = Action(does, "", parameter, (), wrapper=sent.wrapper if sent else (), why=why)
        showing = self._showing(action, operation, shape)
        if showing is not None or does == "read":
            return showing
        # A POST may do anything: it changes the document where its answer shows it, or where it takes the like.
        takes_alike = sent is not None and (is_mostly(sent, shape.found) or is_part(sent, shape.found))
        return None if operation.method == "post" and not takes_alike else action

    def _create_by_path(self, operation: Operation, shape: Shape, parameter: str) -> Action | None:
        """The create of the document that the path names, with a body or without: its answer shows it, or nothing."""
        sent = self.guesses.sent(operation, shape.found)
        why = f"`{{{parameter}}}` is the `{shape.identity}` of what is created"
        action = Action("create", "", parameter, (), wrapper=sent.wrapper if sent else (), why=why)
        takes_alike = sent is None or is_mostly(sent, shape.found) or is_part(sent, shape.found)
        return self._showing(action, operation, shape) or (action if takes_alike else None)

    def _copy(self, operation: Operation, shape: Shape, parameter: str) -> Action | None:
        sent = self.guesses.sent(operation, shape.found)
        why = f"it makes a copy of what `{{{parameter}}}` names"
        action = Action("copy", "", parameter, (), wrapper=sent.wrapper if sent else (), why=why)
        return self._showing(action, operation, shape)

    # Where the answer shows what was done

    def _showing(self, action: Action, operation: Operation, shape: Shape) -> Action | None:
        """The action with the place of the document in the success; None where the success shows none."""
        place = self._place(operation, shape, many=False)
        if place is not None:
            return replace(action, envelope=place)
        if action.does == "delete":
            return None
        place = self._place(operation, shape, many=True)
        return None if place is None else replace(action, envelope=place, in_array=True)

    def _place(self, operation: Operation, shape: Shape, *, many: bool) -> tuple[str, ...] | None:
        return self.guesses.place_of(operation, shape.found, shape.identity, many=many)


def _asks(operation: Operation, sent: Sent, shape: Shape, group: Group) -> bool:
    """Whether a POST that answers with an array of documents makes none: what it takes is a question, and no document.

    `POST /threads/{id}/history` takes what its `GET` takes in the query.
    """
    if operation.success != 200 or "201" in operation.responses or not sent.properties:
        return False
    listing = group.on_all.get("get")
    asked = {one.name for one in listing.parameters if one.location == "query"} if listing is not None else set()
    is_alike = is_mostly(sent, shape.found) or is_part(sent, shape.found)
    return not is_alike or bool((sent.properties.keys() & asked) - shape.found.properties.keys())


def _copies(operation: Operation) -> bool:
    """Whether it says that it makes another one: `POST /designs/{id}`, which is called a duplicate."""
    return operation.success == 201 and bool(_COPYING.search(f"{operation.id} {operation.summary}"))


def _is_sent(schema: Mapping[str, Any] | None) -> bool:
    """Whether clients send the property: the server has a part in one that is read-only."""
    return schema is not None and schema.get("readOnly") is not True
