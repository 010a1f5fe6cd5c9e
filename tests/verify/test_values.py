"""What is made of a schema to be tried: values of its kind, whatever else the schema allows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from specdouble.verify.values import catalogue, edges, other_than


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["object", "null"], "default": None},
        {"oneOf": [{"type": "null"}, {"type": "object"}]},
        {"type": "object", "nullable": True, "example": None},
    ],
)
def test_an_object_that_may_be_null_has_values(schema: dict[str, Any]) -> None:
    assert catalogue(schema, dict)[0] in ({}, None)


@pytest.mark.parametrize(
    ("known", "value", "fitting", "other"),
    [
        (False, False, True, True), (2, 2, True, 3), (2, 2, False, 2), (2, 5, True, 5), (None, 5, True, 5),
        ("one", "one", True, "one"),
    ],
)  # fmt: skip
def test_a_value_is_another_than_the_known_one_where_the_schema_takes_one(
    known: Any, value: Any, fitting: bool, other: Any
) -> None:
    assert other_than(known, value, lambda _: fitting) == other


def test_a_text_of_a_pattern_is_tried_with_many_characters() -> None:
    price = re.compile(r"^(0|[1-9][0-9]{0,5})\.[0-9]{2}$")
    found = [one for one in catalogue({"type": "string", "pattern": price.pattern}, dict) if price.search(one)]
    assert len(found) > 2
    assert all(len({*one}) > 4 for one in found)


def test_the_entries_of_a_full_list_differ_in_more_than_case_where_they_have_a_pattern() -> None:
    tags = {"type": "array", "maxItems": 6, "items": {"type": "string", "maxLength": 12, "pattern": "^[A-Za-z0-9-]+$"}}
    most = next(value for what, value in edges(tags, dict) if what == "6 items, the most")
    assert len({tag.casefold() for tag in most}) == 6
