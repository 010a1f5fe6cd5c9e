"""What an expression comes to by its form alone: never taken for certain where it is not."""

from __future__ import annotations

import pytest

from specdouble.contract.expression import compiled
from specdouble.contract.expression_tree import Field, Node
from specdouble.contract.foregone import foregone

ALWAYS = [
    "self.a >= oldSelf.a || self.a < oldSelf.a",
    "self.a == oldSelf.a || oldSelf.a != self.a",
    "!has(self.a) || self.a == self.a",
    "!(self.a > oldSelf.a && oldSelf.a >= self.a)",
    "oldSelf.state != 'lost' || self.a == 1",
    "self.state in ['open', 'final']",
    "self.state == 'open' || self.state == 'final'",
    "self.flag == true || self.flag == false",
    "self.list.all(one, one == one)",
    "has(self.a) ? has(self.a) : !has(self.a)",
    "self.state == 'open' ? self.state != 'final' : self.state == 'final'",
]
NEVER = [
    "self.a > oldSelf.a && self.a < oldSelf.a",
    "self.a > oldSelf.a && oldSelf.a > self.a",
    "self.state != oldSelf.state && self.state == oldSelf.state",
    "has(self.a) && !has(self.a)",
    "self.state == 'lost' && oldSelf.a == 1",
    "oldSelf.state == 'final' && self.a > oldSelf.a && self.a <= oldSelf.a",
    "self.list.exists(one, one != one)",
    "self.flag && !self.flag",
]
EITHER = [
    "self.a == oldSelf.a",
    "oldSelf.state != 'final' || self == oldSelf",
    "self.a > oldSelf.a || self.a < oldSelf.a",
    "self.state == 'open'",
    "self.state != 'final' || oldSelf.state in ['open']",
    "self.list.exists(one, one == one)",
    "self.list.all(one, one != one)",
    "self.a / self.b == self.a / self.b",
    "self.a / self.b >= 1.0 || self.a / self.b < 1.0",
    "self.other in ['a', 'b'] || self.other == 'c'",
    "self.flag",
]


def options(node: Node) -> list[object] | None:
    """Two states, and a flag; of all else nothing is known."""
    known: dict[str, list[object]] = {"state": ["open", "final"], "flag": [False, True]}
    return known.get(node.name) if isinstance(node, Field) else None


@pytest.mark.parametrize(
    ("text", "always"),
    [*((one, True) for one in ALWAYS), *((one, False) for one in NEVER), *((one, None) for one in EITHER)],
)
def test_a_condition_comes_to_what_its_form_tells(text: str, always: bool | None) -> None:
    assert foregone(compiled(text).tree, options) is always


def test_more_ways_than_can_be_gone_through_tell_nothing() -> None:
    text = " && ".join(f"has(self.a{number})" for number in range(40))
    assert foregone(compiled(f"({text}) || !({text})").tree) is None
