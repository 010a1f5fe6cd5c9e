"""On which line each part of a file stands, kept beside its data and without a second reading."""

from __future__ import annotations

import re
from array import array
from typing import Any

from specdouble.contract.pointer import tokens

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class Lines:
    """The lines of the keys of each mapping, and of the items of each sequence, in their order.

    Args:
        data: what the file says; its mappings and sequences are known by their identity.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        self._of: dict[int, array[int]] = {}

    def note(self, container: Any, lines: array[int]) -> None:
        """Keep the lines of a mapping's keys, or a sequence's items."""
        self._of[id(container)] = lines

    def at(self, pointer: str) -> int:
        """The line, from 1, on which the pointer's key stands (or the nearest ancestor's)."""
        node, line = self.data, 1
        for token in tokens(pointer):
            lines = self._of.get(id(node), ())
            if isinstance(node, dict) and token in node:
                place, node = list(node).index(token), node[token]
            elif isinstance(node, list) and token.isdigit() and int(token) < len(node):
                place, node = int(token), node[int(token)]
            else:
                return line
            line = lines[place] if place < len(lines) else line
        return line


def lines_of_json(text: str, data: Any) -> Lines:
    """The lines of a JSON text whose data are known."""
    found = Lines(data)
    stack: list[tuple[Any, array[int]]] = []
    line, seen, child, expects_key = 1, 0, data, False
    for match in _TOKEN.finditer(text):
        start, mark = match.start(), match.group()
        line, seen = line + text.count("\n", seen, start), start
        container, lines = stack[-1] if stack else (None, array("I"))
        if mark[0] in "}]":
            stack.pop()
            expects_key = False
        elif mark == ",":
            expects_key = isinstance(stack[-1][0], dict) if stack else False
            child = None
        elif mark != ":":
            if expects_key and mark[0] == '"':
                lines.append(line)
                child = _named(container, mark)
                expects_key = False
                continue
            if isinstance(container, list):
                child = container[len(lines)] if len(lines) < len(container) else None
                lines.append(line)
            if mark in "{[":
                lines = array("I")
                found.note(child, lines)
                stack.append((child if child is not None else {} if mark == "{" else [], lines))
                expects_key = mark == "{"
    return found


def _named(container: Any, quoted: str) -> Any:
    import json

    name = json.loads(quoted) if "\\" in quoted else quoted[1:-1]
    return container.get(name) if isinstance(container, dict) else None
