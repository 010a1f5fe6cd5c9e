"""What answers show may be the id of a document that was there before."""

from __future__ import annotations

import pytest

from specdouble.verify import strangers
from specdouble.verify.strangers import Strangers


def test_a_document_that_was_met_is_known_by_kind_and_id() -> None:
    known = Strangers(())
    known.meet("projects", 7)
    assert ("projects", "7") in known
    assert ("tags", "7") not in known
    assert known.ids("projects") == ["7"]
    assert known.may_have("7")


def test_each_text_of_an_answer_and_each_number_that_is_called_an_id_may_be_one() -> None:
    known = Strangers(())
    assert list(known.see({"name": "memos/ab", "ownerId": 4711, "count": 12})) == ["memos/ab"]
    assert [one for one in ("memos/ab", "ab", "4711", "12") if known.may_have(one)] == ["memos/ab", "ab", "4711"]


@pytest.mark.parametrize("text", ["", "x" * (strangers.LONGEST_ID + 1)])
def test_no_text_or_one_that_is_too_long_names_no_document(text: str) -> None:
    known = Strangers(())
    assert list(known.see([text])) == []
    assert not known.may_have(text)


def test_what_the_contract_says_may_be_the_example_of_an_id() -> None:
    known = Strangers({"crs_1"})
    assert known.are_said_to_have("crs_1")
    assert not known.may_have("crs_1")


def test_where_there_is_no_more_room_any_id_may_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "MOST_STRANGERS", 1)
    known = Strangers(())
    known.meet("tags", "a")
    known.meet("tags", "b")
    assert not known.are_all_met
    assert known.may_have("never seen")
    assert not known.may_have("")
