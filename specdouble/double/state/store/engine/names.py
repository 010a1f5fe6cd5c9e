"""The names under which a server has what is kept beside a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from specdouble.contract.resource import HIDDEN_ID
from specdouble.double.state.store.escaped import escaped, unescaped
from specdouble.double.state.store.values import Document

_OURS = "specdouble"  # in each name of ours
SHADOW = "_specdouble_"
REVISION = SHADOW + "revision"
ORDER = SHADOW + "order"
LEAVING = SHADOW + "leaving"
LOCKS, BEGUN, COUNTERS, ANSWERED = (SHADOW + name for name in ("locks", "begun", "counters", "answered"))
BOOKS = {LOCKS, BEGUN, COUNTERS, ANSWERED}
"""The collections of a world's database in which its processes keep no documents."""
_ODD = re.compile(r"\W", re.ASCII)
_WRITTEN = re.compile(r"_x([0-9a-f]+)_")


def _written(name: str) -> str:
    return _ODD.sub(lambda odd: f"_x{ord(odd[0]):x}_", name)


_HIDDEN_ID = _written(HIDDEN_ID)


def stored_name(name: str) -> str:
    """A field as the server has it: some index fields of letters, digits and `_` alone."""
    if name != HIDDEN_ID and (not name.startswith(SHADOW) or not _ODD.search(name)):
        return name
    return _written(name)


def _shown_name(name: str) -> str:
    if name != _HIDDEN_ID and not name.startswith(SHADOW):
        return name
    return _WRITTEN.sub(lambda written: chr(int(written[1], 16)), name)


def stored(document: Mapping[str, Any]) -> Document:
    """A document, or a filter, as the server has it."""
    if _OURS in "".join(document):
        return {stored_name(name): value for name, value in document.items()}
    return dict(document)


def shown(document: Document) -> Document:
    """A document as it was given, without its revision and its place; the given one is spent."""
    document.pop(REVISION, None)
    document.pop(ORDER, None)
    document.pop(LEAVING, None)
    if _OURS in "".join(document):
        return {_shown_name(name): value for name, value in document.items()}
    return document


def plain(value: Any) -> Any:
    """What stands within a document, for a server that takes no dot and no leading `$` in names there."""
    return _renamed(value, _plain_name)


def as_given(value: Any) -> Any:
    """What stands within a document, under the names that it was given with; of what is `plain`."""
    return _renamed(value, unescaped)


def _plain_name(name: str) -> str:
    # One that looks as if it were escaped is escaped too: no two names ever meet.
    return escaped(name) if "." in name or name.startswith("$") or unescaped(name) != name else name


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(name): _renamed(inner, rename) for name, inner in value.items()}
    return [_renamed(inner, rename) for inner in value] if isinstance(value, list) else value
