"""Formats, patterns and multiples mean what their specifications say, whatever a validator's language would do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read

Verdict = Callable[[dict[str, Any], Any], bool]


@pytest.fixture
def is_valid(tmp_path: Path) -> Verdict:
    """Whether a contract's response schema takes a value."""

    def verdict(schema: dict[str, Any], value: Any) -> bool:
        content = {"application/json": {"schema": schema}}
        operation = {"operationId": "get", "responses": {"200": {"description": "One.", "content": content}}}
        info = {"title": "One schema", "version": "1"}
        file = tmp_path / "openapi.json"
        file.write_text(json.dumps({"openapi": "3.0.3", "info": info, "paths": {"/": {"get": operation}}}), "utf-8")
        contract = read(file)
        media = contract.operations["get"].responses["200"].content["application/json"]
        assert media.slot
        return contract.schemas.is_valid(media.slot, value)

    return verdict


GOOD = {
    # RFC 3339, 5.6
    "date-time": [
        "2026-05-01T09:00:00Z", "2026-05-01T09:00:00.123456+02:00", "2026-05-01t09:00:00z", "2024-02-29T00:00:00Z",
        "1990-12-31T23:59:60Z",
    ],
    "date": ["2026-05-01", "2024-02-29", "2000-02-29"],
    # RFC 9562, 4
    "uuid": [
        "123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000",
        "A987FBC9-4BED-4078-9F07-9141BA07C9F3",
    ],
    # RFC 3986
    "uri": ["https://example.com/a?b=c#d", "urn:isbn:0451450523", "mailto:a@example.com", "http://[2001:db8::1]/"],
    # RFC 5321, 4.1.2
    "email": ["ada@example.com", "a.b+c@sub.example.org", '"quoted"@example.com'],
    "ipv4": ["192.0.2.1", "10.0.0.0", "255.255.255.255"],
    "ipv6": ["2001:db8::1", "::", "::ffff:192.0.2.1"],
}  # fmt: skip
BAD = {
    "date-time": [
        "2026-05-01", "2026-05-01T09:00:00", "2026-13-01T09:00:00Z", "2026-02-30T09:00:00Z", "2026-05-01T24:00:00Z",
        "2026-05-01T09:60:00Z", "2026-05-01 noon", "yesterday", "", "2026-05-01T09:00:00Z\n",
    ],
    "date": ["2026-5-1", "2026-02-29", "2026-13-01", "01.05.2026", "20260501", "", "2026-05-01\n"],
    "uuid": [
        "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400",
        "g23e4567-e89b-12d3-a456-426614174000", "",
    ],
    "uri": ["/relative", "example.com", "http://a b", "http://[::1", "", "://nothing"],
    "email": ["nobody", "a@", "@example.com", "a b@example.com", "a@b@example.com", ""],
    "ipv4": ["256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "", "::1"],
    "ipv6": ["2001:db8::1::2", "12345::", "192.0.2.1", "", ":::"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, one) for name, those in GOOD.items() for one in those])
def test_a_value_of_the_format_is_taken(is_valid: Verdict, name: str, value: str) -> None:
    assert is_valid({"type": "string", "format": name}, value)


@pytest.mark.parametrize(("name", "value"), [(name, one) for name, those in BAD.items() for one in those])
def test_a_value_that_is_not_of_the_format_is_refused(is_valid: Verdict, name: str, value: str) -> None:
    assert not is_valid({"type": "string", "format": name}, value)


def test_a_format_speaks_of_strings_alone_and_an_unknown_one_of_nothing(is_valid: Verdict) -> None:
    assert is_valid({"format": "date"}, 5)
    assert is_valid({"type": "string", "format": "phone"}, "anything")


# ECMA 262: without flags `$` is the very end, `\\d` is 0 to 9, `\\w` is ASCII, and nothing is anchored by itself.
PATTERNS = [
    ("^[a-z]+$", "abc", True),
    ("^[a-z]+$", "abc\n", False),
    ("^\\d+$", "123", True),
    ("^\\d+$", "١٢٣", False),
    ("^\\w+$", "abc_1", True),
    ("^\\w+$", "über", False),
    ("b", "abc", True),
    ("^\\s$", "\u00a0", True),
    ("^a.c$", "a😀c", True),
    ("^\\p{L}+$", "über", True),
    ("^(?!x).*$", "abc", True),
    ("^(?!x).*$", "xabc", False),
]


@pytest.mark.parametrize(("pattern", "value", "fits"), PATTERNS)
def test_a_pattern_is_an_expression_of_ecma_262(is_valid: Verdict, pattern: str, value: str, fits: bool) -> None:
    assert is_valid({"type": "string", "pattern": pattern}, value) is fits


# JSON Schema Validation, 6.2.1: a multiple is one in the numbers that the JSON texts write, not in binary fractions.
MULTIPLES = [
    (0.1, 0.3, True), (0.01, 19.99, True), (0.01, 4.35, True), (0.01, 4.355, False), (0.5, 1.5, True),
    (0.5, 1.25, False), (3, 9, True), (3, 10, False), (2, 4.0, True), (0.0001, 0.0075, True), (1, 1e15, True),
]  # fmt: skip


@pytest.mark.parametrize(("divisor", "value", "fits"), MULTIPLES)
def test_a_multiple_is_one_in_decimal_numbers(is_valid: Verdict, divisor: float, value: float, fits: bool) -> None:
    assert is_valid({"type": "number", "multipleOf": divisor}, value) is fits


INTEGERS = [(1, True), (1.0, True), (1e3, True), (1.5, False), (True, False), ("1", False)]


@pytest.mark.parametrize(("value", "fits"), INTEGERS)
def test_an_integer_is_a_number_without_a_fraction(is_valid: Verdict, value: Any, fits: bool) -> None:
    assert is_valid({"type": "integer"}, value) is fits


def test_a_shared_schema_asks_each_side_for_what_it_sends(tmp_path: Path) -> None:
    thing = {
        "type": "object",
        "required": ["id", "secret"],
        "properties": {"id": {"type": "string", "readOnly": True}, "secret": {"type": "string", "writeOnly": True}},
    }
    info = {"title": "One schema", "version": "1"}
    text = json.dumps({"openapi": "3.0.3", "info": info, "paths": {}, "components": {"schemas": {"Thing": thing}}})
    (tmp_path / "openapi.json").write_text(text, "utf-8")
    contract = read(tmp_path / "openapi.json")
    schema, schemas = contract.data["components"]["schemas"]["Thing"], contract.schemas
    request, response = schemas.slot(schema, "request"), schemas.slot(schema, "response")
    assert (schemas.is_valid(request, {"secret": "s"}), schemas.is_valid(request, {"id": "1"})) == (True, False)
    assert (schemas.is_valid(response, {"secret": "s"}), schemas.is_valid(response, {"id": "1"})) == (False, True)
