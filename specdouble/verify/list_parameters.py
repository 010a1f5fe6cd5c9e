"""What a query parameter of a list asks for beside pages: a text to search for, an order, or its direction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from specdouble.contract import Operation, Parameter

_SEARCHES = {"q", "search", "query", "searchterm", "searchtext", "keyword", "keywords", "fulltext"}
_WITHIN = re.compile(r"(?<!not )\b(contain(s|ing)?|somewhere in|anywhere in|substring)\b", re.IGNORECASE)
_SORTS = {"sort", "sortby", "orderby", "ordering", "sortkey", "sortfield"}
_DIRECTIONS = {"order", "direction", "sortorder", "sortdirection", "dir", "sortdir"}


def search_of(operation: Operation) -> Parameter | None:
    """The query parameter that holds a text to search for."""
    return _playing(operation, "search", _SEARCHES)


def looks_within(parameter: Parameter) -> bool:
    """Whether words say that a search finds what contains the text: many find whole words alone."""
    return _WITHIN.search(parameter.description) is not None


def compared(operation: Operation, parameter: str, properties: Mapping[str, Any]) -> str | None:
    """The property that a parameter filters by: as the contract says, else as its name tells."""
    said = operation.listed
    if said.filters is not None or said.names(parameter):
        return (said.filters or {}).get(parameter)
    return _property(parameter, properties)


def _property(name: str, properties: Mapping[str, Any]) -> str | None:
    """The property that a parameter names: by its own name, or by that of one entry of it."""
    return next((one for one in (name, f"{name}s", f"{name}es") if one in properties), None)


def sort_of(operation: Operation) -> Parameter | None:
    """The query parameter that says by what a list is ordered."""
    return _playing(operation, "sort", _SORTS)


def direction_of(operation: Operation) -> Parameter | None:
    """The query parameter that says whether an order is a descending one."""
    return _playing(operation, "direction", _DIRECTIONS)


def plays_order(operation: Operation, name: str) -> bool:
    """Whether a query parameter says by what a list is ordered."""
    found = sort_of(operation)
    return found is not None and found.name == name


def _playing(operation: Operation, role: str, names: set[str]) -> Parameter | None:
    """The query parameter that plays a part: as the contract says, else as its name tells."""
    said = operation.listed
    query = [one for one in operation.parameters if one.location == "query"]
    if role in said.roles:
        return next((one for one in query if one.name == said.roles[role]), None)
    by_name = {_plain(one.name): one for one in query if not said.names(one.name)}
    return next((by_name[name] for name in names if name in by_name), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
