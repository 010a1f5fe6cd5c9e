"""What is noise in two answers: ids, times and tokens, which each server makes as it likes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract.json_type import JSON

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")  # RFC 3339, 5.6
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_SHORTEST = 6  # characters of an id that is looked for within other texts
_ID = re.compile(r"^_?ids?$|_ids?$|[a-z]I[dD]s?$")  # names under which ids stand
ABSENT = object()

Ids = dict[tuple[str, str], Any]


class Alignment:
    """The ids of the same documents on both servers, by the collection that the documents are of.

    A number is an id in several collections at once: where it stands tells of which one. A text is one document's.

    Args:
        server: the server's address.
        double: the double's.
        kinds: the properties and parameters that hold ids, by their name, and of which collection.
    """

    def __init__(self, server: str, double: str, kinds: Mapping[str, str] | None = None) -> None:
        self.addresses = {"server": server, "double": double}
        self.kinds = kinds or {}
        self.of_server: Ids = {}  # the double's id of a document, by its collection and the server's
        self.of_double: Ids = {}
        # The same by the id alone, whatever the collection: the first that had it.
        self._of_any: dict[str, dict[str, Any]] = {"server": {}, "double": {}}

    def pair(self, kind: str, at_server: object, at_double: object) -> None:
        """Note that these are the ids of one document of the collection."""
        if at_server is not None and at_double is not None:
            self.of_server[kind, str(at_server)] = at_double
            self.of_double[kind, str(at_double)] = at_server
            self._of_any["server"].setdefault(str(at_server), at_double)
            self._of_any["double"].setdefault(str(at_double), at_server)

    def of(self, side: str) -> Ids:
        """The ids of a side, `server` or `double`, with those of the other."""
        return self.of_server if side == "server" else self.of_double

    def knows(self, kind: str, at_server: object) -> bool:
        """Whether the double's id of the server's document is known."""
        return (kind, str(at_server)) in self.of_server

    def translated(self, value: object, kinds: Mapping[str, str], kind: str | None = None) -> Any:
        """What is sent to the server, as it is sent to the double: with its ids of the same documents.

        Args:
            value: a request's body or parameters, or a part of them.
            kinds: what holds ids there, by name, and of which collection.
            kind: the collection that an id there is of; None where nothing says.
        """
        if isinstance(value, dict):
            return {name: self.translated(part, kinds, kinds.get(name)) for name, part in value.items()}
        if isinstance(value, list):
            return [self.translated(part, kinds, kind) for part in value]
        return self._other_id("server", kind, value)

    def plain(self, value: object, side: str, made: frozenset[str], name: str = "") -> Any:
        """An answer without what is noise: what the server sets is its type alone.

        Args:
            value: the answer, or a part of it.
            side: `server` or `double`, whose answer it is.
            made: the names of the properties that the server sets.
            name: the property that it stands in.
        """
        if isinstance(value, dict):
            return {inner: self._part(inner, part, side, made) for inner, part in value.items()}
        if isinstance(value, list):
            return [self.plain(part, side, made, name) for part in value]
        if _is_number(value) and name not in self.kinds and _ID.search(name) and self._is_any(value, side):
            return "<id>"  # of which collection, nothing says
        return self._text(value, side, name) if isinstance(value, str) else self._on_server(value, side, name)

    def _part(self, name: str, value: object, side: str, made: frozenset[str]) -> Any:
        is_made = name in made and _is_scalar(value) and not self._is_id(name, value, side)
        return f"<{type(value).__name__}>" if is_made else self.plain(value, side, made, name)

    def _is_id(self, name: str, value: object, side: str) -> bool:
        """Whether a property holds the id of a document of the program's."""
        if isinstance(value, str):
            return self._is_any(value, side)
        return (self.kinds.get(name), str(value)) in self.of(side)

    def _is_any(self, value: object, side: str) -> bool:
        """Whether it is the id of a document, of whatever collection."""
        return str(value) in self._of_any[side]

    def _on_server(self, value: object, side: str, name: str) -> Any:
        """The value itself; of an id of the double's, the server's of the same document."""
        return self._other_id("double", self.kinds.get(name), value) if side == "double" else value

    def _other_id(self, side: str, kind: str | None, value: object) -> Any:
        """The other one's id of the same document; the value itself where it is the id of none that is known."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return value
        ids = self.of(side)
        if kind is not None and (kind, str(value)) in ids:
            return ids[kind, str(value)]
        return value if _is_number(value) else self._of_any[side].get(str(value), value)

    def _text(self, text: str, side: str, name: str) -> Any:
        known = self._on_server(text, side, name)
        if known is not text or (side == "server" and self._is_any(text, side)):
            return known
        text = _TOKEN.sub("<token>", text.replace(self.addresses[side], "<url>"))
        if _TIME.match(text):
            return "<time>"
        for (_, at_double), at_server in self.of_double.items() if side == "double" else ():
            if len(at_double) >= _SHORTEST and at_double in text:  # a link, say
                text = text.replace(at_double, str(at_server))
        return text


def _is_number(value: object) -> bool:
    """Whether a value may be the id of documents of several collections at once."""
    return isinstance(value, int | str) and not isinstance(value, bool) and str(value).isdecimal()


def _is_scalar(value: JSON) -> bool:
    return not isinstance(value, dict | list)


def unlike(server: object, double: object, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two answers differ: a path of property names, and what each has there, `ABSENT` for nothing."""
    if isinstance(server, Mapping) and isinstance(double, Mapping):
        for name in dict.fromkeys([*server, *double]):
            where = f"{place}.{name}" if place else str(name)
            yield from unlike(server.get(name, ABSENT), double.get(name, ABSENT), where)
    elif isinstance(server, list) and isinstance(double, list) and len(server) == len(double):
        for one, other in zip(server, double, strict=True):
            yield from unlike(one, other, f"{place}[]")
    elif isinstance(server, bool) or isinstance(double, bool):
        if server is not double:
            yield place, server, double
    elif server != double:
        yield place, server, double
