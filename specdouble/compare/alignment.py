"""What is noise in two answers: ids, times and tokens, which each server makes as it likes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract.json_type import JSON

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_SHORTEST = 6  # characters of an id that is looked for within other texts
ABSENT = object()


class Alignment:
    """The ids of the same documents on both servers.

    Args:
        server: the server's address.
        double: the double's.
    """

    def __init__(self, server: str, double: str) -> None:
        self.addresses = {"server": server, "double": double}
        self.of_server: dict[str, Any] = {}  # the double's id of a document, by the server's
        self.of_double: dict[str, Any] = {}

    def pair(self, at_server: Any, at_double: Any) -> None:
        """Note that these are the ids of one document."""
        if at_server is not None and at_double is not None:
            self.of_server[str(at_server)] = at_double
            self.of_double[str(at_double)] = at_server

    def knows(self, at_server: Any) -> bool:
        """Whether the double's id of the server's document is known."""
        return str(at_server) in self.of_server

    def translated(self, value: Any) -> Any:
        """What is sent to the server, as it is sent to the double: with its ids of the same documents."""
        if isinstance(value, dict):
            return {name: self.translated(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.translated(part) for part in value]
        if isinstance(value, str | int) and not isinstance(value, bool):
            return self.of_server.get(str(value), value)
        return value

    def plain(self, value: Any, side: str, made: frozenset[str]) -> Any:
        """An answer without what is noise: what the server sets is its type alone.

        Args:
            value: the answer, or a part of it.
            side: `server` or `double`, whose answer it is.
            made: the names of the properties that the server sets.
        """
        if isinstance(value, dict):
            return {name: self._part(name, part, side, made) for name, part in value.items()}
        if isinstance(value, list):
            return [self.plain(part, side, made) for part in value]
        return self._text(value, side) if isinstance(value, str) else self._known(value, side)

    def _part(self, name: str, value: Any, side: str, made: frozenset[str]) -> Any:
        known = self.plain(value, side, made)
        is_known = isinstance(value, str | int) and str(value) in (*self.of_server, *self.of_double)
        return f"<{type(value).__name__}>" if name in made and not is_known and _is_scalar(value) else known

    def _known(self, value: Any, side: str) -> Any:
        """The value itself; of an id of the double's, the server's of the same document."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return value
        return self.of_double.get(str(value), value) if side == "double" else value

    def _text(self, text: str, side: str) -> Any:
        known = self._known(text, side)
        if known is not text or (side == "server" and text in self.of_server):
            return known
        text = _TOKEN.sub("<token>", text.replace(self.addresses[side], "<url>"))
        if _TIME.match(text):
            return "<time>"
        for at_double, at_server in self.of_double.items() if side == "double" else ():
            if len(at_double) >= _SHORTEST and at_double in text:  # a link, say
                text = text.replace(at_double, str(at_server))
        return text


def _is_scalar(value: JSON) -> bool:
    return not isinstance(value, dict | list)


def unlike(server: Any, double: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
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
