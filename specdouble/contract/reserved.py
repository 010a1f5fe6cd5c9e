"""Property names that a store would take for its own: those that begin with `$`, as operators, or hold a dot, as paths.

A double keeps those that the contract admits, and refuses all others: an operator in a body is a favourite attack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from specdouble.contract.document import Document

_MAPS = ("properties", "patternProperties")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_PARTS = ("items", "additionalProperties")


def is_reserved(name: str) -> bool:
    """Whether a store would take the name for an operator or a path."""
    return name[:1] == "$" or "." in name


@dataclass(frozen=True, slots=True)
class ReservedNames:
    """The reserved names that a contract admits.

    Args:
        declared: those that name a property of a schema, or stand in an example.
        any: whether a schema takes names of the client's choice (`additionalProperties` or `patternProperties`).
    """

    declared: frozenset[str] = frozenset()
    any: bool = False

    def __bool__(self) -> bool:
        return self.any or bool(self.declared)

    def __contains__(self, name: object) -> bool:
        return self.any or name in self.declared


def reserved_names(document: Document, schemas: Iterable[Any], examples: Iterable[Any] = ()) -> ReservedNames:
    """The reserved names that the schemas and examples admit, and those that they lead to."""
    declared = {name for example in examples for name in _names_in(example)}
    chosen = False
    seen: set[int] = set()
    stack = list(schemas)
    while stack:
        try:
            schema = document.resolve(stack.pop())
        except LookupError:
            continue
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        # What `true` lets in is accepted and not kept: it means nothing.
        chosen = chosen or isinstance(schema.get("additionalProperties"), dict) or "patternProperties" in schema
        declared.update(_names_in(schema.get("example")))
        properties = schema.get("properties")
        declared.update(name for name in (properties if isinstance(properties, dict) else ()) if is_reserved(name))
        stack += [schema[key] for key in _PARTS if key in schema]
        stack += [part for key in _LISTS if isinstance(schema.get(key), list) for part in schema[key]]
        stack += [part for key in _MAPS if isinstance(schema.get(key), dict) for part in schema[key].values()]
    return ReservedNames(frozenset(declared), chosen)


def _names_in(value: object) -> Iterator[str]:
    """The reserved names of an example: whoever sends what the contract shows is not refused for it."""
    parts = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    yield from (str(name) for name in (value if isinstance(value, dict) else ()) if is_reserved(str(name)))
    for part in parts:
        yield from _names_in(part)
