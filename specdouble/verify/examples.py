"""Values that the contract itself shows: examples, defaults, enums, and what a description quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from specdouble.contract import Contract, Operation, Parameter, PropertyRule
from specdouble.contract.pointer import look_up
from specdouble.verify.values import Resolve, Schema, kind, merged, plausible

LONGEST_QUOTED = 60  # characters
_QUOTED = re.compile(r"[\"“‘'`]([^\"“”‘’'`\s]+)[\"”’'`]|\be\.g\.,? ([\w.:/-]+)")


def of_schema(schema: Any, resolve: Resolve) -> Iterator[Any]:
    """The values that a schema shows: its examples, its default, its enum, what its description quotes."""
    schema = merged(schema, resolve)
    yield from _examples(schema)
    if schema.get("default") is not None:
        yield schema["default"]
    yield from (value for value in schema.get("enum") or () if value is not None)
    if kind(schema) == "string":
        yield from quoted(str(schema.get("description") or ""))
    if kind(schema) == "array":
        yield from ([item] for item in of_schema(schema.get("items"), resolve))


def of_parameter(contract: Contract, parameter: Parameter) -> Iterator[Any]:
    """The values that a parameter shows: its own examples (OpenAPI 3.1, 4.8.12), then its schema's."""
    try:
        raw = look_up(contract.data, parameter.pointer)
    except LookupError:
        raw = {}
    if isinstance(raw, dict):
        yield from _examples(raw)
    yield from of_schema(parameter.schema, contract.resolve)


def of_body(contract: Contract, operation: Operation) -> Iterator[Any]:
    """The whole bodies that an operation shows: its own examples, then its schema's."""
    media = operation.document_body
    if media is None:
        return
    yield from media.examples.values()
    yield from _examples(merged(media.schema, contract.resolve))


def ids_told(contract: Contract, collection: str) -> Iterator[Any]:
    """The ids of documents that are told beside the operations: by the seed, or by an example that refers to one."""
    yield from contract.resources[collection].seeded
    rules = [rule for rule in contract.rules.values() if isinstance(rule, PropertyRule)]
    referring = {rule.name for rule in rules if rule.refers_to == collection}
    for operation in contract.operations.values():
        for body in of_body(contract, operation):
            shown = body if isinstance(body, dict) else {}
            yield from (shown[name] for name in sorted(referring & shown.keys()) if isinstance(shown[name], str | int))


def quoted(text: str) -> Iterator[str]:
    """What a text puts in quotation marks, or after `e.g.`."""
    for match in _QUOTED.finditer(text):
        found = (match[1] or match[2]).rstrip(",;")
        if found and len(found) <= LONGEST_QUOTED:
            yield found


def usual(schema: Any, resolve: Resolve, word: str) -> Iterator[Any]:
    """Values that servers often ask for where a schema says the type alone: a host's name, an address, a time to come.

    Args:
        schema: the property's.
        resolve: follows its references.
        word: a text without spaces that no document holds.
    """
    schema = merged(schema, resolve)
    what = kind(schema)
    if what == "string":
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        if schema.get("format"):
            yield from [tomorrow] if schema["format"] == "date-time" else []
            return
        compact = re.sub(r"[^a-z0-9]", "", word.lower())
        yield from (
            word,
            compact,
            f"{compact}@example.com",
            f"{word}.example.com",
            f"{word}.example.com.",
            "7",
            f"/{word}",
            tomorrow,
        )
        yield plausible({"type": "string", "format": "uuid"}, resolve, word)
        yield f"https://example.com/{word}"
    elif what in ("integer", "number"):
        yield from (1, 0, 10, 100)
    elif what == "array":
        yield from ([item] for item in usual(schema.get("items"), resolve, word))
        yield []
    elif what == "object":
        yield {}


def _examples(holder: Schema) -> Iterator[Any]:
    for key in ("example", "x-example"):
        if key in holder:
            yield holder[key]
    shown = holder.get("examples")
    if isinstance(shown, list):
        yield from shown
    elif isinstance(shown, dict):
        yield from (one["value"] for one in shown.values() if isinstance(one, dict) and "value" in one)
