"""The documents inside the bodies of operations: where they stand, and what properties they have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.operation import JSON_PATCH, Media, Operation
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import is_array, parts_of, plain, properties_of, synonyms

Properties = dict[str, dict[str, Any]]

_HOLDING = {"properties", "items", "allOf", "anyOf", "oneOf"}
_NAMED = re.compile(r"/(?:components/schemas|definitions)/[^/]+$")
_DEEPEST = 2  # below the root, so many envelopes may stand around a document
_DEEPEST_ALTERNATIVE = 3


@dataclass(frozen=True)
class Found:
    """A document's schema inside a body.

    Args:
        schema: the schema.
        pointer: where it stands in the contract.
        properties: those of the document.
        envelope: the property names that lead to it from the body's root.
        many: whether it is that of an array's items.
        id_path: where the document's id stands inside it, if it is no property of its root.
    """

    schema: Any
    pointer: str
    properties: Properties
    envelope: tuple[str, ...]
    many: bool
    id_path: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that the schema has in the contract; empty for one that stands in place."""
        return self.pointer.rpartition("/")[2] if _NAMED.match(self.pointer) else ""


@dataclass(frozen=True)
class Sent:
    """A document's schema inside a request.

    Args:
        properties: those that are sent.
        wrapper: the property names that lead to them from the body's root.
        many: whether an array of documents is sent.
    """

    properties: Properties
    wrapper: tuple[str, ...] = ()
    many: bool = False


class Bodies:
    """Finds the documents in what operations take and answer.

    Args:
        document: the contract's document.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._shown: dict[str, list[Found]] = {}
        self._known: dict[tuple[int, str], tuple[Any, Properties]] = {}

    # Answers

    def shown(self, operation: Operation) -> list[Found]:
        """The documents inside an operation's success, nearest to the root first."""
        if operation.id not in self._shown:
            response = operation.response(operation.success)
            medias = list(response.content.values()) if response else []
            media = next((one for one in medias if one.is_json), None)
            media = media or next((one for one in medias if "xml" in one.type), None)
            found = self._search(media.schema, media.pointer + "/schema", (), 0) if media else ()
            self._shown[operation.id] = list(found)
        return self._shown[operation.id]

    def _search(self, schema: Any, at: str, path: tuple[str, ...], depth: int) -> Iterator[Found]:
        schema, at = self._array_inside(*self.follow(schema, at))
        if not isinstance(schema, dict):
            return
        if is_array(schema):
            items, items_at = self.follow(schema["items"], at + "/items")
            if isinstance(items, dict):
                yield from self._described(items, items_at, path, depth, many=True)
            return
        yield from self._described(schema, at, path, depth, many=False)
        if depth < _DEEPEST:
            for name, part, part_at in list(parts_of(self._document, schema, at)):
                inner, inner_at = self.follow(part, part_at)
                if isinstance(inner, dict) and not _HOLDING.isdisjoint(inner):
                    yield from self._search(inner, inner_at, (*path, name), depth + 1)

    def _described(
        self, schema: dict[str, Any], at: str, path: tuple[str, ...], depth: int, *, many: bool
    ) -> Iterator[Found]:
        """The document that an object schema describes, by its own properties or by its alternatives."""
        properties = self.properties(schema, at)
        if properties:
            yield Found(schema, at, properties, path, many)
        else:
            yield from self._alternatives(schema, at, path, depth, many=many)

    def _array_inside(self, schema: Any, at: str) -> tuple[Any, str]:
        """The array that an `allOf` wraps, to write a description beside its `$ref`; else the schema itself."""
        parts = schema.get("allOf") if isinstance(schema, dict) and "items" not in schema else None
        for index, part in enumerate(parts or ()):
            inner, inner_at = self.follow(part, at + pointer("allOf", index))
            if isinstance(inner, dict) and is_array(inner):
                return inner, inner_at
        return schema, at

    def _alternatives(
        self, schema: dict[str, Any], at: str, path: tuple[str, ...], depth: int, *, many: bool
    ) -> Iterator[Found]:
        """Of `anyOf: [X, DeletedX]` the one that says most of a document; all that a discriminator chooses among."""
        if depth > _DEEPEST_ALTERNATIVE:
            return
        options: list[Found] = []
        for keyword in ("anyOf", "oneOf"):
            for index, option in enumerate(schema.get(keyword) or ()):
                inside = self._search(option, at + pointer(keyword, index), path, depth + _DEEPEST_ALTERNATIVE)
                options += [found for found in inside if found.envelope == path]
        if options and "discriminator" in schema:
            properties = {name: part for one in options for name, part in one.properties.items()}
            yield Found(schema, at, properties, path, many or options[0].many)
        elif options:
            best = max(options, key=lambda one: len(one.properties))
            yield Found(best.schema, best.pointer, best.properties, path, many or best.many)

    # Requests

    def sent(self, operation: Operation) -> Properties:
        """The properties of the object that an operation takes, in any of its alternatives; none of an array."""
        media = self._taken(operation)
        return {} if media is None else self._fields(media.schema, media.pointer + "/schema")

    def sent_document(self, operation: Operation, properties: Mapping[str, Any]) -> Sent | None:
        """Where an operation takes a document of these properties: at the root, in an envelope, or in an array.

        None where it takes no object with properties at all.
        """
        media = self._taken(operation)
        if media is None:
            return None
        schema, at = self._array_inside(*self.follow(media.schema, media.pointer + "/schema"))
        if isinstance(schema, dict) and is_array(schema):
            items = self._fields(schema["items"], at + "/items")
            return Sent(items, (), True) if items else None
        fields = self._fields(schema, at)
        in_path = {plain(one.name) for one in operation.parameters if one.location == "path"}
        return self._wrapped(fields, properties, in_path) or (Sent(fields) if fields else None)

    def _wrapped(self, fields: Properties, properties: Mapping[str, Any], in_path: set[str]) -> Sent | None:
        """`{article: {...}}`, perhaps with a key of the request beside it: what no document has, and holds one.

        Nor does what the path says already: of `{slug, article: {...}}` sent to `/articles/{slug}` one is wrapped.
        """
        beside = [name for name in synonyms(fields, properties) if plain(name) not in in_path]
        best: Sent | None = None
        for name, part in fields.items():
            if name in beside:
                continue
            many = is_array(part)
            inner = self._fields(part["items"] if many else part, "")
            common = len(synonyms(inner, properties)) or (len(fields) == 1 and self._in_part(inner, properties))
            is_document = common and (len(fields) == 1 or (2 * common >= len(inner) and common > len(beside)))
            if is_document and (best is None or common > len(synonyms(best.properties, properties))):
                best = Sent(inner, (name,), many)
        return best

    def _in_part(self, fields: Properties, properties: Mapping[str, Any]) -> int:
        """How many of the fields one part of the document has, where it has most of them: the `definition` of a job."""
        common = [len(synonyms(fields, self.properties(part, ""))) for part in properties.values()]
        best = max(common, default=0)
        return best if 2 * best >= len(fields) else 0

    def takes_change(self, operation: Operation) -> bool:
        """Whether it takes a document, or the operations of a JSON Patch (RFC 6902) on one."""
        medias = operation.body.content if operation.body else {}
        is_patch = operation.method == "patch" and any(one.startswith(JSON_PATCH) for one in medias)
        return is_patch or self.sent_document(operation, {}) is not None

    @staticmethod
    def _taken(operation: Operation) -> Media | None:
        medias = list(operation.body.content.values()) if operation.body else []
        return next((media for media in medias if media.is_json), next(iter(medias), None))

    def _fields(self, schema: Any, at: str) -> Properties:
        schema, at = self.follow(schema, at)
        found = self.properties(schema, at)
        for keyword in ("anyOf", "oneOf") if isinstance(schema, dict) else ():
            for index, option in enumerate(schema.get(keyword) or ()):
                found = {**self.properties(option, at + pointer(keyword, index)), **found}
        return found

    # Schemas

    def properties(self, schema: Any, at: str) -> Properties:
        """The properties of an object schema, through `$ref` and `allOf`."""
        known = self._known.get((id(schema), at))
        if known is None:
            found = {name: part for name, part, _ in properties_of(self._document, schema, at or pointer("in place"))}
            # The schema is kept beside them: its identity must not be given to another.
            known = self._known[id(schema), at] = (schema, found)
        return known[1]

    def follow(self, schema: Any, at: str) -> tuple[Any, str]:
        """The schema behind its references, and where it stands; None where they lead nowhere."""
        try:
            return self._document.follow(schema, at)
        except LookupError:
            return None, at
