"""`x-list`: what the parameters of a list do, and what its answer tells of the page, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from specdouble.contract.kind import Kind, OnOperation, Reading, suggestion
from specdouble.contract.listed import ROLES, Listed
from specdouble.contract.operation import Operation
from specdouble.contract.properties import paths_of
from specdouble.contract.resource import Resource
from specdouble.contract.rule import OperationRule

_TOLD = ("total", "next")
_KEYS = (*ROLES, *_TOLD, "filters")
_WITHOUT = "write `x-list: {page: p, size: n, filters: {by: author}}`"
_NAME = {"type": "string"}
_PROPERTIES = {"type": "object", "additionalProperties": _NAME}


@dataclass(frozen=True, kw_only=True)
class ListParameters(OperationRule):
    """A list shows what its parameters ask for: the page, the order, the documents of a value.

    Args:
        said: what the parameters do.
    """

    kind = "listing"
    plays = ("paging", "filtering")
    said: Listed

    def completes(self, operation: Operation, does: str) -> Operation:
        """With what its parameters do."""
        return replace(operation, listed=self.said)

    def __str__(self) -> str:
        parts = [f"{role} by {name}" for role, name in self.said.roles.items()]
        parts += [f"{name} filters by {by}" for name, by in (self.said.filters or {}).items()]
        parts += [
            f"{what} told by {where}"
            for what, where in (("total", self.said.total), ("next page", self.said.next))
            if where
        ]
        return f"{self.operation} shows what is asked for: {', '.join(parts)}"


def _read(reading: Reading) -> Iterator[ListParameters]:
    for annotation in reading.on_operations("x-list"):
        action = reading.actions.get(annotation.operation.id)
        if not isinstance(annotation.raw, dict) or not annotation.raw:
            annotation.find("`x-list` is no mapping of parts to parameters", _WITHOUT)
        elif action is None or action.does != "list":
            reason = f"{annotation.operation} is not known to list documents"
            annotation.find(reason, "move it to the operation that lists them, or write `x-action: list`")
        else:
            annotation.find_unknown_keys(_KEYS)
            yield ListParameters(
                said=_Reader(reading, annotation, reading.resources[action.collection]).said(), **annotation.place
            )


class _Reader:
    """Reads one annotation.

    Args:
        reading: the contract.
        annotation: the annotation, a mapping.
        resource: the documents that are listed.
    """

    def __init__(self, reading: Reading, annotation: OnOperation, resource: Resource) -> None:
        self.annotation = annotation
        self.raw: Mapping[str, Any] = annotation.raw
        self.resource = resource
        self.document = reading.document
        self.parameters = [one.name for one in annotation.operation.parameters if one.location == "query"]

    def said(self) -> Listed:
        """What it says; what it says wrongly is found, and left out."""
        roles: dict[str, str] = {}
        sorts: dict[str, str] = {}
        for role in (one for one in ROLES if one in self.raw):
            value = self.raw[role]
            if role == "sort" and isinstance(value, dict):
                sorts = self.sorts(value)
                value = value.get("parameter")
            if self.is_parameter(value, role):
                roles[role] = value
        filters = self.filters() if "filters" in self.raw else None
        return Listed(roles, filters, sorts, *(self.place_of(one) for one in _TOLD))

    def is_parameter(self, name: object, *below: str) -> bool:
        if name in self.parameters:
            return True
        reason = f"the operation has no query parameter `{name}`"
        remedy = suggestion(str(name), self.parameters) if self.parameters else "declare it under `parameters`"
        self.annotation.find(reason, remedy, *below)
        return False

    def is_property(self, name: object, *below: str) -> bool:
        if isinstance(name, str) and name in self.resource.properties:
            return True
        reason = f"the documents of {self.resource.collection} have no property `{name}`"
        self.annotation.find(reason, suggestion(str(name), self.resource.properties), *below)
        return False

    def filters(self) -> dict[str, str]:
        """The property of each filtering parameter: by its name where they are listed alone."""
        value = self.raw["filters"]
        named = {one: one for one in value if isinstance(one, str)} if isinstance(value, list) else value
        if not isinstance(named, dict):
            remedy = "write `filters: {parameter: property}`, or a list of parameters"
            self.annotation.find("`filters` says no parameters", remedy, "filters")
            return {}
        known = [one for one in named if self.is_parameter(one, "filters") and self.is_property(named[one], "filters")]
        return {one: named[one] for one in known}

    def sorts(self, raw: Mapping[str, Any]) -> dict[str, str]:
        """The property that each value of the sorting parameter means."""
        for key in raw:
            if key not in ("parameter", "by"):
                self.annotation.find(f"`sort` has no key `{key}`", suggestion(key, ("parameter", "by")), "sort", key)
        by = raw.get("by") or {}
        if not isinstance(by, dict):
            self.annotation.find("`by` is no mapping", "write `by: {newest: -createdAt}`", "sort", "by")
            return {}
        return {
            str(value): str(name)
            for value, name in by.items()
            if self.is_property(str(name).lstrip("+-"), "sort", "by")
        }

    def place_of(self, what: str) -> str:
        """The header field, or the property of the body, in which the answer tells something."""
        place = self.raw.get(what)
        if place is None:
            return ""
        operation = self.annotation.operation
        response = operation.response(operation.success)
        fields = list(response.headers) if response else []
        media = response.media() if response else None
        inside = paths_of(self.document, media.schema if media else None)
        if place in fields or place in inside:
            return str(place)
        reason = f"the answer has neither a header field nor a property `{place}`"
        self.annotation.find(reason, suggestion(str(place), [*fields, *inside]), what)
        return ""


KIND = Kind(
    keyword="x-list",
    place="an operation",
    written="`x-list: {page: p, size: n, sort: by, filters: {writer: authorId}, total: meta.hits}`; also `offset`, "
    "`cursor`, `next`, `direction`, `sort: {parameter: by, by: {newest: -createdAt}}`",
    means="what the parameters of a list do, and where its answer tells how many documents there are and how the next "
    "page is asked for; what it leaves out, names tell",
    refused="",
    read=_read,
    shape={
        "type": "object",
        "properties": {
            **dict.fromkeys((*ROLES, *_TOLD), _NAME),
            "sort": {
                "anyOf": [
                    _NAME,
                    {
                        "type": "object",
                        "properties": {"parameter": _NAME, "by": _PROPERTIES},
                        "required": ["parameter"],
                        "additionalProperties": False,
                    },
                ]
            },
            "filters": {"anyOf": [_PROPERTIES, {"type": "array", "items": _NAME}]},
        },
        "minProperties": 1,
        "additionalProperties": False,
    },
)
