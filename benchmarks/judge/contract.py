"""A contract as the judge reads it: plain JSON, OpenAPI 3 or Swagger 2.0, with no code of the double."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, OAS31Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Schema = Any
Way = tuple[str, ...]
_HERE = "urn:contract"
_METHODS = ("get", "put", "post", "delete", "patch")
_DEEPEST = 8
_OWN_IDS = ("id", "uuid", "sid", "gid", "guid", "key")


@dataclass
class Operation:
    """One operation, `$ref`s of parameters, body and responses resolved."""

    path: str
    method: str
    raw: Mapping[str, Any]
    parameters: list[dict[str, Any]]
    media: tuple[str, Schema] | None
    examples: list[Any]
    requires_body: bool
    responses: Mapping[str, Any]
    security: list[Mapping[str, Any]]

    @property
    def last_parameter(self) -> str:
        """The name of the path's last parameter."""
        return str(re.findall(r"\{([^{}]+)\}", self.path)[-1])

    @property
    def segment(self) -> str:
        """What stands before the path's last parameter."""
        return self.path.rpartition("/{")[0].rpartition("/")[2]

    @cached_property
    def success(self) -> tuple[str, Any] | None:
        """The lowest 2xx, else what stands for it."""
        statuses = sorted(one for one in self.responses if one.upper().startswith("2"))
        found = next(iter(statuses), "default" if "default" in self.responses else None)
        return None if found is None else (found, self.responses[found])


class Described:
    """A contract.

    Args:
        data: the document.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        # Every reference names the document, so that a schema can be validated wherever it was taken from.
        absolute = json.dumps(data, default=str).replace('"$ref": "#', f'"$ref": "{_HERE}#')
        # What other dialects write for the ends of a text is a pattern that Python's engine does not take.
        absolute = re.sub(r'("pattern": ")\\\\A', r"\1^", absolute)
        absolute = re.sub(r'("pattern": "(?:[^"\\]|\\.)*?)\\\\[zZ]"', r'\1$"', absolute)
        self.data: dict[str, Any] = json.loads(absolute)
        self.is_swagger = "swagger" in self.data
        contents = DRAFT202012.create_resource(self.data)
        self.registry: Registry[Any] = Registry().with_resource(_HERE, contents)
        self.paths: dict[str, Any] = {
            path: self.resolve(item) for path, item in (self.data.get("paths") or {}).items() if path.startswith("/")
        }
        is_new = str(self.data.get("openapi", "")).startswith(("3.1", "3.2"))
        self.reads: Any = OAS31Validator if is_new else OAS30ReadValidator
        self.writes: Any = OAS31Validator if is_new else OAS30WriteValidator
        self._operations: dict[tuple[str, str], Operation | None] = {}

    @cached_property
    def base(self) -> str:
        """The path that all paths stand under."""
        if self.is_swagger:
            return str(self.data.get("basePath") or "").rstrip("/")
        server: Mapping[str, Any] = next(iter(self.data.get("servers") or ()), {})
        variables = server.get("variables") or {}
        url = re.sub(r"\{(\w+)\}", lambda one: str(variables.get(one[1], {}).get("default", "")), server.get("url", ""))
        return urlsplit(url).path.rstrip("/")

    @cached_property
    def schemes(self) -> dict[str, Any]:
        """The security schemes by name."""
        told = self.data.get("securityDefinitions") or (self.data.get("components") or {}).get("securitySchemes") or {}
        return {name: self.resolve(one) for name, one in told.items()}

    def resolve(self, value: Any) -> Any:
        """What stands at the end of the value's references."""
        for _ in range(20):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value
            at: Any = self.data
            for token in value["$ref"].partition("#/")[2].split("/"):
                name = token.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
                if isinstance(at, list) and name.isdigit() and int(name) < len(at):
                    at = at[int(name)]
                else:
                    at = at.get(name) if isinstance(at, dict) else None
            value = at
        return value

    def operation(self, path: str, method: str) -> Operation | None:
        """The operation of the path and method, if there is one."""
        if (path, method) not in self._operations:
            item = self.paths.get(path)
            raw = item.get(method) if isinstance(item, dict) and method in _METHODS else None
            self._operations[path, method] = self._read(path, method, item, raw) if isinstance(raw, dict) else None
        return self._operations[path, method]

    def _read(self, path: str, method: str, item: Any, raw: Any) -> Operation:
        told = [self.resolve(one) for one in (*(item.get("parameters") or ()), *(raw.get("parameters") or ()))]
        parameters = list(
            {(one["name"], one["in"]): one for one in told if isinstance(one, dict) and "in" in one}.values()
        )
        media, examples, required = self._body(raw, parameters)
        return Operation(
            path,
            method,
            raw,
            parameters,
            media,
            examples,
            required,
            {str(status): self.resolve(one) for status, one in (raw.get("responses") or {}).items()},
            raw.get("security", self.data.get("security") or []),
        )

    def _body(self, raw: Any, parameters: list[dict[str, Any]]) -> tuple[tuple[str, Schema] | None, list[Any], bool]:
        if self.is_swagger:
            return self._swagger_body(raw, parameters)
        body = self.resolve(raw.get("requestBody")) or {}
        content = {kind: media for kind, media in (body.get("content") or {}).items() if "json-patch" not in kind}
        for wanted in ("json", "urlencoded", "multipart", "*/*"):
            for kind, media in content.items():
                if wanted in kind:
                    told = self.resolve(media)
                    named = [self.resolve(one) for one in (told.get("examples") or {}).values()]
                    examples = [one.get("value") for one in named if isinstance(one, dict)]
                    examples += [told["example"]] if "example" in told else []
                    return (kind, told.get("schema") or {}), examples, body.get("required") is True
        return None, [], False

    def _swagger_body(
        self, raw: Any, parameters: list[dict[str, Any]]
    ) -> tuple[tuple[str, Schema] | None, list[Any], bool]:
        consumes = raw.get("consumes") or self.data.get("consumes") or ["application/json"]
        for parameter in parameters:
            if parameter["in"] == "body":
                kind = next((one for one in consumes if "json" in one and "patch" not in one), "application/json")
                return (kind, parameter.get("schema") or {}), [], parameter.get("required") is True
        fields = [one for one in parameters if one["in"] == "formData"]
        if not fields:
            return None, [], False
        kind = next((one for one in consumes if "form" in one), "application/x-www-form-urlencoded")
        required = [one["name"] for one in fields if one.get("required") is True]
        schema = {"type": "object", "properties": {one["name"]: _schema_of(one) for one in fields}}
        return (kind, {**schema, "required": required} if required else schema), [], bool(required)

    # Schemas

    def properties(self, schema: Schema, depth: int = 0) -> dict[str, Schema]:
        """The properties of an object, whatever they stand behind."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return {}
        found: dict[str, Schema] = {}
        for keyword in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(keyword) or ():
                found = {**self.properties(part, depth + 1), **found}
        told = schema.get("properties")
        return {**found, **told} if isinstance(told, dict) else found

    def kinds(self, schema: Schema, depth: int = 0) -> set[str]:
        """The JSON types that the schema takes, as far as it says."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return set()
        told = schema.get("type")
        if told is not None:
            return {*told} if isinstance(told, list) else {told}
        if "properties" in schema:
            return {"object"}
        if "items" in schema:
            return {"array"}
        parts = [part for keyword in ("allOf", "oneOf", "anyOf") for part in schema.get(keyword) or ()]
        return set().union(*(self.kinds(part, depth + 1) for part in parts)) if parts else set()

    def items(self, schema: Schema) -> Schema | None:
        """The schema of an array's items; None where it is none."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict):
            return None
        if "items" in schema:
            return schema["items"]
        return next((found for part in schema.get("allOf") or () if (found := self.items(part)) is not None), None)

    def way_in(self, operation: Operation) -> Way:
        """The way to the document in a request: `{article: {...}}` has it inside."""
        if operation.media is None:
            return ()
        properties = self.properties(operation.media[1])
        if len(properties) == 1:
            (name, inner), *_ = properties.items()
            if self.properties(inner):
                return (name,)
        return ()

    def sent(self, operation: Operation) -> dict[str, Schema]:
        """The properties of the document that a request sends."""
        if operation.media is None:
            return {}
        schema = operation.media[1]
        for name in self.way_in(operation):
            schema = self.properties(schema)[name]
        found = {name: self.resolve(part) for name, part in self.properties(schema).items()}
        return {name: part for name, part in found.items() if isinstance(part, dict) and not part.get("readOnly")}

    def answer_schema(self, operation: Operation) -> Schema | None:
        """The JSON schema of an operation's success."""
        return None if operation.success is None else self.json_schema(operation.success[1])

    def json_schema(self, response: Any) -> Schema | None:
        """The JSON schema of a response."""
        if not isinstance(response, dict):
            return None
        if self.is_swagger:
            return response.get("schema")
        for kind, media in (response.get("content") or {}).items():
            if "json" in kind or kind == "*/*":
                return self.resolve(media).get("schema")
        return None

    def shown(self, operation: Operation, names: Mapping[str, Any], *, many: bool) -> tuple[Way, list[str]]:
        """Where a success shows the document with most of the names, and which of them."""
        best: tuple[Way, list[str]] = ((), [])
        is_sure = False
        for way, properties, is_item in self._documents(self.answer_schema(operation), (), 0):
            pairs = [(name, shown_name(name, properties)) for name in names]
            common = [name for name, to in pairs if to is not None and self._alike(names[name], properties[to])]
            # What stands deeper has to show clearly more: a charge, which has its own id, may show its customer.
            weight = (1.6 if way and best[1] else 1) * (3 if is_sure else 1)
            if not way and is_item == many:
                is_sure = any(plain(name) in _OWN_IDS for name in properties)
            if is_item == many and len(common) > weight * max(len(best[1]), 1 if is_sure and way else 0):
                best = way, common
        return best

    def at(self, operation: Operation, way: Way) -> Schema:
        """The schema at the end of a way into an operation's success."""
        schema = self.answer_schema(operation)
        for name in way:
            schema = self.properties(schema).get(name)
        return schema

    def showable(self, schema: Schema, sent: dict[str, Any]) -> dict[str, Any]:
        """Of what is sent the part that an answer of the schema may show as it is."""
        properties, found = self.properties(schema), {}
        for told, value in sent.items():
            name = shown_name(told, properties)
            if name is None:
                continue
            if isinstance(value, dict):
                inner = self.showable(properties[name], value)
                if inner:
                    found[name] = inner
            elif (
                self._is_text_for(properties[name], value)
                and not self._has_objects(value)
                and self.violation(properties[name], value, self.reads, formats=True) is None
            ):
                found[name] = value
        out = self._shut_out(schema, found)
        return {name: value for name, value in found.items() if name not in out}

    def _shut_out(self, schema: Schema, document: dict[str, Any]) -> set[str]:
        """The properties whose values the schema as a whole refuses, whatever it says of each."""
        with contextlib.suppress(Exception):  # the contract's schema is none that python-jsonschema takes
            errors = self.reads(schema, registry=self.registry).iter_errors(document)
            return {str(one.absolute_path[0]) for one in errors if one.absolute_path}
        return set()

    def _is_text_for(self, schema: Schema, value: Any) -> bool:
        """Whether a text may be what the schema calls a URL: python-jsonschema does not look."""
        told = self.resolve(schema)
        is_url = isinstance(told, dict) and str(told.get("format")).startswith(("ur", "iri"))
        return not is_url or not isinstance(value, str) or "://" in value

    @staticmethod
    def _has_objects(value: Any) -> bool:
        return isinstance(value, list) and any(isinstance(one, dict | list) for one in value)

    def _documents(self, schema: Schema, way: Way, depth: int) -> Iterator[tuple[Way, dict[str, Schema], bool]]:
        items = self.items(schema)
        if items is not None:
            yield way, self.properties(items), True
            for name, part in self.properties(items).items() if depth == 0 else ():
                yield (*way, name), self.properties(part), True
            return
        properties = self.properties(schema)
        if properties:
            yield way, properties, False
        for name, part in properties.items() if depth < 3 else ():
            yield from self._documents(part, (*way, name), depth + 1)

    def _alike(self, sent: Any, shown: Schema) -> bool:
        """Whether what is sent by the one schema can be shown by the other."""
        shown = self.resolve(shown)
        if not isinstance(sent, dict) or not isinstance(shown, dict):
            return not isinstance(sent, dict)
        if shown.get("writeOnly") or shown.get("readOnly"):
            return False
        one, other = self.kinds(sent) - {"null"}, self.kinds(shown) - {"null"}
        if one and other and not one <= other:
            return False
        if "enum" in shown and not {*map(str, sent.get("enum") or ())} & {*map(str, shown["enum"])}:
            return False
        narrower = ("format", "pattern", "maxLength", "minLength", "maximum", "minimum", "const")
        return all(sent.get(key) == shown[key] for key in narrower if key in shown)

    # Answers

    def complaint(self, operation: Operation, answer: httpx.Response) -> str | None:
        """What is wrong with an answer; None where it is a declared one that conforms, or an undeclared refusal."""
        if answer.status_code >= 500 and answer.status_code != 501:
            return f"{answer.status_code} {answer.text[:160]}"
        status = str(answer.status_code)
        declared = operation.responses.get(status) or operation.responses.get(f"{status[0]}XX")
        declared = declared or operation.responses.get("default")
        if declared is None:
            return f"{status} is not declared" if answer.is_success else None
        schema = self.json_schema(declared)
        if schema is None or "json" not in answer.headers.get("content-type", "") or not answer.content:
            return None
        return self.violation(schema, answer.json(), self.reads)

    def violation(self, schema: Schema, value: Any, validator: Any, *, formats: bool = False) -> str | None:
        """The first way in which a value breaks a schema."""
        try:
            told = validator.FORMAT_CHECKER if formats else None
            checker = validator(schema, registry=self.registry, format_checker=told)
            error = next(checker.iter_errors(value), None)
        except Exception as failed:  # the contract's schema is none that python-jsonschema takes
            return None if failed else ""
        return None if error is None else f"{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}"


def _schema_of(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A Swagger 2.0 parameter as a schema."""
    without = {key: value for key, value in parameter.items() if key not in ("name", "in", "required", "description")}
    return {**without, "type": "string"} if without.get("type") == "file" else without


def plain(name: str) -> str:
    """The name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def shown_name(name: str, properties: Mapping[str, Any]) -> str | None:
    """What the property is called where it is shown: `FriendlyName` may be `friendly_name` there."""
    if name in properties:
        return name
    same = [one for one in properties if plain(one) == plain(name)]
    return same[0] if len(same) == 1 else None


def scalars_in(value: Any, deepest: int, depth: int = 0) -> Iterator[tuple[int, str, Any]]:
    """The scalars in a JSON object: depth, name, value; none of what stands in its arrays."""
    for name, part in value.items() if isinstance(value, dict) else ():
        if isinstance(part, dict) and depth < deepest:
            yield from scalars_in(part, deepest, depth + 1)
        elif isinstance(part, str | int) and not isinstance(part, bool):
            yield depth, name, part
