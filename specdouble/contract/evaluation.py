"""What a part of an expression stands for in a document: the place that it names, and the value that it has there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract.edits import Document
from specdouble.contract.expression import EvaluationError, ExpressionError, compiled
from specdouble.contract.expression_tree import Call, Constant, Each, Field, Name, Node, text_of
from specdouble.contract.places import MISSING, Path, value_at

Names = Mapping[str, Path | None]  # where the value of a variable stands in a document; None for `oldSelf`
MOST_ITEMS = 8  # of a list that are looked at one by one


class OutOfTime(Exception):
    """A search has taken as long as it may."""


class Evaluation:
    """Evaluates parts of expressions in documents, for as long as a search may take.

    Args:
        before: how the document was, which is what `oldSelf` names.
        seconds: how long it may take.
    """

    def __init__(self, before: Document | None, seconds: float) -> None:
        self._before, self._until = before, time.monotonic() + seconds

    def end_within(self, seconds: float) -> None:
        """End sooner than in these seconds, if not before."""
        self._until = min(self._until, time.monotonic() + seconds)

    def place(self, node: Node, names: Names) -> Path | None:
        """Where the value of the expression stands in a document."""
        if isinstance(node, Name):
            return names.get(node.name)
        if isinstance(node, Field):
            holder = self.place(node.operand, names)
            return None if holder is None else (*holder, node.name)
        if isinstance(node, Call) and node.function == "_[_]" and isinstance(node.arguments[1], Constant):
            holder = self.place(node.arguments[0], names)
            return None if holder is None else (*holder, node.arguments[1].value)
        return None

    def value(self, node: Node, document: Document, names: Names) -> Any:
        """The value of a part of an expression; `MISSING` where it has none."""
        if time.monotonic() > self._until:
            raise OutOfTime
        variables: dict[str, Any] = {}
        for name, place in names.items():
            held = value_at(document, place) if place is not None else self._before
            if held is not MISSING and held is not None:
                variables[name] = held
        try:
            return compiled(text_of(node), frozenset(names)).value(variables)
        except (EvaluationError, ExpressionError, ValueError):
            return MISSING

    def entries(self, document: Document, place: Path, node: Each, names: Names) -> Iterator[Names]:
        """The variables for each item of a list; the keys of a map are no places."""
        items = value_at(document, place)
        for index in range(min(len(items), MOST_ITEMS)) if isinstance(items, list) else ():
            yield {**names, node.variable: (*place, index)}
