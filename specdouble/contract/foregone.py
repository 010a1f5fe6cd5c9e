"""What an expression comes to whatever it is asked of, as far as its form tells: `a < b || a >= b` is always true.

Of two values one is less than the other, equal to it or greater; a part with few values has one of these; any other
condition holds or does not. All of that is gone through. What is found is true: it may miss that two conditions exclude
each other, and never takes one side for certain that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from specdouble.contract.expression_tree import Call, Constant, Each, Items, Node, text_of, walk
from specdouble.contract.typing import COMPARISONS

Options = Callable[[Node], Sequence[Any] | None]
_MOST = 4000  # ways in which its parts can come out
_HOLDS: Mapping[str, Callable[[int], bool]] = {
    "_==_": lambda order: order == 0, "_!=_": lambda order: order != 0, "_<_": lambda order: order < 0,
    "_<=_": lambda order: order <= 0, "_>_": lambda order: order > 0, "_>=_": lambda order: order >= 0,
}  # fmt: skip


def foregone(tree: Node, options: Options = lambda _: None) -> bool | None:
    """What a condition always is; None where it may be either, or where that cannot be told.

    Args:
        tree: the condition.
        options: the values that a part can have; None where they are many.
    """
    seen: set[bool | None] = set()
    for number, came_to in enumerate(islice(_ways(tree, options, {}), _MOST + 1)):
        seen.add(came_to)
        if len(seen) > 1 or None in seen or number == _MOST:
            return None
    return seen.pop() if seen else None


class _Open(Exception):
    """Something has to be known that can be one of several."""

    def __init__(self, what: object, choices: Sequence[Any]) -> None:
        super().__init__()
        self.what, self.choices = what, choices


def _ways(tree: Node, options: Options, known: dict[Any, Any]) -> Iterator[bool | None]:
    """What the condition comes to, in each way in which its parts can come out."""
    try:
        yield _Case(options, known).condition(tree)
    except _Open as one:
        for choice in one.choices:
            yield from _ways(tree, options, {**known, one.what: choice})


class _Case:
    """One way in which the parts of a condition come out.

    Args:
        options: the values that a part can have.
        known: what its parts are.
    """

    def __init__(self, options: Options, known: Mapping[Any, Any]) -> None:
        self._options, self._known = options, known

    def condition(self, node: Node) -> bool | None:
        """What the condition comes to; None where it has no value."""
        if isinstance(node, Call):
            return self._of_call(node)
        if isinstance(node, Each) and node.macro in ("all", "exists", "exists_one"):
            always = foregone(node.body)
            if always is (node.macro == "all"):
                return always
        return self._as_a_whole(node)

    def _of_call(self, node: Call) -> bool | None:
        match node.function, node.arguments:
            case (("_&&_" | "_||_"), sides):
                return self._joined(sides, absorbing=node.function == "_||_")
            case "!_", (inner,):
                came_to = self.condition(inner)
                return None if came_to is None else not came_to
            case "_?_:_", (chosen, then, otherwise):
                came_to = self.condition(chosen)
                return None if came_to is None else self.condition(then if came_to else otherwise)
            case "@in", (one, Items() as many):
                return any(self.comparison("_==_", one, item) for item in many.items)
            case operator, (left, right) if operator in COMPARISONS:
                return self.comparison(operator, left, right)
        return self._as_a_whole(node)

    def _as_a_whole(self, node: Node) -> bool | None:
        """Of a condition that is not taken apart: the value that it has, else one way after the other."""
        if self.has_value(node):
            value = self.value(node)
            return value if isinstance(value, bool) else None
        return bool(self.open(text_of(node), (True, False)))

    def _joined(self, sides: Sequence[Node], *, absorbing: bool) -> bool | None:
        """What `&&` or `||` comes to: one side that absorbs is enough, even where another has no value."""
        came_to = [self.condition(one) for one in sides]
        if absorbing in came_to:
            return absorbing
        return None if None in came_to else not absorbing

    def comparison(self, operator: str, left: Node, right: Node) -> bool:
        """Whether two values stand to each other as the operator says."""
        # What is divided may be no number at all (NaN), which is unlike everything, itself included.
        may_be_nan = any(
            isinstance(one, Call) and one.function == "_/_" for side in (left, right) for one in walk(side)
        )
        if left == right and not may_be_nan:
            return _HOLDS[operator](0)
        if self.has_value(left) and self.has_value(right):
            order = _order(self.value(left), self.value(right))
            if order is not None:
                return _HOLDS[operator](order)
            if operator in ("_==_", "_!=_"):
                return operator == "_!=_"  # values of two kinds are never equal
        # The same two are compared in one way wherever they stand in the condition.
        first, second = sorted((text_of(left), text_of(right)))
        order = self.open((first, second), (-1, 0, 1, None) if may_be_nan else (-1, 0, 1))
        if order is None:
            return operator == "_!=_"
        return _HOLDS[operator](order if first == text_of(left) else -order)

    def has_value(self, node: Node) -> bool:
        return isinstance(node, Constant) or self._options(node) is not None

    def value(self, node: Node) -> Any:
        return node.value if isinstance(node, Constant) else self.open(text_of(node), self._options(node) or ())

    def open(self, what: object, choices: Sequence[Any]) -> Any:
        if what not in self._known:
            raise _Open(what, choices)
        return self._known[what]


def _order(one: Any, other: Any) -> int | None:
    """Which of two values is the greater; None where that means nothing."""
    is_number = [isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other)]
    if all(is_number) or (isinstance(one, str) and isinstance(other, str)):
        return int(one > other) - int(one < other)
    return 0 if type(one) is type(other) and one == other else None
