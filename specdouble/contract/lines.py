"""On which line each part of a file stands, kept beside its data and without a second reading."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator
from typing import Any

from specdouble.contract.pointer import is_index, tokens

_TEXT = r'"[^"\\]*(?:\\.[^"\\]*)*"'
# A key with its value, where that is a scalar; what opens and closes; a scalar that is an item.
_TOKEN = re.compile(rf'({_TEXT})\s*:\s*(?:{_TEXT}|[^\s{{}}\[\],:"]+)?|[{{}}\[\]]|{_TEXT}|[^\s{{}}\[\],:"]+')


class Lines:
    """The lines of the keys of each mapping, and of the items of each sequence, in their order.

    Args:
        data: what the file says; its mappings and sequences are known by their identity.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        self._of: dict[int, array[int]] = {}
        self._places: dict[int, dict[str, int]] = {}

    def note(self, container: Any, lines: array[int]) -> None:
        """Keep the lines of a mapping's keys, or a sequence's items."""
        self._of[id(container)] = lines

    def at(self, pointer: str) -> int:
        """The line, from 1, on which the pointer's key stands (or the nearest ancestor's)."""
        node, line = self.data, 1
        for token in tokens(pointer):
            lines = self._of.get(id(node), ())
            if isinstance(node, dict) and token in node:
                place, node = self._place(node, token), node[token]
            elif isinstance(node, list) and is_index(token) and int(token) < len(node):
                place, node = int(token), node[int(token)]
            else:
                return line
            line = lines[place] if place < len(lines) else line
        return line

    def _place(self, mapping: dict[str, Any], name: str) -> int:
        """The place of a key among the others, worked out once for all of a mapping."""
        places = self._places.get(id(mapping))
        if places is None:
            places = self._places[id(mapping)] = {key: index for index, key in enumerate(mapping)}
        return places.get(name, len(places))


def lines_of_json(text: str, data: Any) -> Lines:
    """The lines of a JSON text whose data are known."""
    if "\n" not in text.rstrip():  # as programs write it
        return Lines(data)
    scan = _Scan(text, data)
    scan.run()
    return scan.lines


def duplicates_of_json(text: str, data: Any) -> list[tuple[str, int]]:
    """Each key that stands twice in one object of a JSON text, and the line of the later one."""
    scan = _Scan(text, data)
    scan.run()
    return scan.duplicates


class _Container:
    """An object or array whose end has not come yet."""

    __slots__ = ("lines", "names", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.lines: array[int] = array("I")
        self.names: set[str] = set()


class _Scan:
    """Goes through the tokens of a JSON text, beside its data."""

    def __init__(self, text: str, data: Any) -> None:
        self.text, self.data = text, data
        self.lines = Lines(data)
        self.duplicates: list[tuple[str, int]] = []

    def run(self) -> None:
        stack: list[_Container] = []
        child = self.data
        for line, mark, key in self.tokens():
            if key is not None:
                child = self.key(stack[-1], key, line)
            elif mark in "}]":
                stack.pop()
            else:
                if stack and isinstance(stack[-1].value, list):
                    child = self.item(stack[-1], line)
                if mark in "{[":
                    stack.append(self.opened(child, mark))

    def tokens(self) -> Iterator[tuple[int, str, str | None]]:
        """Each token that says where something stands: its line, its text, and the key that it is of."""
        line, seen = 1, 0
        for match in _TOKEN.finditer(self.text):
            start = match.start()
            line, seen = line + self.text.count("\n", seen, start), start
            yield line, match.group(), match[1]

    def opened(self, value: Any, mark: str) -> _Container:
        # A value that is not there (its key stands twice) is passed over as an empty one.
        fitting = isinstance(value, dict if mark == "{" else list)
        container = _Container(value if fitting else {} if mark == "{" else [])
        if fitting:
            self.lines.note(value, container.lines)
        return container

    def item(self, top: _Container, line: int) -> Any:
        """Note an item of an array, and return it."""
        place = len(top.lines)
        top.lines.append(line)
        return top.value[place] if place < len(top.value) else None

    def key(self, top: _Container, mark: str, line: int) -> Any:
        """Note a key, and return its value."""
        name = json.loads(mark) if "\\" in mark else mark[1:-1]
        if name in top.names:
            self.duplicates.append((name, line))
        else:
            top.names.add(name)
            top.lines.append(line)
        return top.value.get(name)
