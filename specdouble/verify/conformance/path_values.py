"""The values of a generated path: Schemathesis keeps them as they are written in an address, we as they are meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

_DOTS = {".": "%2E", "..": "%2E%2E"}  # which an address would be shortened by (RFC 3986, 5.2.4)


def meant(case: Any) -> dict[str, Any]:
    """The values of the path, as the server reads them.

    A text of a class of its own is a list with its delimiters, of which nobody could tell which were written so.
    """
    held: Mapping[str, Any] = case.path_parameters or {}
    return {name: unquote(value) if type(value) is str else value for name, value in held.items()}


def name_in_path(case: Any, values: Mapping[str, Any]) -> None:
    """Have the path name these values; what it names already stays as it is written."""
    before, written = meant(case), case.path_parameters or {}
    case.path_parameters = {
        name: written[name] if name in before and _is_same(before[name], value) else _in_address(value)
        for name, value in values.items()
    }


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and bool(one == other)


def _in_address(value: object) -> Any:
    """The value as one segment of a path (RFC 3986, 2.1 and 3.3)."""
    return _DOTS.get(value) or quote(value, safe="") if isinstance(value, str) else value
