"""Finds documents for which expressions hold, and others for which one of them does not.

The search goes where an expression points: to make `a < b` true, it sets `a` to a value just below that of `b`, or `b`
to one just above; to make it false, to the same value. What comes of it is judged by the expressions themselves and
by the schema, so that the search may guess, and need not know all of CEL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from specdouble.contract.document import Document as ContractDocument
from specdouble.contract.edits import Document, Edits
from specdouble.contract.evaluation import MOST_ITEMS, Evaluation, Names, OutOfTime
from specdouble.contract.expression_tree import (
    Call,
    Constant,
    Each,
    Field,
    Has,
    Items,
    Name,
    Node,
    replaced,
    walk,
)
from specdouble.contract.frontier import Frontier, Wish
from specdouble.contract.operands import beside, difference, inverted, is_number
from specdouble.contract.places import MISSING, Path, places_of, value_at
from specdouble.contract.plausible_value import Texts
from specdouble.contract.typing import COMPARISONS, kind_of

__all__ = ["SECONDS", "Solver", "Wish"]

SECONDS = 1.0  # that one search takes at most
_FURTHER = 0.3  # seconds that it goes on after each solution
_STEPS = 400  # documents that are looked into
_WIDTH = 40  # documents that are made of one for one wish
_ROUNDS = 4  # items that are made to meet a condition, or not to
_OPPOSITE = {"_==_": "_!=_", "_!=_": "_==_", "_<_": "_>=_", "_<=_": "_>_", "_>_": "_<=_", "_>=_": "_<_"}
_MIRRORED = {"_==_": "_==_", "_!=_": "_!=_", "_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}
# Functions of the value of which the value of what they are called with says most.
_AS_IT_IS = {
    "double", "int", "uint", "dyn", "timestamp", "isoDuration", "string", "duration",
    "lowerAscii", "upperAscii", "trim",
}  # fmt: skip
_CONDITIONS = {*COMPARISONS, "_&&_", "_||_", "!_", "@in", "matches", "startsWith", "endsWith", "contains"}


class Solver:
    """Finds documents of one schema.

    Args:
        contract: the contract's document.
        schema: the documents'.
        fits: whether a document may be at all.
        free: the properties that may be changed; None for all.
        texts: gives texts that match a pattern.
    """

    def __init__(
        self,
        contract: ContractDocument,
        schema: Any,
        fits: Callable[[Document], bool] = lambda _: True,
        free: frozenset[str] | None = None,
        texts: Texts = lambda _: (),
    ) -> None:
        self._fits, self._texts = fits, texts
        self._edits = Edits(contract, schema, free, texts)
        self._evaluation = Evaluation(None, 0)
        self.ran_out = False  # whether the last search ended for want of time

    def solutions(
        self, wishes: Sequence[Wish], start: Document, before: Document | None = None, seconds: float = SECONDS
    ) -> Iterator[Document]:
        """Documents that meet all wishes, those near the start first; the first wish is met in different ways.

        Args:
            wishes: what the documents are to meet.
            start: the document that the search begins with.
            before: how the document was.
            seconds: how long the search may take.
        """
        self._evaluation, self.ran_out = Evaluation(before, seconds), False
        frontier = Frontier(wishes, before, self._fits)
        frontier.note(start)
        try:
            frontier.note(*islice(self._toward_wish(wishes[0], start), _WIDTH))
            for _ in range(_STEPS):
                document, is_solved = frontier.nearest()
                if document is None:
                    return
                if is_solved:
                    self._evaluation.end_within(_FURTHER)
                    yield document
                    continue
                for wish in wishes:
                    if not wish.met(document, before):
                        frontier.note(*islice(self._toward_wish(wish, document), _WIDTH))
        except OutOfTime:
            self.ran_out = True
            yield from frontier.solved()

    # One wish

    def _toward_wish(self, wish: Wish, document: Document) -> Iterator[Document]:
        places = list(places_of(document, wish.path, ()))
        if not places and not wish.holds:
            document = self._edits.with_place(document, wish.path)
            places = list(places_of(document, wish.path, ()))
        one_by_one = wish.holds and len(places) > 1
        yield from self._in_turn(wish.tree, wish.holds, document, places) if one_by_one else ()
        for place in places[:MOST_ITEMS]:
            yield from self._toward(wish.tree, wish.holds, document, _of_self(place))

    def _in_turn(self, tree: Node, holds: bool, document: Document, places: Sequence[Path]) -> Iterator[Document]:
        """The document with the wish met at each place."""
        if not places:
            yield document
            return
        first, *rest = places
        for nearer in islice(self._met_first(tree, holds, document, _of_self(first)), 4):
            yield from self._in_turn(tree, holds, nearer, rest)

    # Conditions

    def _toward(self, node: Node, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        """Documents for which the condition more likely holds, or does not."""
        if isinstance(node, Has):
            yield from self._toward_has(node, holds, document, names)
        elif isinstance(node, Each):
            yield from self._toward_each(node, holds, document, names)
        elif isinstance(node, Call):
            yield from self._toward_call(node, holds, document, names)
        else:
            yield from self._assigned(node, holds, document, names)

    def _toward_call(self, node: Call, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        name, parts = node.function, node.arguments
        if name == "!_":
            yield from self._toward(parts[0], not holds, document, names)
        elif name in ("_&&_", "_||_"):
            ways = self._both if holds == (name == "_&&_") else self._either
            yield from ways(parts[0], parts[1], holds, document, names)
        elif name == "_?_:_":
            yield from self._toward_choice(node, holds, document, names)
        elif name in COMPARISONS:
            yield from self._toward_comparison(name if holds else _OPPOSITE[name], parts[0], parts[1], document, names)
        elif name == "@in":
            yield from self._toward_in(parts[0], parts[1], holds, document, names)
        elif name in ("matches", "startsWith", "endsWith", "contains") and len(parts) == 2:
            yield from self._toward_text(name, parts[0], parts[1], holds, document, names)
        else:
            yield from self._assigned(node, holds, document, names)

    def _met_first(self, node: Node, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        """The document itself where it is so already; then others."""
        if self._evaluation.value(node, document, names) is holds:
            yield document
        yield from self._toward(node, holds, document, names)

    def _both(self, one: Node, other: Node, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        for first, second in ((one, other), (other, one)):
            for nearer in islice(self._met_first(first, holds, document, names), MOST_ITEMS):
                for both in islice(self._met_first(second, holds, nearer, names), MOST_ITEMS):
                    if both is not document:
                        yield both

    def _either(self, one: Node, other: Node, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        yield from self._toward(one, holds, document, names)
        yield from self._toward(other, holds, document, names)

    def _toward_choice(self, node: Call, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        chosen, then, otherwise = node.arguments
        for way, part in ((True, then), (False, otherwise)):
            for nearer in islice(self._met_first(chosen, way, document, names), 4):
                yield from self._met_first(part, holds, nearer, names)

    def _toward_has(self, node: Has, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        place = self._evaluation.place(node.operand, names)
        if place is None:
            return
        if not holds:
            yield from self._edits.without(document, (*place, node.name))
            return
        if value_at(document, place) is MISSING:
            document = next(self._edits.fresh_at(document, place), document)
        yield from self._edits.fresh_at(document, (*place, node.name))

    def _toward_comparison(
        self, operator: str, left: Node, right: Node, document: Document, names: Names
    ) -> Iterator[Document]:
        for supplied in self._supplied(Items((left, right)), document, names):
            if (
                supplied is not document
                and self._evaluation.value(Call(operator, (left, right)), supplied, names) is True
            ):
                yield supplied
            values = [self._evaluation.value(one, supplied, names) for one in (left, right)]
            sides = ((left, operator, values[1]), (right, _MIRRORED[operator], values[0]))
            for side, wanted, other in sides:
                if other is not MISSING:
                    yield from self._compared(side, wanted, other, supplied, names)
            # An end of what is allowed may leave no room beside it: both sides are moved.
            for moved in (*beside("_!=_", values[1]),) if values[1] is not MISSING else ():
                for shifted in islice(self._assigned(right, moved, supplied, names), 2):
                    yield from islice(self._compared(left, operator, moved, shifted, names), 4)

    def _compared(
        self, side: Node, operator: str, other: object, document: Document, names: Names
    ) -> Iterator[Document]:
        place = self._evaluation.place(side, names)
        options = (self._edits.schema_at(place) or {}).get("enum") if place is not None else None
        for value in options or beside(operator, other):
            yield from self._assigned(side, value, document, names)

    def _toward_in(self, one: Node, many: Node, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        ways = self._among if holds else self._not_among
        for supplied in self._supplied(Items((one, many)), document, names):
            values = self._evaluation.value(many, supplied, names)
            yield from ways(one, many, list(values) if isinstance(values, list | dict) else [], supplied, names)

    def _among(
        self, one: Node, many: Node, known: Sequence[Any], document: Document, names: Names
    ) -> Iterator[Document]:
        """The one is set to what is in the list, then the list is given the one."""
        for value in known:
            yield from self._assigned(one, value, document, names)
        value, place = self._evaluation.value(one, document, names), self._evaluation.place(many, names)
        if place is not None and value is not MISSING:
            yield from self._edits.set(document, place, [*known, value])

    def _not_among(
        self, one: Node, many: Node, known: Sequence[Any], document: Document, names: Names
    ) -> Iterator[Document]:
        """The one is set to what is not in the list, then it is taken out of the list."""
        place = self._evaluation.place(one, names)
        others = self._edits.fresh(place) if place is not None else beside("_!=_", known[0] if known else "")
        for value in others:
            if value not in known:
                yield from self._assigned(one, value, document, names)
        whole_list = self._evaluation.place(many, names)
        if whole_list is not None:
            value = self._evaluation.value(one, document, names)
            yield from self._edits.set(document, whole_list, [item for item in known if item != value])

    def _toward_text(
        self, name: str, text: Node, other: Node, holds: bool, document: Document, names: Names
    ) -> Iterator[Document]:
        for supplied in self._supplied(Items((text, other)), document, names):
            was, part = self._evaluation.value(text, supplied, names), self._evaluation.value(other, supplied, names)
            if not isinstance(part, str):
                continue
            texts = self._fitting_texts(name, part, was) if holds else self._other_texts(text, was, names)
            for value in texts:
                yield from self._assigned(text, value, supplied, names)

    def _fitting_texts(self, name: str, part: str, was: object) -> Iterator[str]:
        """Texts of which the function says yes: what was there is kept where it can be."""
        if name == "matches":
            yield from islice(self._texts(part), MOST_ITEMS)
            return
        held = was if isinstance(was, str) else ""
        yield from {"startsWith": [part + held], "endsWith": [held + part]}.get(name, [held + part, part])
        yield part

    def _other_texts(self, text: Node, was: object, names: Names) -> list[str]:
        """Texts of which it more likely says no: others that the schema takes, and what was there with a slip in it."""
        held, place = was if isinstance(was, str) else "", self._evaluation.place(text, names)
        fresh = self._edits.fresh(place) if place is not None else ()
        return [*fresh, "", "?", "x" + held, held + "x", held + "\n"]

    # Macros

    def _toward_each(self, node: Each, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        place = self._evaluation.place(node.over, names)
        if place is None:
            # Of what is filtered or made of a list, the list itself is changed.
            inner = node.over
            if isinstance(inner, Each) and inner.macro in ("filter", "map"):
                yield from self._through(inner, node, holds, document, names)
            return
        if not isinstance(value_at(document, place), list | dict):
            for supplied in self._edits.fresh_at(document, place):
                yield supplied
                yield from self._of_each(node, holds, supplied, place, names)
            return
        yield from self._of_each(node, holds, document, place, names)

    def _through(self, inner: Each, node: Each, holds: bool, document: Document, names: Names) -> Iterator[Document]:
        if inner.macro == "map":
            return
        condition = Call("_&&_", (inner.body, replaced(node.body, Name(node.variable), Name(inner.variable))))
        yield from self._toward(Each(node.macro, inner.over, inner.variable, condition), holds, document, names)

    def _of_each(self, node: Each, holds: bool, document: Document, place: Path, names: Names) -> Iterator[Document]:
        if node.macro == "exists_one":
            yield from self._counted(node, 1 if holds else 2, document, place, names)
            if not holds:
                yield from self._counted(node, 0, document, place, names)
        elif (node.macro == "all") == holds:
            yield from self._every(node, holds, document, place, names)
            if node.macro == "all":
                yield from self._edits.set(document, place, [])
        else:
            yield from self._some(node, holds, document, place, names)

    def _every(self, node: Each, holds: bool, document: Document, place: Path, names: Names) -> Iterator[Document]:
        for inside in self._evaluation.entries(document, place, node, names):
            if self._evaluation.value(node.body, document, inside) is not holds:
                nearer = list(islice(self._toward(node.body, holds, document, inside), MOST_ITEMS))
                better = [one for one in nearer if self._evaluation.value(node.body, one, inside) is holds]
                for one in better[:3]:
                    yield one
                    yield from self._every(node, holds, one, place, names)
                return
        for inside in self._evaluation.entries(document, place, node, names):
            yield from islice(self._toward(node.body, holds, document, inside), 4)

    def _some(self, node: Each, holds: bool, document: Document, place: Path, names: Names) -> Iterator[Document]:
        for inside in self._evaluation.entries(document, place, node, names):
            yield from self._toward(node.body, holds, document, inside)
        for longer in islice(self._edits.longer(document, place), 3):
            yield longer
            for inside in list(self._evaluation.entries(longer, place, node, names))[-1:]:
                yield from self._toward(node.body, holds, longer, inside)

    def _counted(
        self, node: Each, wanted: int, document: Document, place: Path, names: Names, rounds: int = _ROUNDS
    ) -> Iterator[Document]:
        """Documents in which the condition holds for so many."""
        entries = list(self._evaluation.entries(document, place, node, names))
        meeting = [one for one in entries if self._evaluation.value(node.body, document, one) is True]
        if len(meeting) == wanted:
            yield document
            return
        if rounds == 0:
            return
        if len(meeting) > wanted:
            nearer = self._toward(node.body, False, document, meeting[-1])
        else:
            others = [one for one in entries if one not in meeting]
            nearer = self._copied(document, place, meeting)
            for one in others[:2]:
                nearer = _after(nearer, self._toward(node.body, True, document, one))
            nearer = _after(nearer, self._edits.longer(document, place))
        for one in islice(nearer, _ROUNDS):
            yield from islice(self._counted(node, wanted, one, place, names, rounds - 1), 2)

    def _copied(self, document: Document, place: Path, entries: Sequence[Names]) -> Iterator[Document]:
        """The document with an item of the list once more."""
        items = value_at(document, place)
        for entry in entries[:1]:
            at = next((path for path in entry.values() if path and path[:-1] == place), None)
            if isinstance(items, list) and at is not None:
                yield from self._edits.set(document, place, [*items, value_at(document, at)])

    # Values

    def _assigned(self, node: Node, value: object, document: Document, names: Names) -> Iterator[Document]:
        """Documents in which the expression more likely has the value."""
        place = self._evaluation.place(node, names)
        if place is not None:
            yield from self._edits.set(document, place, value)
        elif isinstance(value, bool) and _is_condition(node):
            yield from self._toward(node, value, document, names)
        elif isinstance(node, Call):
            yield from self._assigned_call(node, value, document, names)

    def _assigned_call(self, node: Call, value: Any, document: Document, names: Names) -> Iterator[Document]:
        name, parts = node.function, node.arguments
        if name in _AS_IT_IS and parts:
            yield from self._assigned(parts[0], value, document, names)
        elif name == "_?_:_":
            for part in (parts[2], parts[1]):
                yield from self._assigned(part, value, document, names)
        elif name == "-_" and is_number(value):
            yield from self._assigned(parts[0], -value, document, names)
        elif name == "size":
            yield from self._sized(parts[0], value, document, names)
        elif name in ("sum", "min", "max"):
            yield from self._summed(name, parts[0], value, document, names)
        elif len(parts) == 2:
            yield from self._calculated(name, parts[0], parts[1], value, document, names)

    def _calculated(
        self, name: str, left: Node, right: Node, value: object, document: Document, names: Names
    ) -> Iterator[Document]:
        """One operand is set to what the other leaves of the value."""
        one, other = self._evaluation.value(left, document, names), self._evaluation.value(right, document, names)
        if name == "_+_" and isinstance(right, Constant) and isinstance(right.value, str):
            yield from self._assigned(left, value, document, names)  # the time that is added to a date
            return
        for side, known, is_left in ((left, other, True), (right, one, False)):
            for wanted in inverted(name, value, known, is_left):
                yield from self._assigned(side, wanted, document, names)
        # What the one leaves may be more than the other can be: then it goes as far as it can itself.
        for side, other_side, is_left in ((left, right, False), (right, left, True)):
            for end in self._ends(side, names):
                for moved in islice(self._assigned(side, end, document, names), 1):
                    for wanted in inverted(name, value, end, is_left):
                        yield from self._assigned(other_side, wanted, moved, names)

    def _ends(self, node: Node, names: Names) -> list[Any]:
        """The greatest and the least value that the schema lets stand where the expression stands."""
        place = self._evaluation.place(node, names)
        schema = (self._edits.schema_at(place) if place is not None else None) or {}
        return [schema[key] for key in ("maximum", "minimum") if is_number(schema.get(key))]

    def _sized(self, node: Node, size: object, document: Document, names: Names) -> Iterator[Document]:
        if not isinstance(size, int) or not 0 <= size <= 10_000:
            return
        if isinstance(node, Each) and node.macro in ("filter", "map"):
            yield from self._sized_macro(node, size, document, names)
            return
        place = self._evaluation.place(node, names)
        if place is None:
            return
        held = value_at(document, place)
        if kind_of(self._edits.schema_at(place)) == "string" or isinstance(held, str):
            text = held if isinstance(held, str) else ""
            yield from self._edits.set(document, place, text.ljust(size, "x")[:size])
        else:
            yield from self._edits.sized(place, size, document)

    def _sized_macro(self, node: Each, size: int, document: Document, names: Names) -> Iterator[Document]:
        place = self._evaluation.place(node.over, names)
        if place is None:
            return
        if node.macro == "map":
            yield from self._sized(node.over, size, document, names)
        elif isinstance(value_at(document, place), list):
            yield from self._counted(node, size, document, place, names)

    def _summed(self, name: str, node: Node, value: object, document: Document, names: Names) -> Iterator[Document]:
        """One item takes what the others leave of a sum; of the least and the greatest, the first item the value."""
        over, body, variable = (node.over, node.body, node.variable) if isinstance(node, Each) else (node, None, "")
        place = self._evaluation.place(over, names)
        if place is None:
            return
        if not value_at(document, place) or value_at(document, place) is MISSING:
            document = next(self._edits.fresh_at(document, place), document)
            document = next(self._edits.longer(document, place), document)
        items, now = value_at(document, place), self._evaluation.value(Call(name, (node,), True), document, names)
        if not isinstance(items, list) or now is MISSING:
            return
        for index in reversed(range(len(items[:MOST_ITEMS]))):
            inside: Names = {**names, variable: (*place, index)} if variable else names
            part: Node = body if body is not None else Call("_[_]", (over, Constant(index)))
            was = self._evaluation.value(part, document, inside)
            for wanted in inverted("_+_", value, difference(now, was), True) if name == "sum" else [value]:
                yield from self._assigned(part, wanted, document, inside)
        longer = next(self._edits.longer(document, place), None)
        if longer is not None and len(items) < 2:
            yield longer
            yield from self._summed(name, node, value, longer, names)

    def _supplied(self, node: Node, document: Document, names: Names) -> Iterator[Document]:
        """The document with what the expression reads; the document itself where all of it is there."""
        lacking = [
            place
            for one in walk(node)
            if isinstance(one, Field) and (place := self._evaluation.place(one, names)) is not None
            and value_at(document, place) in (MISSING, None)
        ]  # fmt: skip
        for place in sorted(lacking, key=len):
            if value_at(document, place[:-1]) is not MISSING:
                document = next(self._edits.fresh_at(document, place), document)
        yield document


def _of_self(place: Path) -> Names:
    return {"self": place, "oldSelf": None}


def _after(one: Iterator[Document], other: Iterable[Document]) -> Iterator[Document]:
    yield from one
    yield from other


def _is_condition(node: Node) -> bool:
    if isinstance(node, Call):
        return node.function in _CONDITIONS
    return isinstance(node, Has) or (isinstance(node, Each) and node.macro in ("all", "exists", "exists_one"))
