"""What a request said that the contract has no word for: it had no effect, and may be a misspelling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl

import orjson

from specdouble.contract import Contract, Operation
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import pointer
from specdouble.double.state.journal import Beginning, Entry

_MOST = 50  # of one exchange
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Ignored:
    """A property or a parameter that the contract does not know.

    Args:
        location: the part of the request: `body` or `query`.
        pointer: where it stands in that.
        near: the name that may be meant; None where there is none like it.
    """

    location: str
    pointer: str
    near: str | None


def ignored(contract: Contract, entry: Entry) -> list[Ignored]:
    """What the contract does not know of the body and the query of a request that was read."""
    operation = contract.operations.get(entry.operation or "")
    if operation is None or not entry.is_read:
        return []
    return [*_in_query(operation, entry.query), *_in_body(contract, operation, entry)][:_MOST]


def _in_query(operation: Operation, query: bytes) -> Iterator[Ignored]:
    parameters = [parameter for parameter in operation.parameters if parameter.location in ("query", "querystring")]
    if any(parameter.style == "deepObject" or parameter.location == "querystring" for parameter in parameters):
        return  # a parameter's name is then not what stands in the query
    known = [parameter.name for parameter in parameters]
    free = {name for parameter in parameters if _is_spread(parameter.schema) for name in (parameter.name,)}
    if free:
        return
    for name in dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
        if name not in known and name.removesuffix("[]") not in known:
            yield Ignored("query", pointer(name), _near(name, known))


def _is_spread(schema: Any) -> bool:
    """Whether the properties of a parameter's object stand in the query by their own names."""
    return isinstance(schema, dict) and (schema.get("type") == "object" or "$ref" in schema or "properties" in schema)


def _in_body(contract: Contract, operation: Operation, entry: Entry) -> Iterator[Ignored]:
    media = operation.json_body
    if media is None or isinstance(entry.request_body, Beginning) or b"patch+json" in entry.media_type:
        return
    try:
        body = orjson.loads(entry.request_body)
    except orjson.JSONDecodeError:
        return  # it has another form
    kept = {name for write in entry.writes for name in (write[2] or ())}
    for found in _unknown(contract, media.schema, body, "", 0):
        top = found.pointer.split("/")[1]
        if found.pointer.count("/") > 1 or top not in kept:  # what a handler keeps has an effect
            yield found


def _unknown(contract: Contract, schema: Any, value: JSON, at: str, depth: int) -> Iterator[Ignored]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        item = contract.item(schema)
        for index, one in enumerate(value[:_MOST]):
            yield from _unknown(contract, item, one, at + pointer(index), depth + 1)
    if not isinstance(value, dict) or _takes_any(contract, schema):
        return
    known = contract.fields(schema)
    for name, part in value.items():
        if name in known:
            yield from _unknown(contract, known[name], part, at + pointer(name), depth + 1)
        elif known:
            yield Ignored("body", at + pointer(name), _near(name, list(known)))


def _takes_any(contract: Contract, schema: Any) -> bool:
    """Whether an object of the schema means something by properties of any name."""
    resolved = contract.described(schema)
    further = resolved.get("additionalProperties")
    return isinstance(further, dict) or "patternProperties" in resolved


def _near(name: str, known: Sequence[str]) -> str | None:
    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return by_lower[near[0]] if near else None
