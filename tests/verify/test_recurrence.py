"""A failure shows again where the last answer has what was wrong then; ids and moments are others each time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specdouble.verify.report.recurrence import Answer, shows


def _answers(*documents: dict[str, Any]) -> list[Answer]:
    return [Answer(200, {}, json.dumps({"data": one}).encode()) for one in documents]


def _note(identity: str, created: str, updated: str) -> dict[str, str]:
    day = "2026-05-01T09:00:00"
    return {"_id": identity * 24, "createdAt": f"{day}.{created}Z", "updatedAt": f"{day}.{updated}Z"}


@pytest.mark.parametrize(("updated", "shown"), [("300", True), ("100", False)])
def test_a_moment_that_moved_shows_and_one_that_stayed_does_not(updated: str, shown: bool) -> None:
    then = _answers(_note("a", "001", "001"), _note("b", "010", "010"), _note("b", "010", "020"))
    # The other document was made in the same millisecond: that is no matter.
    now = _answers(_note("c", "100", "100"), _note("d", "100", "100"), _note("d", "100", updated))
    assert shows({"kind": "body"}, then, now, "") == shown


def test_how_a_moment_is_written_shows_whenever_it_was() -> None:
    then, now = _answers({"at": "2026-05-01T09:00:00Z"}), _answers({"at": "2026-05-01T09:00:07Z"})
    before = _answers({"at": "2026-05-01T09:00:06Z"})
    assert shows({"kind": "spelling", "name": "at"}, [*then, *then], [*before, *now], "")
    assert not shows({"kind": "spelling", "name": "at"}, then, _answers({"at": "2026-05-01T09:00:00.000Z"}), "")


def test_an_id_is_known_by_the_place_where_it_came_first() -> None:
    one, other = "a" * 24, "b" * 24
    then = _answers({"_id": one}, {"parent": one})
    assert shows({"kind": "value", "name": "parent"}, then, _answers({"_id": other}, {"parent": other}), "")
    assert not shows({"kind": "value", "name": "parent"}, then, _answers({"_id": other}, {"parent": "c" * 24}), "")
