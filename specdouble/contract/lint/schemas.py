"""What is wrong with schemas: those that nothing conforms to, and those that their own `example` breaks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from specdouble.contract.document import Document
from specdouble.contract.form_example import is_form
from specdouble.contract.lint.examples import example_violations, medias
from specdouble.contract.operation import Operation
from specdouble.contract.pattern import lengths
from specdouble.contract.pattern_cost import most_characters
from specdouble.contract.pointer import pointer
from specdouble.contract.schema import Schemas

_NESTED = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_NESTED_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NESTED_MAPS = ("properties", "patternProperties", "$defs", "dependentSchemas")
_NOTES = ("title", "description", "example", "examples", "default", "deprecated", "externalDocs", "xml", "$comment")
# What other formats there are say nothing that is checked.
_FORMATS = {
    "date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer", "regex",
    "int32", "int64",
}  # fmt: skip
_LONG_TEXT = 100_000  # characters: that no longer one is taken, nobody notices
_MOST_JOINED = 200  # schemas by `allOf`: nobody has written more by hand


def check_schemas(document: Document, schemas: Schemas, operations: list[Operation]) -> None:
    """The patterns, and each schema's own `example` and `default`."""
    values: list[_Value] = []
    for schema, at, is_text in _all_schemas(document, operations):
        if isinstance(schema.get("pattern"), str):
            _check_lengths(document, schema, at)
            _check_cost(document, schema, at)
        _check_alternatives(document, schema, at)
        _check_closed(document, schema, at)
        if "$ref" not in schema:
            told = [keyword for keyword in ("example", "default") if keyword in schema]
            values += [_Value(schema, keyword, at + pointer(keyword), is_text) for keyword in told]
    # All slots before the first check: one that is added later has all of them compiled anew.
    slots = [(schemas.slot(one.schema, "response"), schemas.slot(one.schema, "request")) for one in values]
    for one, (slot, other) in zip(values, slots, strict=True):
        if not schemas.is_valid(slot, one.value) and not schemas.is_valid(other, one.value):
            _note_value(document, schemas, slot, one)


class _Value(NamedTuple):
    """A value that a schema gives of itself."""

    schema: dict[str, Any]
    keyword: str
    at: str
    is_text: bool

    @property
    def value(self) -> Any:
        return self.schema[self.keyword]

    @property
    def as_sent(self) -> bool:
        """Whether it is judged as a text carries it; a default is never sent."""
        return self.is_text and self.keyword == "example"


def _check_lengths(document: Document, schema: dict[str, Any], at: str) -> None:
    """A pattern whose matches are all longer than `maxLength`, or shorter than `minLength`, takes no text."""
    found = lengths(schema["pattern"])
    shortest, longest = found or (0, None)
    least, most = schema.get("minLength"), schema.get("maxLength")
    reason = ""
    if isinstance(most, int) and shortest > most:
        reason = f"the pattern takes {shortest} characters or more, `maxLength` no more than {most}: no text conforms"
    elif isinstance(least, int) and longest is not None and longest < least:
        reason = f"the pattern takes {longest} characters or fewer, `minLength` no fewer than {least}: no text conforms"
    if reason:
        document.find(at + "/pattern", reason, "correct the pattern or the length", id="pattern-length")


def _check_cost(document: Document, schema: dict[str, Any], at: str) -> None:
    """A pattern that takes so long that it is tried on short texts alone, and may match longer ones."""
    limit = most_characters(schema["pattern"])
    if limit is None or limit >= _LONG_TEXT:
        return
    bounds = schema.get("maxLength"), (lengths(schema["pattern"]) or (0, None))[1]
    if not any(isinstance(most, int) and most <= limit for most in bounds):
        reason = f"the pattern takes so long that the double refuses texts of more than {limit:,} characters untried"
        remedy = (
            f"write `maxLength: {limit}` beside it, or a pattern that neither looks ahead from each character, "
            "nor refers back, nor repeats what repeats a hundred times"
        )
        document.find(at + "/pattern", reason, remedy, "warning", id="pattern-cost")


def _check_alternatives(document: Document, schema: dict[str, Any], at: str) -> None:
    """A `oneOf` in which each alternative stands twice takes nothing: a value that fits one fits its twin."""
    branches = schema.get("oneOf")
    if not isinstance(branches, list):
        return
    # Counted as texts: to compare each with each takes the square of their number.
    times = Counter(json.dumps(_asserted(branch), sort_keys=True, default=str) for branch in branches)
    if branches and all(count > 1 for count in times.values()):
        reason = (
            "each alternative of the `oneOf` equals another one, so that a value fits both or none: nothing conforms"
        )
        document.find(at + "/oneOf", reason, "keep one of the equal ones, or write `anyOf`", id="equal-alternatives")


def _asserted(schema: Any) -> Any:
    """The schema without what says nothing of values."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    return {key: value for key, value in schema.items() if _asserts(key, value)}


def _asserts(key: str, value: object) -> bool:
    if key == "format":
        return str(value) in _FORMATS
    return key not in _NOTES and key[:2] != "x-"


def _check_closed(document: Document, schema: dict[str, Any], at: str) -> None:
    """An `allOf` with a closed schema in it takes only what that one lists: what others require is shut out."""
    if not isinstance(schema.get("allOf"), list):
        return
    parts = list(_joined(document, schema))
    required = {name for part in parts for name in _names(part.get("required"))}
    for part in parts:
        if part.get("additionalProperties") is False and "patternProperties" not in part:
            lacking = sorted(required - {*(part.get("properties") or {})})
            if lacking:
                reason = f"`additionalProperties: false` shuts out `{lacking[0]}`, which the `allOf` requires elsewhere"
                document.find(at, reason, "list all properties in the closed schema, or leave it open", id="closed")
                return


def _joined(document: Document, schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and those of its `allOf`, however deep."""
    seen: set[int] = set()
    waiting = [schema]
    while waiting and len(seen) < _MOST_JOINED:
        try:
            part = document.resolve(waiting.pop())
        except LookupError:
            continue
        if isinstance(part, dict) and id(part) not in seen:
            seen.add(id(part))
            yield part
            inside = part.get("allOf")
            waiting += inside if isinstance(inside, list) else ()


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _note_value(document: Document, schemas: Schemas, slot: str, one: _Value) -> None:
    check = partial(schemas.violations, slot, location="body")
    for violation in example_violations(one.value, check, as_sent=one.as_sent):
        reason = f"the {one.keyword} breaks its own schema: {violation.pointer or 'the value'}: {violation.message}"
        document.find(one.at + violation.pointer, reason, f"correct the {one.keyword} or the schema", id=one.keyword)


def _all_schemas(document: Document, operations: list[Operation]) -> Iterator[tuple[dict[str, Any], str, bool]]:
    """Every schema: components, parameters, bodies, and what is nested in them; its pointer; whether texts carry it."""
    stack = [(at, schema, is_text) for at, (schema, is_text) in _root_schemas(document, operations).items()]
    while stack:
        at, schema, is_text = stack.pop()
        if isinstance(schema, dict):
            yield schema, at, is_text
            stack += [(*nested, is_text) for nested in _nested_schemas(schema, at)]


def _root_schemas(document: Document, operations: list[Operation]) -> dict[str, tuple[Any, bool]]:
    roots: dict[str, tuple[Any, bool]] = {}
    for place in ("/components/schemas", "/definitions"):
        found = document.get(place)
        for name, schema in found.items() if isinstance(found, dict) else ():
            roots[place + pointer(name)] = schema, False
    for operation in operations:
        for parameter in operation.parameters:
            roots[parameter.pointer + "/schema"] = parameter.schema, True
        for media in medias(operation):
            roots[media.pointer + "/schema"] = media.schema, is_form(media.type)
    return roots


def _nested_schemas(schema: dict[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key in _NESTED:
            yield at + pointer(key), value
        elif key in _NESTED_LISTS and isinstance(value, list):
            yield from ((at + pointer(key, index), part) for index, part in enumerate(value))
        elif key in _NESTED_MAPS and isinstance(value, dict):
            yield from ((at + pointer(key, name), part) for name, part in value.items())
