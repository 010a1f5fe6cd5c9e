"""Documents whose property names a store would take for operators or paths, kept under names that it does not.

A name is escaped as in addresses (`a.b` is kept as `a%2Eb`), so that no two names ever meet. Only names at the top of
a document are: filters, orders, indexes and updates speak of those alone. What is nested is stored as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from specdouble.double.state.store.values import Document

Pairs = list[tuple[str, int]]
_LOGICAL = ("$and", "$or", "$nor")


def escaped(name: str) -> str:
    """The name under which a property is stored."""
    return name.replace("%", "%25").replace(".", "%2E").replace("$", "%24")


def unescaped(name: str) -> str:
    """The property that is stored under the name."""
    return name.replace("%24", "$").replace("%2E", ".").replace("%25", "%")


class EscapedCollection:
    """A store's collection in which property names may begin with `$` or contain dots.

    Args:
        documents: the store's collection.
        names: those of them that filters, orders and indexes mean as names; all others are operators and paths.
    """

    def __init__(self, documents: Any, names: Collection[str]) -> None:
        self._documents = documents
        self._names = names

    def create_index(self, keys: str | Pairs, **options: Any) -> Any:
        """Index properties."""
        return self._documents.create_index(self._name(keys) if isinstance(keys, str) else self._pairs(keys), **options)

    def insert_one(self, document: Document) -> Any:
        """Store a new document."""
        return self._documents.insert_one(_stored(document))

    def replace_one(self, filter: Mapping[str, Any], document: Document) -> Any:
        """Put another document in the place of the first that the filter matches."""
        return self._documents.replace_one(self._filter(filter), _stored(document))

    def delete_one(self, filter: Mapping[str, Any]) -> Any:
        """Remove the first document that the filter matches."""
        return self._documents.delete_one(self._filter(filter))

    def find_one(self, filter: Mapping[str, Any]) -> Document | None:
        """The first document that the filter matches."""
        found = self._documents.find_one(self._filter(filter))
        return None if found is None else _shown(found)

    def peek(self, field: str, wanted: object) -> Document | None:
        """What `find_one` finds for one value, to be read and never to be changed."""
        found = self._documents.peek(self._name(field), wanted)
        return None if found is None else _shown(found)

    def find(self, filter: Mapping[str, Any]) -> EscapedCursor:
        """The documents that the filter matches."""
        return EscapedCursor(self._documents.find(self._filter(filter)), self._pairs)

    def count_documents(self, filter: Mapping[str, Any]) -> Any:
        """How many documents the filter matches."""
        return self._documents.count_documents(self._filter(filter))

    def distinct(self, key: str, filter: Mapping[str, Any]) -> Any:
        """The different values of a property."""
        return self._documents.distinct(self._name(key), self._filter(filter))

    def aggregate(self, pipeline: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
        """What a pipeline makes of the documents; its filters may use the names, its expressions cannot."""
        stages: list[Mapping[str, Any]] = []
        for stage in pipeline:
            is_filter = "$match" in stage
            stages.append({**stage, "$match": self._filter(stage["$match"])} if is_filter else stage)
        return map(_shown, self._documents.aggregate(stages))

    def _pairs(self, keys: Pairs) -> Pairs:
        return [(self._name(name), direction) for name, direction in keys]

    def _filter(self, filter: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, wanted in filter.items():
            if name in _LOGICAL and isinstance(wanted, list):
                found[name] = [self._filter(part) for part in wanted]
            else:
                found[self._name(name)] = wanted
        return found

    def _name(self, name: str) -> str:
        if name in self._names:
            return escaped(name)
        # Any other is an operator or a path: of a path, the name at its beginning is a property's.
        top, dot, path = name.partition(".")
        return top.replace("%", "%25") + dot + path


class EscapedCursor:
    """The documents that a query found, before they are read.

    Args:
        cursor: the store's cursor.
        pairs: escapes the names of an order.
    """

    def __init__(self, cursor: Any, pairs: Callable[[Pairs], Pairs]) -> None:
        self._cursor = cursor
        self._pairs = pairs

    def sort(self, pairs: Pairs) -> EscapedCursor:
        """Order the documents."""
        self._cursor = self._cursor.sort(self._pairs(pairs))
        return self

    def skip(self, count: int) -> EscapedCursor:
        """Leave out the first ones."""
        self._cursor = self._cursor.skip(count)
        return self

    def limit(self, count: int) -> EscapedCursor:
        """Leave out what follows so many; 0 leaves out nothing."""
        self._cursor = self._cursor.limit(count)
        return self

    def to_list(self) -> list[Document]:
        """All of them."""
        return list(map(_shown, self._cursor.to_list()))


def _stored(document: Document) -> Document:
    names = "".join(document)  # looked through once, not name by name: nearly all need nothing
    if "." in names or "$" in names or "%" in names:
        return {escaped(name): value for name, value in document.items()}
    return document


def _shown(document: Mapping[str, Any]) -> Document:
    shown = document if isinstance(document, dict) else dict(document)
    return {unescaped(name): value for name, value in shown.items()} if "%" in "".join(shown) else shown
