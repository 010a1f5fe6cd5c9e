"""Which documents a list shows: the filters, order and page that its query asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract import Contract, Operation, Resource

_LIMITS = {"limit", "perpage", "pagesize", "size", "max", "maxresults", "take", "top", "pagelimit", "first", "count"}
_OFFSETS = {"offset", "skip", "start", "startindex", "startat", "from"}
_PAGES = {"page", "pagenumber", "pageno", "p", "currentpage", "pageindex"}
_CURSORS = {"cursor", "after", "pagetoken", "startingafter", "continuationtoken", "nexttoken", "nextcursor", "marker"}
_SORTS = {"sort", "sortby", "orderby", "sortfield", "sortkey", "ordering"}
_DIRECTIONS = {"order", "sortorder", "direction", "sortdirection", "sortdir", "orderdirection", "dir"}
_SEARCHES = {"q", "query", "search", "searchtext", "term", "keyword"}
_DIGITS = re.compile("[0-9]{1,20}")
_EVERYTHING = {"", "*", "all", "any"}  # what a client sends that wants no filter
_LARGEST = 2**31 - 1  # answers tell the numbers again, and their products: JSON is written with 64 bits


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Args:
        documents: those on the page.
        total: how many there are on all pages.
        start: the place of the first, from 0.
        limit: how many a page holds; None where all are on one.
        number: the page's number as the query counts it.
    """

    documents: list[dict[str, Any]]
    total: int
    start: int
    limit: int | None
    number: int

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.start + len(self.documents) < self.total


@dataclass(frozen=True, slots=True)
class Listing:
    """What the query parameters of a list mean.

    Args:
        id: the property that holds a document's id.
        filters: the property that each filtering parameter compares with, and its schema.
        roles: the parameter's name for each of `limit`, `offset`, `page`, `cursor`, `sort`, `direction`, `search`.
        properties: the properties that can be sorted by.
        first_page: the number of the first page.
        most: how many a page may hold at most; None for any number.
        unset: the defaults that stand for no filter: of a text that may be any, `none` is no choice.
        others: the parameters that do not filter, each with its default.
    """

    id: str
    filters: Mapping[str, tuple[str, Mapping[str, Any]]]
    roles: Mapping[str, str]
    properties: tuple[str, ...]
    first_page: int = 1
    most: int | None = None
    unset: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, operation: Operation, resource: Resource, most: int | None = None) -> Listing:
        """The meaning of an operation's query parameters, where a page may hold that many at most."""
        scalars = {plain(name): name for name, schema in resource.properties.items() if _is_comparable(schema)}
        filters, roles, unset, first_page = {}, {}, {}, 1
        for parameter in operation.parameters:
            if parameter.location != "query":
                continue
            name = plain(parameter.name)
            role = next((role for role, names in _ROLES.items() if name in names), None)
            if role is not None and role not in roles and (role in ("limit", "offset", "page") or name not in scalars):
                roles[role] = parameter.name
                schema = parameter.schema if isinstance(parameter.schema, dict) else {}
                if role == "page" and 0 in (schema.get("default"), schema.get("minimum")):
                    first_page = 0
            elif name in scalars:
                filters[parameter.name] = scalars[name], resource.properties[scalars[name]]
                default = parameter.schema.get("default") if isinstance(parameter.schema, dict) else None
                if isinstance(default, str) and not _is_choice(resource.properties[scalars[name]]):
                    unset[parameter.name] = default
        others = {
            one.name: one.schema.get("default") if isinstance(one.schema, dict) else None
            for one in operation.parameters
            if one.location == "query" and one.name not in filters
        }
        return cls(resource.id, filters, roles, tuple(scalars.values()), first_page, most, unset, others)

    def filter(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The filter that the sent parameters ask for; a value that the property cannot hold asks for nothing."""
        found: dict[str, Any] = {}
        for parameter, (name, schema) in self.filters.items():
            value = values.get(parameter)
            if value is not None and value == self.unset.get(parameter):
                continue
            if isinstance(value, list):
                held = [one for one in value if _can_hold(schema, one)]
                if held:
                    found[name] = {"$in": held}
            elif value is not None and not isinstance(value, dict) and _can_hold(schema, value):
                found[name] = value
        return found

    def understands(self, values: Mapping[str, Any]) -> bool:
        """Whether every parameter that was sent filters, or was sent as it is by default."""
        return all(values.get(name) in (None, default) for name, default in self.others.items())

    def order(self, values: Mapping[str, Any]) -> list[tuple[str, int]]:
        """The properties to sort by, each with 1 or -1: `name`, `-name`, `name:desc`, `name desc`."""
        direction = -1 if str(self._value(values, "direction", "")).lower().startswith("desc") else 1
        asked = self._value(values, "sort", [])
        words = asked if isinstance(asked, list) else str(asked).split(",")
        found = []
        for word in words:
            match = re.fullmatch(r"\s*([+-]?)([\w.-]+?)(?:[: ]+(asc|desc)\w*)?\s*", str(word), re.IGNORECASE)
            name = next((one for one in self.properties if match and plain(one) == plain(match[2])), None)
            if match and name is not None:
                down = match[1] == "-" or (match[3] or "").lower() == "desc"
                found.append((name, -1 if down else direction))
        return found

    def page(self, documents: list[dict[str, Any]], values: Mapping[str, Any]) -> Page:
        """The part of the documents that the sent parameters ask for."""
        wanted = self._value(values, "search", None)
        if isinstance(wanted, str) and wanted:
            documents = [one for one in documents if _mentions(one.values(), wanted.lower())]
        bounds = [one for one in (self._number(values, "limit"), self.most) if one is not None]
        limit = min(bounds, default=None)
        number = self._number(values, "page")
        start = self._number(values, "offset") or 0
        if number is not None and "offset" not in self.roles:
            start = max(0, number - self.first_page) * (limit if limit is not None else len(documents))
        cursor = self._value(values, "cursor", None)
        if cursor is not None:
            places = (index for index, one in enumerate(documents) if str(one.get(self.id)) == str(cursor))
            start = next(places, -1) + 1
        end = None if limit is None else start + limit
        return Page(documents[start:end], len(documents), start, limit, self.first_page if number is None else number)

    def _value(self, values: Mapping[str, Any], role: str, default: Any) -> Any:
        name = self.roles.get(role)
        found = None if name is None else values.get(name)
        return default if found is None else found

    def _number(self, values: Mapping[str, Any], role: str) -> int | None:
        found = self._value(values, role, None)
        if isinstance(found, str) and _DIGITS.fullmatch(found):
            found = int(found)
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return int(min(found, _LARGEST)) if is_number and found >= 0 else None


def listed_defaults(contract: Contract, resource: Resource) -> dict[str, Any]:
    """What the lists of a collection filter by where nothing is asked for: `state: open`."""
    found: dict[str, Any] = {}
    for operation_id, action in contract.actions.items():
        if action.does != "list" or action.collection != resource.collection or not resource.why:
            continue
        operation = contract.operations[operation_id]
        schemas = {one.name: one.schema for one in operation.parameters if isinstance(one.schema, dict)}
        required = {one.name for one in operation.parameters if one.required}
        for parameter, (name, schema) in Listing.of(operation, resource).filters.items():
            told = schemas.get(parameter, {})
            only = told.get("enum") if parameter in required else None  # nothing else can be asked for
            default = only[0] if only and len(only) == 1 else told.get("default")
            is_scalar = default is not None and not isinstance(default, list | dict | str)
            if (is_scalar or (isinstance(default, str) and _is_choice(schema))) and _can_hold(schema, default):
                found.setdefault(name, default)
    return found


def asked_for(contract: Contract, resource: Resource) -> frozenset[str]:
    """The properties that a list cannot be asked for without: a document without them would never be listed."""
    found: set[str] = set()
    for operation_id, action in contract.actions_of.get(resource.collection, ()) if resource.why else ():
        if action.does == "list":
            operation = contract.operations[operation_id]
            required = {one.name for one in operation.parameters if one.required}
            filters = Listing.of(operation, resource).filters
            found |= {name for parameter, (name, _) in filters.items() if parameter in required}
    return frozenset(found)


_ROLES = {
    "limit": _LIMITS,
    "offset": _OFFSETS,
    "page": _PAGES,
    "cursor": _CURSORS,
    "sort": _SORTS,
    "direction": _DIRECTIONS,
    "search": _SEARCHES,
}


def plain(name: str) -> str:
    """The name without case and punctuation: `page[size]`, `page_size` and `pageSize` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_comparable(schema: Mapping[str, Any]) -> bool:
    if schema.get("type") == "array":
        items = schema.get("items")
        return isinstance(items, dict) and items.get("type") in ("string", "integer", "number")
    return "properties" not in schema and schema.get("type") != "object"


def _is_choice(schema: Mapping[str, Any]) -> bool:
    """Whether a text of the schema is one of few."""
    return "enum" in schema or (isinstance(schema.get("items"), dict) and "enum" in schema["items"])


def _can_hold(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a property of the schema may have the value: `visibility=all` is none, nor is `*`."""
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        schema = schema["items"]
    if "enum" in schema:
        return value in schema["enum"]
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if isinstance(value, bool):
        return "boolean" in kinds or kinds == [None]
    if isinstance(value, str):
        if value.lower() in _EVERYTHING:
            return False
        return kinds == [None] or not {"boolean", "integer", "number"} & {*kinds} or "string" in kinds
    return True


def _mentions(values: Iterable[Any], text: str) -> bool:
    return any(text in value.lower() for value in values if isinstance(value, str))
