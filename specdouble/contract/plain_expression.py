"""What an expression says of plain values, without the library: the way of nearly every document that keeps it.

To call the library costs more than to check a body against its schema. It alone says that an expression does not hold;
of what is sure to hold it need not be asked: properties of a document, texts and numbers that both understand alike.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from specdouble.contract.expression_tree import Call, Constant, Field, Has, Items, Name, Node

Condition = Callable[[Mapping[str, Any]], bool | None]  # None where only the library knows
_Value = Callable[[Mapping[str, Any]], Any]

_SELF = Name("self")
_EXACT = 2**53  # beyond it, integers and floating-point numbers are no longer the same numbers
_COMPARED = {
    "_==_": operator.eq, "_!=_": operator.ne, "_<_": operator.lt, "_<=_": operator.le, "_>_": operator.gt,
    "_>=_": operator.ge,
}  # fmt: skip


class _NotPlain(Exception):
    """A part of an expression is none of those that are understood here."""


def plain_condition(tree: Node) -> Condition | None:
    """Tells whether a condition holds for `self`; None where it has parts that only the library understands."""
    try:
        return _condition(tree)
    except _NotPlain:
        return None


def _condition(node: Node) -> Condition:
    if isinstance(node, Has) and node.operand == _SELF:
        name = node.name
        return lambda document: name in document
    if not isinstance(node, Call):
        raise _NotPlain
    if node.function in _COMPARED:
        return _comparison(_COMPARED[node.function], *map(_value, node.arguments))
    if node.function == "@in":
        return _membership(*node.arguments)
    combined = _COMBINED.get(node.function)
    if combined is None:
        raise _NotPlain
    return combined(*map(_condition, node.arguments))


def _not(inner: Condition) -> Condition:
    def inverted(document: Mapping[str, Any]) -> bool | None:
        found = inner(document)
        return None if found is None else not found

    return inverted


def _both(left: Condition, right: Condition) -> Condition:
    def both(document: Mapping[str, Any]) -> bool | None:
        found = left(document)
        return right(document) if found else found

    return both


def _either(left: Condition, right: Condition) -> Condition:
    def either(document: Mapping[str, Any]) -> bool | None:
        found = left(document)
        return right(document) if found is False else found

    return either


def _chosen(asked: Condition, then: Condition, otherwise: Condition) -> Condition:
    def chosen(document: Mapping[str, Any]) -> bool | None:
        found = asked(document)
        return None if found is None else then(document) if found else otherwise(document)

    return chosen


_COMBINED: dict[str, Callable[..., Condition]] = {"!_": _not, "_&&_": _both, "_||_": _either, "_?_:_": _chosen}


def _comparison(compare: Callable[[Any, Any], bool], left: _Value, right: _Value) -> Condition:
    def compared(document: Mapping[str, Any]) -> bool | None:
        one, other = left(document), right(document)
        kind = _kind(one)
        return compare(one, other) if kind is not None and kind is _kind(other) else None

    return compared


def _membership(of: Node, among: Node) -> Condition:
    if not isinstance(among, Items) or not all(isinstance(item, Constant) for item in among.items):
        raise _NotPlain
    value, known = _value(of), [item.value for item in among.items if isinstance(item, Constant)]
    if {_kind(one) for one in known} != {str}:
        raise _NotPlain

    def contained(document: Mapping[str, Any]) -> bool | None:
        one = value(document)
        return one in known if _kind(one) is str else None

    return contained


def _kind(value: Any) -> type | None:
    """What a value can be compared with; None for what is not plain."""
    kind = type(value)
    if kind is int or kind is float:
        return float if -_EXACT < value < _EXACT else None
    if kind is str:
        return str if value.isascii() else None
    return kind if kind is bool or kind is datetime else None


def _value(node: Node) -> _Value:
    if isinstance(node, Constant):
        value = node.value
        return lambda _: value
    if isinstance(node, Field) and node.operand == _SELF:
        name = node.name
        return lambda document: document.get(name)
    if isinstance(node, Call) and node.function in _MADE:
        return _made(_MADE[node.function], *map(_value, node.arguments))
    raise _NotPlain


def _made(make: Callable[..., Any], *parts: _Value) -> _Value:
    if len(parts) == 1:
        (part,) = parts
        return lambda document: make(part(document))
    return lambda document: make(*(part(document) for part in parts))


def _double(value: Any) -> float | None:
    return float(value) if _kind(value) is float else None


def _size(value: Any) -> int | None:
    return len(value) if type(value) is list or _kind(value) is str else None


def _joined(*texts: Any) -> str | None:
    return "".join(texts) if all(_kind(text) is str for text in texts) else None


def _moment(value: Any) -> datetime | None:
    """The moment of `2026-01-31T12:00:00Z`; all other ways to write one are the library's."""
    if _kind(value) is not str or len(value) != len("2026-01-31T12:00:00Z") or value[-1] != "Z":
        return None
    if (value[4], value[7], value[10], value[13], value[16]) != ("-", "-", "T", ":", ":"):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


_MADE: dict[str, Callable[..., Any]] = {"double": _double, "size": _size, "timestamp": _moment, "_+_": _joined}
