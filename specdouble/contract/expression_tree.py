"""The tree of a CEL expression, read from what the library writes of a compiled one.

The library hands its tree out in one form alone: `cel.expr.CheckedExpr` in the wire format of Protocol Buffers. Of
that format four lines are needed, and of the messages the nine kinds of nodes:
https://github.com/google/cel-spec/blob/master/proto/cel/expr/syntax.proto
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

_INFIX = {"_&&_", "_||_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "_%_", "@in"}


@dataclass(frozen=True)
class Node:
    """A part of an expression."""

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes right below."""
        return ()


@dataclass(frozen=True)
class Constant(Node):
    """A literal.

    Args:
        value: a JSON value; bytes where it is a literal of bytes.
    """

    value: Any


@dataclass(frozen=True)
class Name(Node):
    """`self`, `oldSelf`, or the variable of a macro."""

    name: str


@dataclass(frozen=True)
class _Member(Node):
    """A name within what an expression stands for."""

    operand: Node
    name: str

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Field(_Member):
    """`operand.name`."""


@dataclass(frozen=True)
class Has(_Member):
    """`has(operand.name)`."""


@dataclass(frozen=True)
class Call(Node):
    """A function or an operator; what a method is called on is its first argument.

    Args:
        function: its name; an operator's as the library writes it: `_<_`, `!_`, `_?_:_`, `_[_]`, `@in`.
        arguments: the arguments.
        is_method: whether it is written behind its first argument.
    """

    function: str
    arguments: tuple[Node, ...]
    is_method: bool = False

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True)
class Items(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.items


@dataclass(frozen=True)
class Entries(Node):
    """`{a: b}`."""

    entries: tuple[tuple[Node, Node], ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return tuple(part for entry in self.entries for part in entry)


@dataclass(frozen=True)
class Each(Node):
    """A macro over a list or a map.

    Args:
        macro: all, exists, exists_one, filter or map.
        over: what it goes through.
        variable: what each one is called.
        body: what is asked of each, or made of it.
        where: of `map(x, where, body)` the condition.
    """

    macro: str
    over: Node
    variable: str
    body: Node
    where: Node | None = None

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.over, self.body) if self.where is None else (self.over, self.where, self.body)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += reversed(one.parts)


def replaced(node: Node, old: Node, new: Node) -> Node:
    """The expression with another node in the place of each that equals the old one."""
    if node == old:
        return new
    if isinstance(node, Field | Has):
        return replace(node, operand=replaced(node.operand, old, new))
    if isinstance(node, Call):
        return replace(node, arguments=tuple(replaced(one, old, new) for one in node.arguments))
    if isinstance(node, Items):
        return Items(tuple(replaced(one, old, new) for one in node.items))
    if isinstance(node, Entries):
        return Entries(tuple((replaced(key, old, new), replaced(value, old, new)) for key, value in node.entries))
    if isinstance(node, Each):
        where = None if node.where is None else replaced(node.where, old, new)
        return replace(node, over=replaced(node.over, old, new), body=replaced(node.body, old, new), where=where)
    return node


def text_of(node: Node) -> str:
    """The node as CEL."""
    if isinstance(node, Constant):
        return _literal(node.value)
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Field | Has):
        member = f"{text_of(node.operand)}.{node.name}"
        return f"has({member})" if isinstance(node, Has) else member
    if isinstance(node, Items):
        return f"[{', '.join(map(text_of, node.items))}]"
    if isinstance(node, Entries):
        return "{" + ", ".join(f"{text_of(key)}: {text_of(value)}" for key, value in node.entries) + "}"
    if isinstance(node, Each):
        inside = [node.variable, *(text_of(part) for part in node.parts[1:])]
        return f"{text_of(node.over)}.{node.macro}({', '.join(inside)})"
    assert isinstance(node, Call)
    return _call(node)


def _call(node: Call) -> str:
    parts = [text_of(one) for one in node.arguments]
    name = node.function
    if name in _INFIX:
        operator = name.strip("_@")
        return f"({parts[0]} {operator} {parts[1]})"
    if name in ("!_", "-_"):
        return f"({name[0]}{parts[0]})"
    if name == "_?_:_":
        return f"({parts[0]} ? {parts[1]} : {parts[2]})"
    if name in ("_[_]", "_[?_]"):
        return f"{parts[0]}[{name[2:-2]}{parts[1]}]"
    if name == "_?._":
        return f"{parts[0]}.?{json.loads(parts[1])}"
    if node.is_method:
        return f"{parts[0]}.{name}({', '.join(parts[1:])})"
    return f"{name}({', '.join(parts)})"


def _literal(value: object) -> str:
    if isinstance(value, bytes):
        return "b'" + "".join(f"\\x{byte:02x}" for byte in value) + "'"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


# Reading. A message is a run of fields: a number that tells field and kind, then a number or so many bytes.

_Fields = dict[int, list[Any]]


def read_tree(serialized: bytes) -> Node:
    """The tree of a compiled expression, as the library serializes it: an `Any` that holds a `CheckedExpr`."""
    checked = _fields(_fields(serialized)[2][0])
    return _node(checked[4][0])


def _fields(data: bytes) -> _Fields:
    found: _Fields = {}
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        value: Any
        if key & 7 == 0:
            value, at = _number(data, at)
        elif key & 7 == 1:
            value, at = data[at : at + 8], at + 8
        else:
            size, at = _number(data, at)
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _node(data: bytes) -> Node:
    fields = _fields(data)
    kind = next(number for number in fields if number >= 3)
    inside = _fields(fields[kind][0])
    return _READERS[kind](inside)


def _constant(fields: _Fields) -> Node:
    kind, value = next((number, values[0]) for number, values in fields.items())
    if kind == 1:
        return Constant(None)
    if kind == 2:
        return Constant(bool(value))
    if kind == 3:
        return Constant(value - (1 << 64) if value >> 63 else value)
    if kind == 5:
        return Constant(struct.unpack("<d", value)[0])
    if kind == 4:
        return Call("uint", (Constant(value),))
    return Constant(value.decode("utf-8") if kind == 6 else value)


def _text(fields: _Fields, number: int) -> str:
    found: bytes = fields.get(number, [b""])[0]
    return found.decode("utf-8")


def _name(fields: _Fields) -> Node:
    return Name(_text(fields, 1))


def _select(fields: _Fields) -> Node:
    made = Has if fields.get(3, [0])[0] else Field
    return made(_node(fields[1][0]), _text(fields, 2))


def _called(fields: _Fields) -> Node:
    target = fields.get(1, [])
    arguments = tuple(_node(one) for one in [*target, *fields.get(3, [])])
    return Call(_text(fields, 2), arguments, bool(target))


def _items(fields: _Fields) -> Node:
    return Items(tuple(_node(one) for one in fields.get(1, [])))


def _entries(fields: _Fields) -> Node:
    entries = [_fields(one) for one in fields.get(2, [])]
    return Entries(tuple((_node(one[3][0]), _node(one[4][0])) for one in entries if 3 in one))


def _comprehension(fields: _Fields) -> Node:
    """The macro that was written, by the loop that it is expanded to (cel-spec, "Macros")."""
    over, variable, accumulator = _node(fields[2][0]), _text(fields, 1), Name(_text(fields, 3))
    start, step = _node(fields[4][0]), _node(fields[6][0])
    if isinstance(start, Constant) and isinstance(start.value, bool) and isinstance(step, Call):
        return Each("all" if start.value else "exists", over, variable, step.arguments[1])
    where = None
    if isinstance(step, Call) and step.function == "_?_:_":
        where, step = step.arguments[0], step.arguments[1]
    if isinstance(start, Constant) and where is not None:
        return Each("exists_one", over, variable, where)
    added = step.arguments[1] if isinstance(step, Call) and step.arguments[0] == accumulator else None
    one = added.items[0] if isinstance(added, Items) and added.items else Name(variable)
    if where is not None and one == Name(variable):
        return Each("filter", over, variable, where)
    return Each("map", over, variable, one, where)


_READERS = {
    3: _constant, 4: _name, 5: _select, 6: _called, 7: _items, 8: _entries, 9: _comprehension,
}  # fmt: skip
