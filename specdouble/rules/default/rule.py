"""`default`: what a request that creates a document leaves out is filled in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract import Action
from specdouble.contract.kind import Belied, Kind, Reading, Shown, located
from specdouble.contract.operation import Operation
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import properties_of
from specdouble.contract.rule import PropertyRule


@dataclass(frozen=True, kw_only=True)
class Default(PropertyRule):
    """Filled in on creation where the request leaves it out.

    Args:
        value: what it is filled in with.
    """

    kind = "default"
    native = True
    shown_by = ("create",)
    value: Any = field(hash=False)

    def __str__(self) -> str:
        return f"{self.name} is {self.value!r} unless it is sent"


def _read(reading: Reading) -> Iterator[Default]:
    posted = {one.collection for one in reading.actions.values() if one.does == "create"}
    for operation in reading.operations:
        action = reading.actions.get(operation.id)
        if action is None or not _creates(operation, action, action.collection in posted):
            continue
        resource = reading.resources[action.collection]
        # Two documents cannot have one id, and what a parameter says is no default's matter.
        elsewhere = {resource.id, *(one.name for one in operation.parameters)}
        for name, schema, at in _sent(reading, operation):
            if "default" in schema and name in resource.properties and name not in elsewhere:
                place = located(reading.document, at + "/default")
                yield Default(collection=action.collection, name=name, value=schema["default"], **place)


def _creates(operation: Operation, action: Action, is_posted: bool) -> bool:
    """Whether documents come of the operation: a PUT creates those that nothing else does, where it says so by 201."""
    puts = action.does == "replace" and operation.method == "put" and "201" in operation.responses
    return action.does == "create" or (puts and not is_posted)


def _sent(reading: Reading, operation: Operation) -> Iterator[tuple[str, dict[str, Any], str]]:
    for media in operation.body.content.values() if operation.body else ():
        yield from properties_of(reading.document, media.schema, media.pointer + pointer("schema"))


def _belied(shown: Shown) -> Iterator[Belied]:
    """A new document that shows another value, where the request left the property out."""
    for rule in shown.of(Default) if shown.does == "create" and shown.sent else ():
        for at, document in shown.documents:
            if rule.name not in shown.sent and rule.name in document and document[rule.name] != rule.value:
                found = document[rule.name]
                yield (
                    rule,
                    at + pointer(rule.name),
                    f"{found!r}, where it was not sent and its default is {rule.value!r}",
                )


KIND = Kind(
    keyword="default",
    place="a property of a request",
    written="`default` (OpenAPI's own)",
    means="filled in on creation",
    refused="",
    read=_read,
    belied=_belied,
)
