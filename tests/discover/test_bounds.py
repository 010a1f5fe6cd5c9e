"""Bounds are found as a server keeps them, from what it takes and refuses; what has none has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from specdouble.discover.bounds import lists, numbers, texts
from specdouble.discover.bounds.bound import Bound
from specdouble.discover.bounds.claims import pair
from specdouble.discover.bounds.property import Property, last_taken

Takes = Callable[[Any], bool]


class Asked(Property):
    """A property of a server that is no more than what it takes."""

    def __init__(self, schema: dict[str, Any], usual: Any, takes: Takes) -> None:
        words = count()
        self.session: Any = SimpleNamespace(
            contract=SimpleNamespace(resolve=lambda schema: schema),
            bodies=SimpleNamespace(property_fits=lambda _schema, _value: True),
            fresh=SimpleNamespace(word=lambda: f"specdouble ab12-{next(words)}", run="ab12"),
        )
        self.name, self.schema, self._usual, self._takes = "value", schema, usual, takes
        self.control = self.offence = None

    @property
    def creator(self) -> Any:
        return "POST /values"

    def usual(self) -> Any:
        return self._usual

    def _sent(self, values: dict[str, Any], without: str = "") -> Any:
        is_taken = self._takes(values[self.name])
        status = 201 if is_taken else 422
        return SimpleNamespace(ok=is_taken, status=status, content=b"no", text="no", told=lambda _limit: "no")


def of_text(takes: Callable[[str], Any], usual: str = "Text specdouble ab12-1") -> dict[str, Any]:
    return told(texts.seen(Asked({"type": "string"}, usual, lambda value: bool(takes(value)))))


def of_number(kind: str, takes: Callable[[float], bool]) -> dict[str, Any]:
    return told(numbers.seen(Asked({"type": kind}, 7 if kind == "integer" else 7.25, takes)))


def told(bounds: Iterator[Bound]) -> dict[str, Any]:
    return {one.keyword: one.value for one in bounds}


@pytest.mark.parametrize(
    ("takes", "found"),
    [
        (lambda _text: True, {}),
        (lambda text: 3 <= len(text) <= 40, {"minLength": 3, "maxLength": 40}),
        (lambda text: 0 < len(text) <= 4096, {"minLength": 1, "maxLength": 4096}),
        (lambda text: text.strip() != "", {"minLength": 1, "pattern": r"\S"}),
        (lambda text: re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text),
         {"minLength": 1, "pattern": "^[a-z0-9]+(?:[-][a-z0-9]+)*$"}),
        (lambda text: re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII),
         {"minLength": 1, "pattern": "^[a-zA-Z_](?:[a-zA-Z0-9_]*[a-zA-Z0-9_])?$"}),
        (lambda text: re.fullmatch(r"\d{2,12}", text), {"minLength": 2, "maxLength": 12, "pattern": "^[0-9]+$"}),
        (lambda text: "/" not in text, {"pattern": "^[^/]*$"}),
        (lambda text: len(text.encode()) <= 64, {}),  # JSON Schema counts characters
    ],
)  # fmt: skip
def test_the_bounds_of_a_text_are_those_that_the_server_keeps(takes: Takes, found: dict[str, Any]) -> None:
    assert of_text(takes) == found


@pytest.mark.parametrize(
    ("form", "usual", "pattern"),
    [
        (r"[A-Z]{3}-\d{4}", "ABC-1234", "^[A-Z]{3}-[0-9]{4}$"),
        (r"[a-zA-Z]\d\.x", "a1.x", r"^[A-Za-z][0-9]\.x$"),
        (r"[A-F]\d{2}", "A01", "^[A-F][0-9]{2}$"),  # not A alone, though most letters are refused
        (r"\d{2}[-/]\d{2}", "12-34", "^[0-9]{2}[/-][0-9]{2}$"),
        (r"\+\d{7,14}", "+4915112345", r"^\+[0-9]{7,14}$"),
        (r"[A-Z]{2}\d{3,}", "DE123", None),  # nothing bounds it
    ],
)
def test_where_texts_have_one_form_each_character_is_told(form: str, usual: str, pattern: str | None) -> None:
    found = {} if pattern is None else {"pattern": pattern}
    assert of_text(lambda text: re.fullmatch(form, text, re.ASCII), usual) == found


def test_a_few_words_are_no_form() -> None:
    assert of_text(lambda text: text in ("red", "green"), "red") == {}


def test_a_text_that_must_be_an_address_has_that_format() -> None:
    assert of_text(lambda text: re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", text), "a@example.com") == {"format": "email"}


@pytest.mark.parametrize(
    ("kind", "takes", "found"),
    [
        ("integer", lambda _number: True, {}),
        ("integer", lambda number: 1 <= number <= 5000, {"minimum": 1, "maximum": 5000}),
        ("number", lambda number: 0 <= number <= 10, {"minimum": 0, "maximum": 10}),
        ("number", lambda number: number > 0, {"exclusiveMinimum": 0}),
        ("number", lambda number: number < 100, {"exclusiveMaximum": 100}),
        ("number", lambda number: round(number, 2) == number, {"multipleOf": 0.01}),
        ("number", lambda number: int(number) == number, {"multipleOf": 1}),
    ],
)
def test_the_bounds_of_a_number_are_those_that_the_server_keeps(kind: str, takes: Takes, found: dict[str, Any]) -> None:
    assert of_number(kind, takes) == found


@pytest.mark.parametrize(
    ("takes", "found"),
    [
        (lambda _entries: True, {}),
        (lambda entries: 1 <= len(entries) <= 5, {"minItems": 1, "maxItems": 5}),
        (lambda entries: len({*entries}) == len(entries), {"uniqueItems": True}),
    ],
)
def test_the_bounds_of_a_list_are_those_that_the_server_keeps(takes: Takes, found: dict[str, Any]) -> None:
    one = Asked({"type": "array", "items": {"type": "string"}}, ["one"], takes)
    assert told(lists.seen(one)) == found


def test_a_bound_has_the_request_that_was_refused_and_the_one_like_it_that_was_not() -> None:
    one = Asked({"type": "integer"}, 7, lambda number: number <= 9)
    (bound,) = numbers.seen(one)
    assert (bound.control.ok, bound.offence.ok) == (True, False)


@pytest.mark.parametrize(
    ("keyword", "value", "kept", "broken"),
    [
        ("maximum", 9, 9, 10),
        ("minimum", 2, 2, 1),
        ("exclusiveMinimum", 0, 1, 0),
    ],
)
def test_a_claim_about_a_number_is_tried_on_either_side(keyword: str, value: int, kept: int, broken: int) -> None:
    inside, outside = pair(Asked({"type": "integer"}, 7, lambda _number: True), keyword, value)
    assert (inside(), outside()) == (kept, broken)


def test_a_claim_about_a_length_is_tried_on_either_side() -> None:
    inside, outside = pair(Asked({"type": "string"}, "text", lambda _text: True), "maxLength", 64)
    assert (len(inside()), len(outside())) == (64, 65)


@pytest.mark.parametrize(("taken", "refused"), [(7, 2_000), (7, -2_000)])
def test_the_last_value_that_is_taken_is_found_from_either_side(taken: int, refused: int) -> None:
    assert last_taken(lambda number: -20 <= number <= 20, taken, refused) == (20 if refused > 0 else -20)
