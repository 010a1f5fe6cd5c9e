"""What an expression in CEL may take of memory and time, read off its tree before anything is evaluated.

The library bounds the rounds of loops alone. Texts and lists may grow in each of them, and a search for a text of the
document in another one takes the product of their lengths. Costs are powers of the size of what is given: most
expressions take some times that size; few take its square, and those are evaluated for what is small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from specdouble.contract.expression_tree import Call, Constant, Each, Has, Items, Name, Node, walk

MOST_GROWTH = 10_000  # how many times as large as what is given what is made of it may be
_MOST_MEMORY = 10**8  # characters that are made
_MOST_TIME = 4 * 10**9  # characters that are compared: about a second
_MULTIPLYING = {"replace", "join", "format", "split"}
_SEARCHING = {"contains", "indexOf", "lastIndexOf", "split", "replace"}
_PLAIN = {
    "size", "matches", "startsWith", "endsWith", "contains", "indexOf", "lastIndexOf", "sum", "@in", "timestamp", "int",
    "double", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_&&_", "_||_", "!_", "_-_", "_*_", "_/_", "_%_", "-_",
}  # fmt: skip


class Cost(NamedTuple):
    """What an expression takes, where `size` is that of what it is given.

    Args:
        growth: what it makes has at most so many times the size,
        memory: to this power.
        time: what it compares has at most the size to this power.
    """

    growth: float
    memory: int
    time: int

    @property
    def is_large(self) -> bool:
        """Whether the size of what is given matters."""
        return self.growth > MOST_GROWTH / 100 or self.memory > 1 or self.time > 1

    def is_affordable(self, size: int) -> bool:
        """Whether it may be evaluated for what has so many characters."""
        return self.growth * float(size) ** self.memory <= _MOST_MEMORY and float(size) ** self.time <= _MOST_TIME


def cost_of(tree: Node) -> Cost:
    """The cost of an expression."""
    powers = _powers(tree, {})
    growth = max(_growth(one, {}) for one in walk(tree))
    return Cost(growth, powers.made, max(powers.time, powers.made))


class _Powers(NamedTuple):
    """Powers of the size of what is given: of a value, of the largest that is made for it, of what is compared."""

    size: int
    made: int
    time: int


def _powers(node: Node, elements: Mapping[str, int]) -> _Powers:
    """The powers of a node.

    Args:
        node: the node.
        elements: the powers of the variables of the loops around it.
    """
    if isinstance(node, Name):
        size = elements.get(node.name, 1)
        return _Powers(size, size, 0)
    if isinstance(node, Each):
        return _of_loop(node, elements)
    parts = [_powers(one, elements) for one in node.parts]
    sizes = [one.size for one in parts]
    size = _size(node, sizes)
    made = max([size, *(one.made for one in parts)])
    return _Powers(size, made, max([_own_time(node, sizes), *(one.time for one in parts)]))


def _size(node: Node, sizes: Sequence[int]) -> int:
    """The power of the value that is made of parts of these sizes."""
    if isinstance(node, Has):
        return 0
    if isinstance(node, Call) and node.function in _MULTIPLYING:
        return sum(sizes)
    if isinstance(node, Call) and node.function in _PLAIN:
        return 0
    return max(sizes, default=0)


def _own_time(node: Node, sizes: Sequence[int]) -> int:
    """The power of what the node itself compares, without its parts."""
    if isinstance(node, Call) and node.function in _SEARCHING:
        return sum(sizes[:2])
    if isinstance(node, Call) and node.function == "matches":
        # A pattern of the document may be as long as the text.
        return sum(sizes) + 1 if sizes[-1] else max(sizes)
    return 0


def _of_loop(node: Each, elements: Mapping[str, int]) -> _Powers:
    """The powers of a loop.

    Many elements are small, and a large one is alone: so each round takes either as if its element had no size, or all
    of them together what they would take for the whole.
    """
    over = _powers(node.over, elements)
    many = [_powers(one, {**elements, node.variable: 0}) for one in node.parts[1:]]
    alone = [_powers(one, {**elements, node.variable: over.size}) for one in node.parts[1:]]
    made = max(over.size + max(one.size for one in many), max(one.size for one in alone))
    time = max(over.size + max(one.time for one in many), max(one.time for one in alone), over.time)
    kept = made if node.macro == "map" else over.size if node.macro == "filter" else 0
    inside = max(one.made for one in (*many, *alone, over))
    return _Powers(kept, max(kept, inside), time if any(one.time for one in (*many, *alone, over)) else 0)


def _growth(node: Node, sizes: Mapping[str, float]) -> float:
    """How large a value may be, as a multiple of the document that it is made of; a literal counts its characters."""
    largest = max((_growth(one, sizes) for one in node.parts), default=1.0) if not isinstance(node, Each) else 1.0
    if largest > MOST_GROWTH:
        return largest
    if isinstance(node, Constant):
        return float(max(len(node.value), 1)) if isinstance(node.value, str | bytes) else 1.0
    if isinstance(node, Name):
        return sizes.get(node.name, 1.0)
    if isinstance(node, Items):
        return sum((_growth(one, sizes) for one in node.items), 1.0)
    if isinstance(node, Each):
        return _growth_of_loop(node, sizes)
    return _growth_of_call(node, sizes, largest) if isinstance(node, Call) else largest


def _growth_of_loop(node: Each, sizes: Mapping[str, float]) -> float:
    over = _growth(node.over, sizes)
    inside = {**sizes, node.variable: over}
    made = max(_growth(one, inside) for one in node.parts[1:])
    return over * made if node.macro == "map" or made > MOST_GROWTH else over


def _growth_of_call(node: Call, sizes: Mapping[str, float], largest: float) -> float:
    grown = [_growth(one, sizes) for one in node.arguments]
    if node.function == "_+_":
        return sum(grown)
    if node.function in _MULTIPLYING:
        return prod(grown)
    return 1.0 if node.function in _PLAIN else largest
