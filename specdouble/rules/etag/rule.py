"""`x-etag`: documents have versions, told by a tag; a change that names another one is not made (RFC 9110, 13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specdouble.contract.completion import with_request_field, with_response_field, with_status
from specdouble.contract.kind import Kind, OnSchema, Reading
from specdouble.contract.operation import Operation
from specdouble.contract.rule import CollectionRule, OperationRule, Rule

IF_MATCH, IF_NONE_MATCH, FIELD = "If-Match", "If-None-Match", "ETag"
NOT_MODIFIED, FAILED, REQUIRED = 304, 412, 428
_CHANGES = ("update", "replace", "delete", "act")
_SHOWS = ("create", "read", "update", "replace", "act")
_WITHOUT = "write `x-etag: true`, or `{required: true}`"


@dataclass(frozen=True, kw_only=True)
class ETag(CollectionRule):
    """Answers tell the tag of the document they show; a change is made to the version that its `If-Match` names."""

    kind = "etag"
    refused_with = (FAILED,)
    shown_by = ("read", "update", "replace", "delete", "act")
    plays = ("conditions",)

    def completes(self, operation: Operation, does: str) -> Operation:
        """With the conditions that a request may hold, and what comes of them."""
        if does in _SHOWS:
            operation = with_response_field(operation, operation.success, FIELD)
        if does == "read":
            operation = with_request_field(operation, IF_NONE_MATCH, self.pointer)
            return with_status(operation, NOT_MODIFIED, "the version that If-None-Match names")
        if does in _CHANGES and _minds_versions(operation, does):
            operation = with_request_field(operation, IF_MATCH, self.pointer)
            return with_status(operation, FAILED, "another version than If-Match names")
        return operation

    def __str__(self) -> str:
        return f"a version of a document of {self.collection} has a tag, and a change that names another is refused"


def _minds_versions(operation: Operation, does: str) -> bool:
    """Whether a change is made to one version alone; of an action it has to say so, by a status or its field."""
    told = {str(FAILED), str(REQUIRED)} & operation.statuses
    fields = {one.name.lower() for one in operation.parameters if one.location == "header"}
    return does != "act" or bool(told) or IF_MATCH.lower() in fields


@dataclass(frozen=True, kw_only=True)
class Conditional(OperationRule):
    """The operation is done where the request names the version that it changes, and not without (RFC 6585, 3)."""

    kind = "etag"
    refused_with = (REQUIRED,)

    def completes(self, operation: Operation, does: str) -> Operation:
        """With a condition that each request holds."""
        operation = with_request_field(operation, IF_MATCH, self.pointer, required=True)
        return with_status(operation, REQUIRED, "no version is named")

    def __str__(self) -> str:
        return f"{self.operation} is done where {IF_MATCH} names a version, and not without"


def _read(reading: Reading) -> Iterator[Rule]:
    for annotation in reading.on_schemas("x-etag"):
        raw = annotation.raw
        if raw is False:
            continue
        if raw is not True and not isinstance(raw, dict):
            annotation.find("`x-etag` is neither true nor a mapping", _WITHOUT)
            continue
        annotation.find_unknown_keys(("required",))
        required = raw.get("required", False) if isinstance(raw, dict) else False
        if not isinstance(required, bool):
            annotation.find("`required` is neither true nor false", _WITHOUT, "required")
            continue
        yield ETag(**annotation.place)
        if required:
            yield from _conditional(reading, annotation)


def _conditional(reading: Reading, annotation: OnSchema) -> Iterator[Conditional]:
    """One rule for each operation that changes a document of the collection."""
    place: dict[str, Any] = {key: value for key, value in annotation.place.items() if key != "collection"}
    for operation in reading.operations:
        action = reading.actions.get(operation.id)
        if action is None or action.collection != annotation.resource.collection or action.does not in _CHANGES:
            continue
        if _minds_versions(operation, action.does):
            yield Conditional(operation=operation.id, **place)


KIND = Kind(
    keyword="x-etag",
    place="an object schema that carries `x-resource`",
    written="`x-etag: true` or `{required: true}`",
    means="answers tell the `ETag` of a document; a change is made to the version alone that its `If-Match` names, and "
    "a read whose `If-None-Match` names the present one answers 304; `required`: no change without `If-Match`; an "
    "action is such a change where it declares 412, 428 or the field",
    refused="412 for another version; 428 for none, where one is required",
    read=_read,
    shape={
        "anyOf": [
            {"type": "boolean"},
            {"type": "object", "properties": {"required": {"type": "boolean"}}, "additionalProperties": False},
        ]
    },
)
