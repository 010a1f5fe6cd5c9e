"""What the query parameters of a list mean: by what the contract says of them, else by their names and types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.listed import Listed
from specdouble.contract.properties import plain, types_of
from specdouble.contract.validator import taking

# The names of parameters, without case and punctuation, by the part that they play.
_LIMITS = {
    "limit", "perpage", "pagesize", "pagelimit", "pagelen", "pagelength", "maxresults", "maxitems", "resultsperpage",
    "itemsperpage", "size", "max", "take", "top", "first", "count", "rows",
}  # fmt: skip
_OFFSETS = {"offset", "pageoffset", "skip", "startindex", "startat", "start", "from"}
_PAGES = {"page", "pagenumber", "pageno", "pagenum", "currentpage", "pageindex", "p"}
_CURSORS = {
    "cursor", "pagecursor", "after", "pageafter", "startingafter", "startafter", "pagetoken", "nextpagetoken",
    "nexttoken", "nextcursor", "continuationtoken", "continue", "paginationtoken", "marker", "exclusivestartkey",
    "afterid", "maxid",
}  # fmt: skip
_BACKWARDS = {"before", "pagebefore", "endingbefore", "endbefore"}
_SORTS = {"sort", "sortby", "orderby", "orderfield", "sortfield", "sortkey", "sortcolumn", "ordering"}
_DIRECTIONS = {"order", "sortorder", "direction", "sortdirection", "sortdir", "orderdirection", "dir"}
_SEARCHES = {"q", "query", "search", "searchtext", "searchterm", "searchquery", "term", "keyword", "keywords"}
_ROLES = {
    "limit": _LIMITS,
    "offset": _OFFSETS,
    "page": _PAGES,
    "cursor": _CURSORS,
    "before": _BACKWARDS,
    "sort": _SORTS,
    "direction": _DIRECTIONS,
    "search": _SEARCHES,
}
_NUMBERED = ("limit", "offset", "page")
# They are too often the name of a property to be anything else where there is one of that name.
_AMBIGUOUS = {"size", "max", "top", "first", "count", "rows", "start", "from", "p", "take"}
_FILTER = re.compile(r"(?:filters?|where)[\[.](\w[\w.-]*)\]?")
# What public contracts call the bounds of a range: `created[gte]`, `price_min`.
_BOUNDS = {
    "gt": "$gt", "gte": "$gte", "lt": "$lt", "lte": "$lte", "min": "$gte", "max": "$lte", "eq": "$eq", "ne": "$ne",
}  # fmt: skip
_BOUND = re.compile(r"(?P<name>\w[\w.-]*)(?:\[(?P<inside>\w+)\]|(?:__|[._])(?P<after>gte?|lte?|min|max))")
_EVERYTHING = {"", "*", "all", "any"}  # what a client sends that wants no filter
_NESTED = ("attributes", "properties", "fields", "spec", "metadata")  # where documents keep their properties inside

Values = Mapping[str, JSON]  # of parameters, by the contract's names


class Sent(NamedTuple):
    """What a query names: a parameter, or one part of a parameter that is an object.

    Args:
        name: how the query names it: `page`, `page[size]`.
        parameter: the parameter.
        part: the property of its value; None where the value as a whole is meant.
        schema: the schema of the value.
        required: whether no request may leave it out.
    """

    name: str
    parameter: str
    part: str | None
    schema: Schema
    required: bool = False

    def value(self, values: Values) -> JSON:
        """What was sent; None where nothing was."""
        whole = values.get(self.parameter)
        if self.part is None:
            return whole
        return whole.get(self.part) if isinstance(whole, dict) else None


class Comparable(NamedTuple):
    """A property that documents can be compared and sorted by.

    Args:
        path: how the store finds it: what is inside of another property has its name before, `attributes.title`.
        name: its own name.
        schema: its schema.
    """

    path: str
    name: str
    schema: Schema


class Filter(NamedTuple):
    """A part of a query that asks for documents with a value.

    Args:
        sent: what is sent.
        path: how the store finds the property that it is compared with.
        can_hold: whether the property may have a value.
        is_choice: whether a text of the property is one of few.
        bound: how the store compares, where the value is the bound of a range: `$gte`; None where it is the value.
    """

    sent: Sent
    path: str
    can_hold: Callable[[object], bool]
    is_choice: bool
    bound: str | None = None

    @property
    def unset(self) -> str | None:
        """The default that stands for no filter: of a text that may be any, `none` is no choice."""
        default = self.sent.schema.get("default")
        return default if isinstance(default, str) and not self.is_choice else None

    def condition(self, value: object) -> JSON:
        """What the store compares with; None where the value asks for nothing that the property can hold."""
        if value is None or isinstance(value, dict) or value == self.unset:
            return None
        if self.bound is not None:
            return {self.bound: value} if self.can_hold(value) else None
        if isinstance(value, list):
            held = [one for one in value if self.can_hold(one)]
            return {"$in": held} if held else None
        if value is False and self.can_hold(value):
            return {"$in": [False, None]}  # what has no such flag has it not set
        if self.can_hold(value):
            return value
        return self._one_of(value) if isinstance(value, str) and "," in value else None

    def _one_of(self, text: str) -> JSON:
        """`open,closed`: any of them; None where one is none that the property can hold."""
        choices = [choice.strip() for choice in text.split(",")]
        return {"$in": choices} if all(map(self.can_hold, choices)) else None


class Meant(NamedTuple):
    """The property that a parameter filters by, and how it is compared, where by the bound of a range."""

    property: Comparable
    bound: str | None = None


class Query(NamedTuple):
    """What the query of a list can ask for.

    Args:
        filters: what asks for documents with a value.
        roles: what plays the part of `limit`, `offset`, `page`, `cursor`, `before`, `sort`, `direction`, `search`.
    """

    filters: tuple[Filter, ...]
    roles: Mapping[str, Sent]


def read_query(contract: Contract, operation: Operation, known: Sequence[Comparable]) -> Query:
    """The filters and roles of an operation's query parameters.

    Args:
        contract: the operation's.
        operation: one that lists.
        known: the properties that can be filtered by, the outer ones first.
    """
    by_name: dict[str, Comparable] = {}
    for one in known:
        by_name.setdefault(plain(one.name), one)
    said = operation.listed
    said_roles = {_ours(role) for role in said.roles}
    flags = {one.name for one in operation.parameters if one.shapes_answer}
    filters: list[Filter] = []
    roles: dict[str, Sent] = {}
    for sent in _sent(contract, operation):
        if said.names(sent.name):
            role, meant = _said_role(said, sent.name), _said_filter(said, sent.name, known)
        else:
            role, meant = _role(sent, plain(sent.name) in by_name), _filtered(sent.name, by_name)
            # What the contract says goes before what names tell.
            role = None if role in said_roles else role
            meant = meant if said.filters is None and sent.parameter not in flags else None
        if role is not None and role not in roles:
            roles[role] = sent
        elif meant is not None:
            schema = meant.property.schema
            can_hold, is_choice = _holder(contract, schema), _is_choice(schema)
            filters.append(Filter(sent, meant.property.path, can_hold, is_choice, meant.bound))
    return Query(tuple(filters), roles)


def _sent(contract: Contract, operation: Operation) -> Iterator[Sent]:
    """What the query parameters of an operation name, those of an object one by one."""
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        schema = contract.described(parameter.schema)
        parts = contract.properties(schema) if parameter.media_type is None else {}
        if not parts:
            yield Sent(parameter.name, parameter.name, None, schema, parameter.required)
        for part, inner in parts.items():
            name = f"{parameter.name}[{part}]" if parameter.style == "deepObject" else part
            yield Sent(name, parameter.name, part, inner)


def _ours(role: str) -> str:
    """A part that a contract says of a list, by our name for it."""
    return "limit" if role == "size" else role


def _said_role(said: Listed, name: str) -> str | None:
    role = said.role_of(name)
    return None if role is None else _ours(role)


def _said_filter(said: Listed, name: str, known: Sequence[Comparable]) -> Meant | None:
    wanted = (said.filters or {}).get(name)
    return next((Meant(one) for one in known if one.path == wanted), None)


def _role(sent: Sent, is_property: bool) -> str | None:
    """The part that a parameter of that name and type plays."""
    name = plain(sent.name)
    role = next((role for role, names in _ROLES.items() if name in names), None)
    if name == "since" and types_of(sent.schema) == {"integer"}:  # of an id: since a moment, it is a filter
        role = "cursor"
    if role not in _NUMBERED:
        return None if is_property else role
    if is_property and name in _AMBIGUOUS:
        return None
    kinds = types_of(sent.schema)
    takes_numbers = not kinds.isdisjoint({"integer", "number", None})
    is_free_text = "string" in kinds and "enum" not in sent.schema  # authors call numbers of the query texts
    return role if takes_numbers or is_free_text else None


def _filtered(name: str, by_name: Mapping[str, Comparable]) -> Meant | None:
    """The property that a parameter of another name means: `filter[author]`, `ids`, `tag`, or a bound of a range."""
    inner = _FILTER.fullmatch(name)
    wanted = plain(inner[1] if inner else name)
    singular = (wanted.removesuffix("s"), wanted.removesuffix("es"))
    for other in (plain(name), wanted, *singular, wanted + "s", wanted + "code"):
        if other in by_name:
            return Meant(by_name[other])
    return _ranged(name, by_name)


def _ranged(name: str, by_name: Mapping[str, Comparable]) -> Meant | None:
    """The property whose range a parameter bounds: `created[gte]`, `price_min`."""
    match = _BOUND.fullmatch(name)
    if match is None:
        return None
    bound = _BOUNDS.get(match["inside"] or match["after"])
    held = by_name.get(plain(match["name"]))
    return Meant(held, bound) if bound is not None and held is not None else None


def comparable(contract: Contract, resource: Resource) -> Iterator[Comparable]:
    """The properties that hold one value or several plain ones, with those inside."""
    for name, schema in resource.properties.items():
        if _is_comparable(schema):
            yield Comparable(name, name, schema)
    for name in _NESTED:
        if name not in resource.properties:
            continue
        for inner, schema in contract.properties(resource.properties[name]).items():
            can_be_found = "." not in inner and inner[:1] != "$"  # the store would take it for a path, or an operator
            if can_be_found and _is_comparable(schema):
                yield Comparable(f"{name}.{inner}", inner, schema)


def _is_comparable(schema: Schema) -> bool:
    if schema.get("type") == "array":
        items = schema.get("items")
        return isinstance(items, dict) and items.get("type") in ("string", "integer", "number")
    return "properties" not in schema and schema.get("type") != "object"


def _element(schema: Schema) -> Schema:
    """The schema of one plain value: an array's items, else itself."""
    items = schema.get("items")
    return items if schema.get("type") == "array" and isinstance(items, dict) else schema


def _is_choice(schema: Schema) -> bool:
    """Whether a text of the schema is one of few."""
    return "enum" in _element(schema)


def _holder(contract: Contract, schema: Schema) -> Callable[[object], bool]:
    """Tells whether a property of the schema may have a value: `visibility=all` is none, nor is `*`."""
    element = _element(schema)
    options = [*(element.get("anyOf") or ()), *(element.get("oneOf") or ())] or [element]
    takers = [taking(contract.described(option)) for option in options]

    def can_hold(value: object) -> bool:
        asks_for_all = isinstance(value, str) and value.lower() in _EVERYTHING
        if asks_for_all and "enum" not in element:
            return False
        return any(takes(value) for takes in takers)

    return can_hold
