"""What `discriminator` says: which schema a value is meant to fit, by what stands in one of its properties.

OpenAPI has it in two places. Beside `oneOf` or `anyOf` it tells which alternative is meant. In a schema that others
build on with `allOf`, it tells which of those is meant wherever the schema itself is asked for. `mapping` names the
values; a schema that it does not name is meant by its own name (OpenAPI 3.0.3, Discriminator Object).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.pointer import fragment, look_up, pointer
from specdouble.contract.properties import properties_of

_PLACES = (("components", "schemas"), ("definitions",))


class Discriminators:
    """Reads the discriminators of a document.

    Args:
        document: the document.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[str, dict[str, None]] = {}
        self._mappings: dict[int, dict[str, list[str]]] = {}

    @cached_property
    def _named(self) -> dict[str, Any]:
        """The named schemas by pointer."""
        found = {}
        for place in _PLACES:
            schemas = self._document.get(pointer(*place))
            for name, schema in schemas.items() if isinstance(schemas, dict) else ():
                found[pointer(*place, name)] = schema
        return found

    @cached_property
    def _pointers(self) -> dict[int, str]:
        return {id(schema): at for at, schema in self._named.items()}

    @cached_property
    def _built_on(self) -> dict[str, list[str]]:
        """The named schemas that build directly on each other one."""
        found: dict[str, list[str]] = {}
        for at, schema in self._named.items():
            for part in _list(schema, "allOf"):
                below = _target(part)
                if below is not None:
                    found.setdefault(below, []).append(at)
        return found

    def property_of(self, schema: Any) -> str | None:
        """The property that tells what is meant; None where nothing does."""
        raw = schema.get("discriminator") if isinstance(schema, dict) else None
        name = raw.get("propertyName") if isinstance(raw, dict) else raw  # in Swagger 2.0 the name alone
        return name if isinstance(name, str) and name else None

    def values(self, schema: Any, option: object) -> list[str]:
        """The values that mean an alternative; none where its own property says another.

        Args:
            schema: the schema with the discriminator.
            option: one of its alternatives, as it stands: a `$ref`, for others have no name.
        """
        at, name = _target(option), self.property_of(schema)
        if at is None or name is None:
            return []
        return self._taken(at, name, self._meaning(schema, at))

    def subtypes(self, schema: Any) -> dict[str, list[str]]:
        """The schemas that build on a schema with a discriminator: the values that mean each, by its pointer."""
        at, name = self._pointers.get(id(schema)), self.property_of(schema)
        if at is None or name is None or _list(schema, "oneOf") or _list(schema, "anyOf"):
            return {}
        found = {}
        for above in self._descendants(at):
            values = self._taken(above, name, self._meaning(schema, above))
            if values:
                found[above] = values
        return found

    def own_values(self, schema: Any) -> list[str]:
        """The values that mean the schema with the discriminator itself."""
        at = self._pointers.get(id(schema))
        return [] if at is None else self._meaning(schema, at)

    def is_subtype(self, schema: Any, at: str) -> bool:
        """Whether a schema is one of those that the discriminator at the pointer chooses among."""
        own = self._pointers.get(id(schema))
        base = self._named.get(at)
        if own is None or base is None or self.property_of(base) is None:
            return False
        return own in self._descendants(at)

    def _descendants(self, at: str) -> dict[str, None]:
        """The named schemas that build on the one at the pointer, however many lie between; in order."""
        if at not in self._known:
            found: dict[str, None] = {}
            waiting = deque(self._built_on.get(at, ()))
            while waiting:
                above = waiting.popleft()
                if above not in found and above != at:
                    found[above] = None
                    waiting += self._built_on.get(above, ())
            self._known[at] = found
        return self._known[at]

    def _meaning(self, schema: Mapping[str, Any], at: str) -> list[str]:
        """The values that mean the schema at the pointer: those that are mapped to it, else its name."""
        mapped = self._mapped(schema, at.rpartition("/")[0]).get(at)
        return mapped or [at.rpartition("/")[2].replace("~1", "/").replace("~0", "~")]

    def _mapped(self, schema: Mapping[str, Any], place: str) -> dict[str, list[str]]:
        """The values of a `mapping` by what they mean; a name alone is that of a schema at the place."""
        if id(schema) not in self._mappings:
            raw = schema["discriminator"]
            mapping = raw.get("mapping") if isinstance(raw, dict) else None
            found: dict[str, list[str]] = {}
            for value, target in _items(mapping):
                named = fragment(target) if "#" in target else f"{place}/{target}"
                found.setdefault(named, []).append(value)
            self._mappings[id(schema)] = found
        return self._mappings[id(schema)]

    def _taken(self, at: str, name: str, values: list[str]) -> list[str]:
        """Those values that the schema's own property takes; none where it has no text there."""
        try:
            schema = look_up(self._document.data, at)
        except LookupError:
            return []
        for one, part, _ in properties_of(self._document, schema, at):
            if one != name:
                continue
            allowed = [part["const"]] if "const" in part else part.get("enum")
            if isinstance(allowed, list):
                values = [value for value in values if value in allowed]
            if part.get("type", "string") not in ("string", ["string", "null"]):
                return []
        return values


def _items(mapping: object) -> Iterator[tuple[str, str]]:
    for value, target in mapping.items() if isinstance(mapping, dict) else ():
        if isinstance(target, str):
            yield str(value), target


def _list(schema: Any, keyword: str) -> list[Any]:
    found = schema.get(keyword) if isinstance(schema, dict) else None
    return found if isinstance(found, list) else []


def _target(part: object) -> str | None:
    """The pointer that a `$ref` leads to."""
    reference = part.get("$ref") if isinstance(part, dict) else None
    return fragment(reference) if isinstance(reference, str) else None
