"""What a filter asks of fields, as far as an index can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mongomock.filtering import filter_applies

from specdouble.double.state.store.values import Document, is_plain

_STRING = frozenset({str})
_HARMLESS = frozenset({"$eq", "$ne", "$in", "$nin", "$exists"})


def conditions(spec: Any) -> tuple[dict[str, list[Any]], bool]:
    """The values that a filter asks of fields, and whether the filter can raise on no document.

    Only what stands before the first condition that might raise is told: a document that an index leaves out
    would not have got beyond it, so errors stay the same.
    """
    asked: dict[str, list[Any]] = {}
    if not isinstance(spec, dict):
        return asked, False
    for field, wanted in spec.items():
        if not isinstance(field, str) or field[:1] == "$" or "." in field:
            return asked, False
        if is_plain(wanted):
            asked[field] = [wanted]
        elif not _is_harmless(wanted):
            return asked, False
        elif len(wanted) == 1 and "$in" in wanted:
            asked[field] = wanted["$in"]
        elif len(wanted) == 1 and "$eq" in wanted:
            asked[field] = [wanted["$eq"]]
    return asked, True


def are_strings(spec: dict[str, Any]) -> bool:
    """Whether a filter asks for strings alone, and of fields that stand at the top."""
    if not _STRING.issuperset(map(type, spec.values())) or not _STRING.issuperset(map(type, spec)):
        return False
    names = "".join(spec)
    return "$" not in names and "." not in names


def predicate(spec: Any) -> Callable[[Document], bool]:
    """Whether a document matches a filter: mongomock's own verdict, shortened where strings meet strings."""
    if type(spec) is not dict or not are_strings(spec):
        return lambda document: bool(filter_applies(spec, document))
    asked = list(spec.items())

    def matches(document: Document) -> bool:
        for field, wanted in asked:
            value = document.get(field)
            if type(value) is not str:
                return bool(filter_applies(spec, document))
            if value != wanted:
                return False
        return True

    return matches


def _is_harmless(wanted: Any) -> bool:
    if type(wanted) is not dict or not wanted or not wanted.keys() <= _HARMLESS:
        return False
    for name, value in wanted.items():
        are_many = name in ("$in", "$nin")
        if are_many and type(value) is not list:
            return False
        if not all(map(is_plain, value if are_many else [value])):
            return False
    return True
