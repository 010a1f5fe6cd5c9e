"""A part of an expression names a place of a document, and has a value there, for as long as there is time."""

from __future__ import annotations

from typing import Any

import pytest

from specdouble.contract.evaluation import Evaluation, Names, OutOfTime
from specdouble.contract.expression import compiled
from specdouble.contract.expression_tree import Node
from specdouble.contract.places import MISSING

SELF: Names = {"self": (), "oldSelf": None}
ORDER = {"total": 3, "lines": [{"price": 1}, {"price": 2}]}


def tree(text: str) -> Node:
    return compiled(text, frozenset(SELF)).tree


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("self", ()),
        ("self.total", ("total",)),
        ("self.lines[1].price", ("lines", 1, "price")),
        ("self.total + 1", None),
        ("oldSelf.total", None),
    ],
)
def test_what_names_a_place_of_the_document_is_known_by_it(text: str, place: tuple[Any, ...] | None) -> None:
    assert Evaluation(None, 5).place(tree(text), SELF) == place


@pytest.mark.parametrize(
    ("text", "value"), [("self.total + 1", 4), ("self.lines[1].price", 2), ("self.nothing", MISSING)]
)
def test_a_part_has_the_value_of_the_library_or_none(text: str, value: Any) -> None:
    assert Evaluation(None, 5).value(tree(text), ORDER, SELF) == value


def test_the_document_before_is_what_old_self_names() -> None:
    assert Evaluation({"total": 2}, 5).value(tree("self.total - oldSelf.total"), ORDER, SELF) == 1


def test_nothing_is_evaluated_once_the_time_is_over() -> None:
    with pytest.raises(OutOfTime):
        Evaluation(None, -1).value(tree("self.total"), ORDER, SELF)
