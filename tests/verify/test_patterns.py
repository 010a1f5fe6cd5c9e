"""Texts of a pattern: they match, none comes twice, and they are told to end where there are no more."""

from __future__ import annotations

import re
from itertools import islice

from specdouble.verify.patterns import each_once
from specdouble.verify.values import plausible


def test_many_texts_of_a_pattern_match_and_differ() -> None:
    texts = list(islice(each_once(r"^[a-z0-9]{1,40}\.example\.$", 1), 150))
    assert len(set(texts)) == 150
    assert all(re.fullmatch(r"[a-z0-9]{1,40}\.example\.", text) for text in texts)


def test_a_pattern_of_few_texts_ends() -> None:
    assert sorted(each_once("^[ab]$", 1)) == ["a", "b"]


def test_a_pattern_that_nothing_matches_gives_nothing() -> None:
    assert list(each_once("a^", 1)) == []


def test_a_text_of_a_pattern_has_a_length_that_the_schema_takes() -> None:
    schema = {"type": "string", "pattern": "^[0-9]*$", "minLength": 1, "maxLength": 20}
    text = plausible(schema, lambda one: one, "word")
    assert re.fullmatch("[0-9]{1,20}", text)
