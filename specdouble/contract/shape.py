"""The shape of a contract: what kind of value stands where (OpenAPI 3.0 to 3.2, Swagger 2.0).

Contracts come from anywhere, and a value of another kind than its place asks for would stop whoever reads it. So the
document is brought into shape once, before anything reads it: what does not fit is told and left out, and the rest
is served. Every later reader finds a mapping where OpenAPI has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specdouble.contract.composition import COMPOSING, bound_compositions
from specdouble.contract.document import Document
from specdouble.contract.keywords import CHECKS, SIZES, article, in_ecma, is_pattern, kinds_of, shown
from specdouble.contract.pointer import fragment, look_up, pointer


@dataclass(frozen=True, slots=True)
class Object:
    """A mapping with the fields of its kind; a schema may be a boolean too."""

    kind: str


@dataclass(frozen=True, slots=True)
class Each:
    """A list."""

    of: Spec


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping from names that the author chose."""

    of: Spec


# Besides: "text", "flag", and None for any value.
Spec = Object | Each | Named | str | None

_SCHEMA, _SCHEMAS, _NAMED_SCHEMAS = Object("schema"), Each(Object("schema")), Named(Object("schema"))
_PARAMETERS, _HEADERS, _CONTENT = Each(Object("parameter")), Named(Object("header")), Named(Object("media type"))
_EXAMPLES, _SERVERS = Named(Object("example")), Each(Object("server"))
_SECURITY = Each(Object("security requirement"))
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

_DESCRIBED: dict[str, Spec] = {"summary": "text", "description": "text"}
_SENT: dict[str, Spec] = {
    **_DESCRIBED,
    "required": "flag",
    "deprecated": "flag",
    "allowEmptyValue": "flag",
    "allowReserved": "flag",
    "style": "text",
    "explode": "flag",
    "schema": _SCHEMA,
    "content": _CONTENT,
    "examples": _EXAMPLES,
}
_IN_SCHEMA: dict[str, Spec] = {
    **dict.fromkeys(
        ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"), _SCHEMA
    ),
    **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems", "additionalItems", "contentSchema"), _SCHEMA),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _SCHEMAS),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs", "definitions"), _NAMED_SCHEMAS),
    "discriminator": Object("discriminator"),
    "xml": Object("xml"),
}
_FIELDS: dict[str, dict[str, Spec]] = {
    "contract": {
        "info": Object("info"),
        "servers": _SERVERS,
        "paths": Named(Object("path item")),
        "webhooks": Named(Object("path item")),
        "components": Object("components"),
        "security": _SECURITY,
        "tags": Each(Object("tag")),
    },
    "info": {**_DESCRIBED, "title": "text", "version": "text"},
    "server": {**_DESCRIBED, "url": "text", "variables": Named(Object("server variable"))},
    "server variable": {**_DESCRIBED, "default": "text", "enum": Each("text")},
    "tag": {**_DESCRIBED, "name": "text"},
    "path item": {
        **_DESCRIBED,
        **dict.fromkeys(_METHODS, Object("operation")),
        "additionalOperations": Named(Object("operation")),
        "parameters": _PARAMETERS,
        "servers": _SERVERS,
    },
    "operation": {
        **_DESCRIBED,
        "operationId": "text",
        "tags": Each("text"),
        "deprecated": "flag",
        "parameters": _PARAMETERS,
        "requestBody": Object("request body"),
        "responses": Named(Object("response")),
        "callbacks": Named(Object("callback")),
        "security": _SECURITY,
        "servers": _SERVERS,
    },
    "security requirement": {},
    "parameter": {**_SENT, "name": "text", "in": "text"},
    "header": _SENT,
    "request body": {**_DESCRIBED, "required": "flag", "content": _CONTENT},
    "response": {**_DESCRIBED, "headers": _HEADERS, "content": _CONTENT, "links": Named(Object("link"))},
    "media type": {
        "schema": _SCHEMA,
        "itemSchema": _SCHEMA,
        "examples": _EXAMPLES,
        "encoding": Named(Object("encoding")),
    },
    "encoding": {
        "contentType": "text",
        "headers": _HEADERS,
        "style": "text",
        "explode": "flag",
        "allowReserved": "flag",
    },
    "example": {**_DESCRIBED, "externalValue": "text"},
    "link": {**_DESCRIBED, "operationRef": "text", "operationId": "text", "parameters": Named(None)},
    "callback": {},
    "components": {
        "schemas": _NAMED_SCHEMAS,
        "responses": Named(Object("response")),
        "parameters": Named(Object("parameter")),
        "examples": _EXAMPLES,
        "requestBodies": Named(Object("request body")),
        "headers": _HEADERS,
        "securitySchemes": Named(Object("security scheme")),
        "links": Named(Object("link")),
        "callbacks": Named(Object("callback")),
        "pathItems": Named(Object("path item")),
        "mediaTypes": _CONTENT,
    },
    "security scheme": {
        **dict.fromkeys(("type", "description", "name", "in", "scheme", "bearerFormat", "openIdConnectUrl"), "text"),
        "flows": Named(None),
    },
    "schema": _IN_SCHEMA,
    "discriminator": {"propertyName": "text", "mapping": Named("text")},
    "xml": {"name": "text", "namespace": "text", "prefix": "text", "attribute": "flag", "wrapped": "flag"},
}
_SWAGGER_FIELDS: dict[str, dict[str, Spec]] = {
    **_FIELDS,
    "contract": {
        **{key: spec for key, spec in _FIELDS["contract"].items() if key not in ("servers", "components")},
        "host": "text",
        "basePath": "text",
        **dict.fromkeys(("schemes", "consumes", "produces"), Each("text")),
        "definitions": _NAMED_SCHEMAS,
        "parameters": Named(Object("parameter")),
        "responses": Named(Object("response")),
        "securityDefinitions": Named(Object("security scheme")),
    },
    "operation": {
        **{key: spec for key, spec in _FIELDS["operation"].items() if key not in ("requestBody", "servers")},
        **dict.fromkeys(("schemes", "consumes", "produces"), Each("text")),
    },
    # The keywords of a schema stand in a parameter itself.
    "parameter": {**_DESCRIBED, "name": "text", "in": "text", "required": "flag", "collectionFormat": "text",
                  "schema": _SCHEMA, "items": _SCHEMA},
    "header": {**_DESCRIBED, "items": _SCHEMA},
    "response": {**_DESCRIBED, "headers": _HEADERS, "schema": _SCHEMA, "examples": Named(None)},
    "security scheme": {**_FIELDS["security scheme"], "scopes": Named(None)},
}  # fmt: skip
# Of a parameter and a header of Swagger 2.0 too, beside their own fields.
_HOLDS_KEYWORDS = {"schema"}
_SWAGGER_HOLDS_KEYWORDS = {"schema", "parameter", "header"}


def bring_into_shape(document: Document) -> list[str]:
    """Leave out what does not fit its place, each with a finding; the pointers of what was left out."""
    shaping = _Shaping(document)
    shaping.run()
    return shaping.left_out + bound_compositions(document, shaping.composed)


class _Shaping:
    def __init__(self, document: Document) -> None:
        self.document = document
        is_swagger = document.version == "2.0"
        self.fields = _SWAGGER_FIELDS if is_swagger else _FIELDS
        self.hold_keywords = _SWAGGER_HOLDS_KEYWORDS if is_swagger else _HOLDS_KEYWORDS
        self.left_out: list[str] = []
        self.composed: list[tuple[dict[str, Any], str]] = []
        # The kind that each mapping was read as: a `$ref` or an alias leads to it from several places.
        self.kinds: dict[int, str] = {}
        self.waiting: list[tuple[dict[str, Any], str, str]] = []
        self.references: list[tuple[dict[str, Any], str, str]] = []

    def run(self) -> None:
        data = self.document.data
        if "openapi" in data and "swagger" in data:
            self.leave_out(data, "swagger", "/swagger", "`swagger` stands beside `openapi`", "keep one of the two")
        self.waiting.append((data, "", "contract"))
        # What OpenAPI's own places hold comes first: a stray reference does not say what such a mapping is.
        while self.waiting or self.references:
            while self.waiting:
                node, at, kind = self.waiting.pop()
                if id(node) not in self.kinds:
                    self.kinds[id(node)] = kind
                    self.object(node, at, kind)
            if self.references:
                self.reference(*self.references.pop())

    def object(self, node: dict[str, Any], at: str, kind: str) -> None:
        if "$ref" in node:
            self.references.append((node, at, kind))
        fields = self.fields[kind]
        checks: Mapping[str, Any] = CHECKS if kind in self.hold_keywords else {}
        for key in list(node):
            if key[:2] == "x-":
                continue
            place = f"{at}/{key}" if key.isidentifier() else at + pointer(key)
            if key in fields:
                self.field(node, key, fields[key], place)
            elif key in checks:
                self.keyword(node, key, place)
            else:
                self.named_member(node, key, place, kind)
        if kind in self.hold_keywords:
            self.fulfilled(node, at)
        if kind == "schema" and not node.keys().isdisjoint(COMPOSING):
            self.composed.append((node, at))

    def named_member(self, node: dict[str, Any], key: str, at: str, kind: str) -> None:
        """A member whose name is the author's own, in the two kinds that have such beside fields."""
        if kind == "security requirement":
            self.requirement(node, key, at)
        elif kind == "callback" and key != "$ref":
            self.field(node, key, Object("path item"), at)

    def field(self, holder: Any, key: Any, spec: Spec, at: str) -> None:
        """Look at one field of a mapping, or one item of a list."""
        value = holder[key]
        if isinstance(spec, Object):
            if isinstance(value, dict):
                self.waiting.append((value, at, spec.kind))
            else:
                self.no_mapping(holder, key, spec.kind, at)
        elif isinstance(spec, Each):
            self.items(holder, key, spec.of, at)
        elif isinstance(spec, Named):
            if isinstance(value, dict):
                self.named(value, spec.of, at, key)
            else:
                self.misplaced(holder, key, at, "a mapping")
        elif spec == "text" and not isinstance(value, str):
            written = value if isinstance(value, int | float) else None
            self.misplaced(holder, key, at, "a string", None if written is None else _as_text(written))
        elif spec == "flag" and not isinstance(value, bool):
            self.misplaced(holder, key, at, "a boolean")

    def no_mapping(self, holder: Any, key: Any, kind: str, at: str) -> None:
        value = holder[key]
        if kind == "schema" and isinstance(value, bool):
            return
        meant = self.read_security(value) if kind == "security requirement" else None
        self.misplaced(holder, key, at, f"a mapping, {_with_article(kind)}", meant)

    def items(self, holder: Any, key: Any, spec: Spec, at: str) -> None:
        value = holder[key]
        if spec == Object("security requirement") and isinstance(value, dict | str):
            self.misplaced(holder, key, at, "a list", [self.read_security(value) or value])
            value = holder[key]
        if not isinstance(value, list):
            self.misplaced(holder, key, at, "a list")
            return
        for index in range(len(value)):
            self.field(value, index, spec, f"{at}/{index}")
        if spec == "text":
            value[:] = [item for item in value if isinstance(item, str)]

    def named(self, value: dict[str, Any], spec: Spec, at: str, key: Any) -> None:
        extensible = key in ("paths", "responses", "callbacks")
        for name in list(value):
            if extensible and name[:2] == "x-":
                continue
            place = f"{at}/{name}" if name.isidentifier() else at + pointer(name)
            if key == "patternProperties" and not is_pattern(name):
                remedy = "write it in the dialect of ECMA 262"
                self.leave_out(value, name, place, f"`{shown(name)}` is no regular expression", remedy, "keyword")
            elif spec is not None:
                self.field(value, name, spec, place)

    def keyword(self, schema: dict[str, Any], key: str, at: str) -> None:
        wrong = CHECKS[key](schema[key])
        if wrong is None:
            if key in SIZES and isinstance(schema[key], float):
                schema[key] = int(schema[key])  # `10.0` is a whole number (JSON Schema, 4.2.3), and a text is cut at it
            return
        kept: Any = None
        if key in ("type", "required") and isinstance(schema[key], list):
            # What of a list can be meant is kept: a name that stands twice, once.
            kept = [name for name in dict.fromkeys(map(str, schema[key])) if not CHECKS[key]([name])] or None
        elif key == "pattern" and isinstance(schema[key], str):
            meant = in_ecma(schema[key])
            kept = meant if is_pattern(meant) else None
        self.leave_out(schema, key, at, wrong.reason, wrong.remedy, "pattern" if key == "pattern" else "keyword", kept)

    def fulfilled(self, schema: dict[str, Any], at: str) -> None:
        """A schema that takes nothing at all, for one keyword contradicts another: one of the two is not meant."""
        if "type" in schema and "enum" in schema:
            self.enum(schema, at)
        for keyword in ("oneOf", "anyOf"):
            if "type" in schema and isinstance(schema.get(keyword), list):
                self.alternatives(schema, keyword, at)
        if schema.get("additionalProperties") is False and isinstance(schema.get("required"), list):
            self.closed(schema, at)

    def closed(self, schema: dict[str, Any], at: str) -> None:
        """A property that is required and shut out: a property that is there is meant, and called otherwise."""
        if "patternProperties" in schema:
            return
        known = schema.get("properties") or {}
        shut_out = [name for name in schema["required"] if name not in known]
        if shut_out:
            names = ", ".join(f"`{shown(str(name))}`" for name in shut_out)
            reason = f"`additionalProperties: false` shuts out {names}, which is required: nothing conforms"
            kept = [name for name in schema["required"] if name in known]
            self.leave_out(
                schema,
                "required",
                at + "/required",
                reason,
                "describe it, or do not require it",
                "closed",
                kept or None,
            )

    def enum(self, schema: dict[str, Any], at: str) -> None:
        """Of an `enum` without a value of the `type`, one of the two is not meant."""
        kinds = _kinds(schema)
        values = schema["enum"]
        if not any(kinds_of(value) & kinds for value in values):
            reason = f"no value of the `enum` is of the type {' or '.join(sorted(kinds))}: nothing conforms"
            texts = [_as_text(value) for value in values if isinstance(value, int | float)] if "string" in kinds else []
            remedy = "correct the values or the type"
            self.leave_out(schema, "enum", at + "/enum", reason, remedy, "enum-type", texts or None)

    def alternatives(self, schema: dict[str, Any], keyword: str, at: str) -> None:
        """Of alternatives that are all of other types, the alternatives are meant."""
        kinds = _kinds(schema)
        known = kinds | ({"integer"} if "number" in kinds else {"number"} if "integer" in kinds else set())
        others = [_kinds(one) if isinstance(one, dict) else set() for one in schema[keyword]]
        if others and all(one and not one & known for one in others):
            reason = f"no alternative of the `{keyword}` is of the type {' or '.join(sorted(kinds))}: nothing conforms"
            self.leave_out(schema, "type", at + "/type", reason, "correct the type, or theirs", "enum-type")

    def requirement(self, node: dict[str, Any], scheme: str, at: str) -> None:
        """The scopes of a scheme; the scheme itself is asked for whatever stands here."""
        if not isinstance(node[scheme], list):
            self.misplaced(node, scheme, at, "a list of scopes", [])
        else:
            self.items(node, scheme, "text", at)

    @staticmethod
    def read_security(value: Any) -> Any:
        """A scheme that is named in another way than OpenAPI's still protects its operation."""
        return {value: []} if isinstance(value, str) and value else None

    def reference(self, node: dict[str, Any], at: str, kind: str) -> None:
        reference = node["$ref"]
        place = at + "/$ref"
        if not isinstance(reference, str):
            self.misplaced(node, "$ref", place, "a string")
            return
        if id(node) in self.document.dangling:
            del node["$ref"]  # told where the references were followed
            self.left_out.append(place)
            return
        target_at = fragment(reference)
        try:
            target = look_up(self.document.data, target_at)
        except LookupError:  # what it led to was left out
            self.leave_out(
                node, "$ref", place, f"`$ref: {shown(reference)}` leads to nothing", "correct it", "ref-kind"
            )
            return
        if isinstance(target, bool) and kind == "schema":
            return
        known = self.kinds.get(id(target), kind)
        if not isinstance(target, dict) or known != kind:
            found = _with_article(known) if isinstance(target, dict) else article(target)
            reason = f"`$ref: {shown(reference)}` leads to {found}, and {_with_article(kind)} belongs here"
            self.leave_out(node, "$ref", place, reason, "correct the pointer", "ref-kind")
            return
        self.waiting.append((target, target_at, kind))

    def misplaced(self, holder: Any, key: Any, at: str, wanted: str, instead: Any = None) -> None:
        """A value of another kind than its place asks for."""
        what = f"`{shown(key)}`" if isinstance(key, str) else "this item"
        reason = f"{what} is {article(holder[key])}, and has to be {wanted}"
        self.leave_out(holder, key, at, reason, f"write {wanted}, or remove it", "structure", instead)

    def leave_out(
        self, holder: Any, key: Any, at: str, reason: str, remedy: str, id: str = "structure", instead: Any = None
    ) -> None:
        """Tell of a value and take it out, or put in what can be understood of it."""
        self.document.find(at, reason, remedy, id=id)
        self.left_out.append(at)
        if instead is not None:
            holder[key] = instead
        elif isinstance(holder, list):
            holder[key] = {}  # the places of the other items stay
        else:
            del holder[key]


def _with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _kinds(schema: dict[str, Any]) -> set[str]:
    """The types that a schema names; none where it names none."""
    named = schema.get("type", [])
    kinds = {str(one) for one in (named if isinstance(named, list) else [named])}
    return kinds | {"null"} if kinds and schema.get("nullable") is True else kinds


def _as_text(value: int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
