"""What the documents of a collection look like, and which property names one, by what its operations show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from specdouble.contract.bodies import Found, Properties
from specdouble.contract.groups import Group
from specdouble.contract.guesses import Guesses, can_succeed
from specdouble.contract.identity import identity_of, is_number
from specdouble.contract.operation import Operation
from specdouble.contract.properties import synonyms
from specdouble.contract.resource import HIDDEN_ID


class Shape(NamedTuple):
    """The documents of a group of operations, and the property by which a path names one."""

    found: Found
    identity: str


class Shapes:
    """Finds the documents of a group of operations.

    Args:
        guesses: what is inferred of the contract so far.
    """

    def __init__(self, guesses: Guesses) -> None:
        self.guesses = guesses
        self.bodies = guesses.bodies

    def of(self, group: Group) -> Shape | None:
        """The schema of the group's documents and its id property; None where there is none to be sure of."""
        if group.parameter is None:
            return self._without_one(group)
        for operation in _tellers(group):
            on_one = operation in group.on_one.values()
            shape = self._shown_with_id(group, operation, on_one)
            if shape is not None:
                found, identity = shape
                inside = self._with_id_inside(group, operation, found, identity)
                inside = inside or self._with_id_beside(group, operation, found, identity)
                if inside is not None or not self._is_sent_part(group, operation, found):
                    return inside or shape
            if operation.method == "get" and on_one:
                return self._with_id_told_elsewhere(group, operation)
        return None

    def _shown_with_id(self, group: Group, operation: Operation, on_one: bool) -> Shape | None:
        """The likeliest document that the operation shows together with the id that paths name it by."""
        parameter = group.key_of(operation) if on_one else group.parameter or ""
        numbered = is_number(operation, parameter)
        for found in _likeliest_first(self.bodies.shown(operation), many=not on_one):
            identity = identity_of(found.properties, parameter, group.segment, numbered, found.name)
            if identity is not None:
                return Shape(found, identity)
        return None

    def _without_one(self, group: Group) -> Shape | None:
        """The schema of documents that can be listed and created, and not asked for one by one."""
        listing, creating = group.on_all.get("get"), group.on_all.get("post")
        if listing is None or creating is None or not creating.body:
            return None
        shown = self.bodies.shown(listing)
        if shown and not shown[0].many and len(synonyms(self.bodies.sent(creating), shown[0].properties)) > 1:
            return None  # what is taken is the whole that holds the array, and no item of it
        found = next((one for one in shown if one.many), None)
        if found is None:
            return None
        return Shape(found, identity_of(found.properties, "", group.segment) or "_id")

    def _with_id_told_elsewhere(self, group: Group, reading: Operation) -> Shape | None:
        """The document that is read without its id, where who creates it is told the id.

        What is read has to be what was sent; else the parameter may be anything, and a guess would be wrong.
        """
        creating = group.on_all.get("post")
        if creating is None or not can_succeed(creating):
            return None
        told = self._id_told_by(creating, group.key_of(reading), group.segment)
        if told is None:
            return None
        for found in _likeliest_first(self.bodies.shown(reading), many=False):
            sent = self.guesses.sent(creating, found)
            if not found.many and sent is not None and synonyms(sent.properties, found.properties):
                schema = told.found.properties[told.identity]
                return Shape(replace(found, properties={**found.properties, told.identity: schema}), told.identity)
        return None

    def _id_told_by(self, creating: Operation, parameter: str, segment: str) -> Shape | None:
        """What the answer to a create shows that has the id which paths name its document by."""
        for found in self.bodies.shown(creating):
            identity = None if found.many else identity_of(found.properties, parameter, segment)
            if identity is not None:
                return Shape(found, identity)
        return None

    def _is_sent_part(self, group: Group, operation: Operation, found: Found) -> bool:
        """Whether it is one of several things that clients send: the `client` of a booking has an id too."""
        sent = self._sent_to(group)
        if found.many or not found.envelope or found.envelope[-1] not in sent:
            return False
        above = [one for one in self.bodies.shown(operation) if one.envelope == found.envelope[:-1] and not one.many]
        return any(len(synonyms(sent, one.properties)) > 1 for one in above)

    def _with_id_inside(self, group: Group, operation: Operation, found: Found, identity: str) -> Shape | None:
        """The document that holds what was found beside other things: `metadata`, with its `name`, beside `spec`.

        It is no envelope where a client sends the whole, what was found being one part of it; nor where what a client
        sends is shown in both.
        """
        if not found.envelope or found.many:
            return None
        above = [one for one in self.bodies.shown(operation) if one.envelope == found.envelope[:-1] and not one.many]
        if not above:
            return None
        holder, sent = above[0], self._sent_to(group)
        common = sent.keys() & holder.properties.keys()
        sends_whole = not holder.envelope and found.envelope[0] in common and len(common) > 1
        is_in_both = synonyms(sent, holder.properties).keys() - synonyms(sent, found.properties).keys()
        is_spread = bool(holder.envelope and is_in_both and synonyms(sent, found.properties))
        if not sends_whole and not is_spread:
            return None
        return Shape(replace(holder, id_path=(found.envelope[-1], identity)), HIDDEN_ID)

    def _with_id_beside(self, group: Group, operation: Operation, found: Found, identity: str) -> Shape | None:
        """The `result` of `{id, result}`, where clients send what stands in it and nothing of what was found."""
        sent = self._sent_to(group)
        if found.envelope or found.many or synonyms(sent, found.properties):
            return None
        for inner in self.bodies.shown(operation):
            if len(inner.envelope) == 1 and not inner.many and 2 * len(synonyms(sent, inner.properties)) > len(sent):
                properties = {identity: found.properties[identity], **inner.properties}
                return Shape(replace(inner, properties=properties), identity)
        return None

    def _sent_to(self, group: Group) -> Properties:
        """What clients send to an operation of the group, the one that creates first."""
        for operation in (group.on_all.get("post"), group.on_one.get("put"), group.on_one.get("patch")):
            sent = self.bodies.sent(operation) if operation else {}
            if sent:
                return sent
        return {}


def _tellers(group: Group) -> Iterator[Operation]:
    """The operations whose answers show documents, those that show one alone first."""
    for operation in (
        group.on_one.get("get"),
        group.on_one.get("put"),
        group.on_one.get("patch"),
        group.on_all.get("get"),
        group.on_all.get("post"),
    ):
        if operation is not None:
            yield operation


def _likeliest_first(shown: list[Found], *, many: bool) -> list[Found]:
    """The documents of an answer: nearest to its root first, those that stand alone before those in arrays."""
    return shown if many else sorted(shown, key=lambda found: (found.many, len(found.envelope)))
