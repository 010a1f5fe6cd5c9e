"""The search for a text in documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from specdouble.contract.json_type import JSON
from specdouble.double.state.keeper import Document

_QUALIFIER = re.compile(r"-?\w+:\S+")  # `language:python` in a search: it is about something else than the text
_DEEPEST = 3  # levels of a document in which a text is searched for


def searched(documents: list[Document], text: str, id: str) -> list[Document]:
    """The documents in which the text stands, or each of its words; a part of an id is no word."""
    sought = _QUALIFIER.sub(" ", text).lower()
    found = []
    for document in documents:
        spoken = [value for name, value in document.items() if name != id]
        if str(document.get(id)) == text or _speak_of(spoken, sought):
            found.append(document)
    return found


def _speak_of(values: list[JSON], sought: str) -> bool:
    """Whether the words stand in the values: together, or each somewhere."""
    # One text of all, with breaks that no word has: what is sought is found within one value.
    text = "\0".join(_texts(values)).lower()
    return sought.strip() in text or all(word in text for word in sought.split())


def _texts(values: Iterable[JSON], depth: int = 0) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list) and depth < _DEEPEST:
            yield from _texts(value.values() if isinstance(value, dict) else value, depth + 1)
