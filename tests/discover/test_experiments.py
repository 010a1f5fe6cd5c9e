"""Hypotheses are tried together, but for those that stand in one place, and again beside what was left of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from specdouble.discover.experiment import Result
from specdouble.discover.experiments import Stated, tried, with_other_statuses
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.outcome import CONFIRMED, REFUTED

NAME = "/components/schemas/Hall/properties/name"


def said(keyword: str, value: object = True, pointer: str = NAME) -> Hypothesis:
    return Hypothesis(keyword, pointer, value, Source("trial"))


def ordered(first: str, second: str) -> Hypothesis:
    """A rule of a list of rules."""
    rule = {"rule": f"self.{first} < self.{second}", "message": f"{first} comes before {second}."}
    return said("x-validations", [rule], "/components/schemas/Span")


class Server:
    """A server on which some hypotheses hold: always, or as long as others are not tried with them.

    Args:
        keeps: those that hold.
        hiding: one that hides that another does not hold.
    """

    def __init__(self, *keeps: Hypothesis, hiding: Hypothesis | None = None) -> None:
        self.keeps, self.hiding = keeps, hiding
        self.together: list[list[Hypothesis]] = []  # what was tried, by experiment

    def attempt(
        self, wanted: Sequence[Hypothesis], _stated: Sequence[Stated], _beside: Sequence[Hypothesis]
    ) -> tuple[list[Result], list[Result]]:
        self.together.append(list(wanted))
        hidden = self.hiding is not None and self.hiding in wanted
        return [], [Result(one, CONFIRMED if (hidden and one != self.hiding) or one in self.keeps else REFUTED)
                    for one in wanted]  # fmt: skip


def states(results: Sequence[Result]) -> dict[str, str]:
    return {one.hypothesis.keyword: one.state for one in results}


def test_of_two_that_stand_in_one_place_the_second_is_tried_where_the_first_does_not_hold() -> None:
    first, second = said("x-unique"), said("x-unique", {"ignore": ["case"]})
    server = Server(second)
    tried([first, second], [], [], server.attempt)
    assert server.together[:2] == [[first], [second]]


def test_of_two_that_stand_in_one_place_the_second_is_left_where_the_first_holds() -> None:
    first, second = said("x-unique"), said("x-unique", {"ignore": ["case"]})
    server = Server(first, second)
    tried([first, second], [], [], server.attempt)
    assert server.together == [[first]]


def test_what_holds_beside_a_broken_rule_of_its_property_is_tried_without_it() -> None:
    stamp, fixed = said("x-timestamp", "created"), said("x-immutable")
    server = Server(hiding=stamp)
    results = tried([stamp, fixed], [], [], server.attempt)
    assert server.together == [[stamp, fixed], [fixed]]
    assert states(results) == {"x-timestamp": REFUTED, "x-immutable": REFUTED}


@pytest.mark.parametrize("once", [True, False])
def test_what_is_refused_with_another_status_is_tried_with_that_unless_it_was(once: bool) -> None:
    unique = said("x-unique")

    def attempt(
        wanted: Sequence[Hypothesis], _stated: Sequence[Stated], _beside: Sequence[Hypothesis]
    ) -> tuple[list[Result], list[Result]]:
        (one,) = wanted
        is_first = one.value is True
        return [], [Result(one, REFUTED if is_first else CONFIRMED, refused_with=409 if is_first else 0)]

    (result,) = tried([unique], [], [], attempt, once=once)
    assert (result.state, result.hypothesis.value) == ((REFUTED, True) if once else (CONFIRMED, {"status": 409}))


def test_each_rule_of_a_list_is_tried_with_the_status_that_it_is_refused_with() -> None:
    found = [Result(one, REFUTED, refused_with=400) for one in (ordered("from", "to"), ordered("least", "most"))]
    better = with_other_statuses(found, [], lambda wanted, *_: ([], [Result(one, CONFIRMED) for one in wanted]))
    assert [(one.state, one.hypothesis.value[0]["status"]) for one in better] == [(CONFIRMED, 400)] * 2
