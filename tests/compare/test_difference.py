"""Which differences have one cause."""

from __future__ import annotations

import pytest

from specdouble.compare.difference import Difference


def _of(intent: str, server: str, double: str) -> Difference:
    return Difference("status", "buoys", "create", intent, "", f"answers {server}", f"answers {double}")


@pytest.mark.parametrize(
    ("server", "double", "is_one"), [("422", "400", True), ("409", "201", False), ("204", "404", False)]
)
def test_refusals_with_another_status_have_one_cause_whatever_was_tried(server: str, double: str, is_one: bool) -> None:
    first, second = (_of(intent, server, double) for intent in ("a create without name", "a name of a wrong kind"))
    assert (first.cause == second.cause) is is_one
