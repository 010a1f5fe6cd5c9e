"""An order between two properties is read from their names, and kept in every body."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from specdouble.verify.orders import in_order, spans


@pytest.mark.parametrize(
    ("one", "other"),
    [("startsAt", "endsAt"), ("from", "to"), ("minPrice", "maxPrice"), ("not_before", "not_after"), ("since", "until")],
)
def test_two_names_are_a_span(one: str, other: str) -> None:
    assert list(spans({one, other})) == [(one, other)]


def test_other_names_are_none() -> None:
    assert list(spans({"name", "start", "endpoint", "before"})) == []


def test_the_end_is_moved_after_the_start_and_into_what_is_to_come() -> None:
    body = in_order({"startsAt", "endsAt"}, {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-01T00:00:00Z"})
    assert body["startsAt"] == "2020-01-01T00:00:00Z"
    assert datetime.fromisoformat(body["endsAt"]) > datetime.now(UTC)


def test_a_value_that_is_tried_stays_and_the_other_end_is_moved() -> None:
    assert in_order({"min", "max"}, {"min": 7, "max": 3}, keep=("max",)) == {"min": 2, "max": 3}


def test_what_is_in_order_stays() -> None:
    assert in_order({"min", "max"}, {"min": 1, "max": 3}) == {"min": 1, "max": 3}
