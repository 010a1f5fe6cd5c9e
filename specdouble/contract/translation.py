"""Schemas as JSON Schema writes them: OpenAPI 3.0 and Swagger 2.0 speak a dialect of their own.

Each is written anew in draft 2020-12, once for what a request may hold and once for what a response may: `readOnly`
and `writeOnly` differ between the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from specdouble.contract.alternatives import SCHEMA_MAPS
from specdouble.contract.bounded import has_long_patterns
from specdouble.contract.discriminator import Discriminators
from specdouble.contract.document import Document
from specdouble.contract.pointer import fragment, look_up
from specdouble.contract.properties import described, parts_of

Direction = Literal["request", "response"]

_SCHEMAS = {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
            "unevaluatedProperties", "unevaluatedItems", "additionalItems", "contentSchema"}  # fmt: skip
_SCHEMA_LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"}
_OF_THE_SAME = {"allOf", "anyOf", "oneOf"}  # they speak of the value that the schema around them speaks of
_BITS = {"int32": 32, "int64": 64}  # of the formats that OpenAPI adds
_ASSERTIONS = {
    "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf",
    "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    "required", "dependentRequired", "dependencies", "minContains", "maxContains", "$anchor",
    "$dynamicRef", "$dynamicAnchor", "contentEncoding", "contentMediaType",
}  # fmt: skip
# They assert nothing; whoever makes values of a schema reads them.
_ANNOTATIONS = {"examples", "default", "discriminator"}


class Translation:
    """Translates the schemas of one contract; what they refer to becomes a definition, translated when it is needed.

    Args:
        document: the contract's document.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._openapi_30 = not document.is_json_schema
        self._discriminators = Discriminators(document)
        self.decides = False  # whether any discriminator does
        self.has_long_patterns = False  # whether any takes long
        self._names: dict[tuple[str, Direction, bool], str] = {}
        self._pending: list[tuple[str, str, Direction, bool]] = []
        self._definitions: dict[str, Any] = {}
        self._written_out: set[str] = set()

    def definitions(self) -> dict[str, Any]:
        """All that was referred to, by name."""
        while self._pending:
            name, at, direction, plain = self._pending.pop()
            self._definitions[name] = self.translate(look_up(self._document.data, at), direction, plain=plain)
        return self._definitions

    def definition(self, reference: str) -> Any:
        """The translated schema that a `$ref` of a translated schema leads to."""
        name = reference.removeprefix("#/$defs/")
        if name not in self._definitions:
            self.definitions()
        return self._definitions.get(name, True)

    def subtypes(self, schema: Any) -> list[Any]:
        """The schemas that the discriminator of a schema chooses among, where they build on it."""
        return [look_up(self._document.data, at) for at in self._discriminators.subtypes(schema)]

    def reference(self, at: str, direction: Direction, *, plain: bool = False) -> str:
        """The `$ref` to the definition that the schema at a pointer becomes; it is translated when it is needed."""
        key = (at, direction, plain)
        if key not in self._names:
            self._names[key] = name = f"d{len(self._names)}"
            self._pending.append((name, at, direction, plain))
        return f"#/$defs/{self._names[key]}"

    def translate(
        self, schema: Any, direction: Direction, withheld: frozenset[str] = frozenset(), *, plain: bool = False
    ) -> Any:
        """A schema in draft 2020-12.

        Args:
            schema: the schema as it stands.
            direction: whether a request or a response holds the value.
            withheld: the properties that the other side alone sends, as the schemas around this one say.
            plain: whether a schema that builds on this one asks: what this one's discriminator chooses among is that.
        """
        if not isinstance(schema, dict):
            return schema if isinstance(schema, bool) else True
        translated: dict[str, Any] = {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            at = fragment(reference)
            translated["$ref"] = self.reference(at, direction) if at[:1] in ("", "/") else reference
            if self._openapi_30:
                return translated
        withheld |= self._withheld(schema, direction)
        translated.update(self._translate_keywords(schema, direction, withheld))
        self.has_long_patterns |= has_long_patterns(translated)
        _leave_out(translated, withheld)
        self._discriminate(schema, translated, direction, plain=plain)
        _move_exclusive_bounds(translated)
        if self._openapi_30:
            _upgrade(schema, translated)
        if translated.get("additionalProperties") is False:
            translated.setdefault("properties", {})  # without them, the validator does not say what is shut out
        if schema.get("type") == "integer":
            _bound_by_format(translated, str(schema.get("format")))
        if "example" in schema:
            translated["examples"] = [schema["example"]]
        return _or_null(translated) if self._openapi_30 and _is_nullable(schema) else translated

    def _translate_keywords(
        self, schema: dict[str, Any], direction: Direction, withheld: frozenset[str]
    ) -> Iterator[tuple[str, Any]]:
        for key, value in schema.items():
            if key in _SCHEMAS:
                yield key, self.translate(value, direction)
            elif key in _OF_THE_SAME and isinstance(value, list):
                yield key, [self._part(schema, item, direction, withheld) for item in value]
            elif key in _SCHEMA_LISTS and isinstance(value, list):
                yield key, [self.translate(item, direction) for item in value]
            elif key in SCHEMA_MAPS and isinstance(value, dict):
                yield key, {name: self.translate(item, direction) for name, item in value.items()}
            elif key == "examples" and not isinstance(value, list):
                continue  # named ones say nothing in a schema, and the validator takes none
            elif key in _ASSERTIONS or key in _ANNOTATIONS:
                yield key, value

    def _part(self, whole: dict[str, Any], part: object, direction: Direction, withheld: frozenset[str]) -> Any:
        """One of the schemas that the same value has to fit."""
        reference = part.get("$ref") if isinstance(part, dict) else None
        if not isinstance(reference, str):
            return self.translate(part, direction, withheld)
        at = fragment(reference)
        if self._discriminators.is_subtype(whole, at):
            return {"$ref": self.reference(at, direction, plain=True)}
        # A named schema is compiled once for all; what it demands and others withhold is written out here.
        if withheld and at not in self._written_out and self._demands(part, withheld):
            self._written_out.add(at)
            try:
                return self.translate(self._document.resolve(part), direction, withheld)
            finally:
                self._written_out.remove(at)
        return self.translate(part, direction)

    def _withheld(self, schema: Any, direction: Direction) -> frozenset[str]:
        """A request's `readOnly` properties, a response's `writeOnly` ones: the other side alone sends them."""
        keyword = "readOnly" if direction == "request" else "writeOnly"
        if not any(key in schema for key in ("properties", "allOf")):
            return frozenset()
        parts = parts_of(self._document, schema, "")
        return frozenset(name for name, part, _ in parts if self._flag(part, keyword))

    def _demands(self, schema: Any, names: frozenset[str]) -> bool:
        """Whether a schema requires one of the properties, and says nothing of who sends it."""
        try:
            schema = self._document.resolve(schema)
        except LookupError:
            return False
        if not isinstance(schema, dict):
            return False
        required = schema.get("required")
        return isinstance(required, list) and not names.isdisjoint(one for one in required if isinstance(one, str))

    def _discriminate(
        self, schema: dict[str, Any], translated: dict[str, Any], direction: Direction, *, plain: bool
    ) -> None:
        """Have the property that the schema's discriminator names decide which schema a value has to fit."""
        name = self._discriminators.property_of(schema)
        if name is None:
            return
        self.decides = True
        for keyword in ("oneOf", "anyOf"):
            if plain:
                translated.pop(keyword, None)
            elif keyword in translated:
                options = zip(schema[keyword], translated[keyword], strict=True)
                translated[keyword] = [
                    _tagged(name, self._discriminators.values(schema, option), made) for option, made in options
                ]
        subtypes = {} if plain else self._discriminators.subtypes(schema)
        if not subtypes:
            return
        known = {value for values in subtypes.values() for value in values}
        choices = [
            {"required": [name], **_tagged(name, values, {"$ref": self.reference(at, direction)})}
            for at, values in subtypes.items()
        ]
        own = [value for value in self._discriminators.own_values(schema) if value not in known]
        choices.append({"properties": {name: {"enum": own} if own else False}})
        translated["anyOf"] = choices

    def _flag(self, schema: Any, keyword: str) -> bool:
        """Whether a property has the flag: beside its `$ref`, behind it, or behind an `allOf` around it."""
        if isinstance(schema, dict) and schema.get(keyword) is True:
            return True
        try:
            schema = described(self._document, schema)
        except LookupError:
            return False
        wrapped = schema.get("allOf")
        parts = wrapped if isinstance(wrapped, list) and len(wrapped) == 1 else []
        return schema.get(keyword) is True or any(self._flag(part, keyword) for part in parts)


def _leave_out(translated: dict[str, Any], withheld: frozenset[str]) -> None:
    """What the other side alone sends is neither required nor looked at."""
    properties, required = translated.get("properties"), translated.get("required")
    if withheld and isinstance(properties, dict):
        translated["properties"] = {name: True if name in withheld else part for name, part in properties.items()}
    if withheld and isinstance(required, list):
        translated["required"] = [name for name in required if name not in withheld]


def _tagged(name: str, values: list[str], schema: Any) -> Any:
    """The schema for values whose property says that it is meant."""
    if not values or not isinstance(schema, dict):
        return schema
    tag = {name: {"enum": values}}
    return {"allOf": [schema], "properties": tag} if "properties" in schema else {**schema, "properties": tag}


def _upgrade(schema: dict[str, Any], translated: dict[str, Any]) -> None:
    """From the dialect of OpenAPI 3.0 to draft 2020-12: `nullable`, `type: file`."""
    if translated.get("type") == "file":
        del translated["type"]
    kind = translated.get("type")
    if _is_nullable(schema) and isinstance(kind, str):
        translated["type"] = [kind, "null"]


def _is_nullable(schema: dict[str, Any]) -> bool:
    return schema.get("nullable") is True or schema.get("x-nullable") is True


def _or_null(translated: dict[str, Any]) -> dict[str, Any]:
    """A schema that is composed of others, or null.

    OpenAPI 3.0.3 lets `nullable` count beside a `type` alone; who writes it beside `allOf` with a reference means it.
    """
    if not any(key in translated for key in ("allOf", "anyOf", "oneOf")):
        return translated
    return {"if": {"not": {"type": "null"}}, "then": translated}


def _move_exclusive_bounds(translated: dict[str, Any]) -> None:
    """A flag beside the bound in OpenAPI 3.0, the bound itself in JSON Schema; authors of 3.1 write the flag too."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(translated.get(exclusive), bool) and translated.pop(exclusive) and bound in translated:
            translated[exclusive] = translated.pop(bound)


def _bound_by_format(translated: dict[str, Any], name: str) -> None:
    """Hold an integer to the range of its format, which JSON Schema takes for an annotation."""
    bits = _BITS.get(name)
    if bits is None:
        return
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    for keyword, bound, narrower in (("minimum", low, max), ("maximum", high, min)):
        told = translated.get(keyword, bound)
        translated[keyword] = narrower(told, bound) if isinstance(told, int | float) else bound
