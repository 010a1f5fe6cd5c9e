"""A table of sentences from public contracts, worded anew: what is read in each."""

from __future__ import annotations

from itertools import chain

import pytest

from benchmarks.prose import BLIND, HALVES, NONE, SECOND, UNSEEN, Row, rows, scores
from specdouble.discover.prose.readings import readings
from specdouble.discover.prose.sentence import Place, Sentence, sentences

PRECISION = 0.9
TABLE = [*chain.from_iterable(rows(half) for half in HALVES)]


def test_what_is_read_is_right_nine_times_of_ten_over_the_whole_table() -> None:
    found = [scores(half)["all"] for half in HALVES]
    right, wrong = sum(one.right for one in found), sum(one.wrong for one in found)
    assert right / (right + wrong) >= PRECISION, [one.misread for one in found]


def test_sentences_that_no_pattern_was_made_for_are_read_as_well() -> None:
    found = scores(UNSEEN)["all"]
    assert found.precision >= PRECISION, found.misread
    assert found.recall >= PRECISION


def test_sentences_that_were_judged_before_they_were_read_are_read_right() -> None:
    for part in (BLIND, SECOND):
        found = scores(part)["all"]
        assert found.precision >= PRECISION, found.misread
        assert found.recall >= 0.8, found.misread


def test_the_table_has_150_sentences_about_rules_and_150_that_only_sound_like_it() -> None:
    assert sum(1 for row in TABLE if row.expected) >= 150
    assert sum(1 for row in TABLE if row.kind == NONE) >= 150


@pytest.mark.parametrize("row", [*rows("development")], ids=lambda row: row.sentence.words[:60])
def test_a_sentence_that_patterns_were_made_for_is_read_as_the_table_has_it(row: Row) -> None:
    promised = {one.keyword: one.value for one in readings(row.sentence) if one.promises}
    assert promised == row.expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Its name, e.g. `draft`. Must be **unique**.", ["Its name, e.g. `draft`.", "Must be unique."]),
        ("<p>The <code>key</code>.</p><ul><li>Read-only</li></ul>", ["The `key`.", "Read-only"]),
        ("| Name | Rule |\n|---|---|\n| a | Must exist. |", ["Name", "Rule", "Must exist."]),
        ("See [the guide](https://example.com/a.b). Fine.", ["See the guide.", "Fine."]),
        ("```\nname: must be unique\n```\nText.", ["Text."]),
    ],
)
def test_markup_leaves_the_sentences(text: str, parts: list[str]) -> None:
    assert list(sentences(text)) == parts


def test_a_need_that_is_denied_is_no_rule() -> None:
    place = Place(name="name")
    claimed = readings(Sentence("The name must be unique.", place))
    denied = readings(Sentence("The name need not be unique.", place))
    assert [one.keyword for one in claimed] == ["x-unique"]
    assert denied == ()


@pytest.mark.parametrize(
    ("words", "place", "expected"),
    [
        ("Must be unique among all seats of the same row.", Place(name="seat"), {"x-unique": {"within": ["row"]}}),
        ("Doors have a number and must be unique.", Place(name="door"), {"x-unique": True}),
        ("A read-only list of what was sold.", Place(name="sold", type="array"), {"readOnly": True}),
        ("A read-only copy of the store.", Place(name="copy"), {}),
        ("The default is two.", Place(name="tries", type="integer"), {"default": 2}),
        ("Must not be sent when `zip` is sent.", Place(name="city"), {"x-validations": {"exclusive": ["city", "zip"]}}),
        ("Must not be changed when `zip` is sent.", Place(name="city"), {}),
        ("Must have exactly two ends.", Place(name="ends", type="array"), {"minItems": 2, "maxItems": 2}),
        ("Values between 1 and 5 slow it down.", Place(name="pace", type="integer"), {}),
        ("Values between 1 and 5 are accepted.", Place(name="pace", type="integer"), {"minimum": 1, "maximum": 5}),
        ("An editor's name cannot be changed.", Place("operation", method="put"), {"x-immutable": True}),
        ("The owner's name cannot be changed.", Place("operation", method="put"), {}),
        ("It cannot be changed once it is written.", Place(name="note"), {"x-immutable": True}),
        ("It cannot be changed once it is paid.", Place(name="note"), {}),
    ],
)
def test_sentences_of_a_kind_are_told_apart_from_those_that_are_like_them(
    words: str, place: Place, expected: dict[str, object]
) -> None:
    promised = {one.keyword: one.value for one in readings(Sentence(words, place)) if one.promises}
    assert promised == expected
