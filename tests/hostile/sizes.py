"""Contracts with many of one thing: twice as many may take twice as long to read and to answer, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
THING: Schema = {"$ref": "#/components/schemas/Thing"}


def whole(paths: Schema, schemas: Schema | None = None, **more: Any) -> Schema:
    """A contract."""
    head = {"openapi": "3.0.3", "info": {"title": "A", "version": "1"}}
    return {**head, "paths": paths, "components": {"schemas": schemas or {}}, **more}


def answering(schema: Any, id: str, **more: Any) -> Schema:
    """An operation that answers with a value of the schema."""
    media = {"application/json": {"schema": schema}}
    return {"operationId": id, "responses": {"200": {"description": "a", "content": media}}, **more}


def of(thing: Schema, schemas: Schema | None = None, **more: Any) -> Schema:
    """A contract that lists, creates and reads things."""
    created = {"description": "a", "content": {"application/json": {"schema": THING}}}
    body = {"required": True, "content": {"application/json": {"schema": THING}}}
    key = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    adding = {"operationId": "add", "requestBody": body, "responses": {"201": created, "400": {"description": "b"}}}
    listing = answering({"type": "array", "items": THING}, "list")
    paths = {
        "/things": {"get": listing, "post": adding},
        "/things/{id}": {"parameters": [key], "get": answering(THING, "read")},
    }
    return whole(paths, {"Thing": thing, **(schemas or {})}, **more)


def kept(**keywords: Any) -> Schema:
    """The schema of a resource."""
    properties = {"id": TEXT, **keywords.pop("properties", {})}
    return {"type": "object", "x-resource": {"collection": "things", "id": "id"}, **keywords, "properties": properties}


def properties(count: int, make: Callable[[int], Schema]) -> Schema:
    """A resource with that many properties."""
    return of(kept(properties={f"p{number}": make(number) for number in range(count)}))


def operations(count: int, path: str, schema: Schema = TEXT, **more: Any) -> Schema:
    """That many operations, each on its path."""
    return whole({path.format(number): {"get": answering(schema, f"a{number}", **more)} for number in range(count)})


def collections(count: int) -> Schema:
    """That many resources that nothing but their shape tells of."""
    paths: Schema = {}
    schemas: Schema = {}
    for number in range(count):
        contract = of({"type": "object", "properties": {"id": TEXT, "a": TEXT}})
        schemas[f"S{number}"] = contract["components"]["schemas"]["Thing"]
        reference = {"$ref": f"#/components/schemas/S{number}"}
        listing = answering({"type": "array", "items": reference}, f"l{number}")
        reading = answering(reference, f"r{number}")
        key = {"name": "id", "in": "path", "required": True, "schema": TEXT}
        paths[f"/s{number}"] = {"get": listing}
        paths[f"/s{number}/{{id}}"] = {"parameters": [key], "get": reading}
    return whole(paths, schemas)


def chain(count: int, link: Callable[[Schema], Schema]) -> Schema:
    """Schemas of which each is made of the next."""
    names = [f"S{number}" for number in range(count + 1)]
    following = pairwise(names)
    schemas = {name: link({"$ref": f"#/components/schemas/{after}"}) for name, after in following}
    return of({"allOf": [{"$ref": "#/components/schemas/S0"}]}, {**schemas, names[-1]: TEXT})


def tagged(count: int) -> Schema:
    """A discriminator that chooses among that many."""
    names = [f"S{number}" for number in range(count)]
    mapping = {name: f"#/components/schemas/{name}" for name in names}
    base = {"type": "object", "required": ["k"], "properties": {"k": TEXT}}
    return of(
        {**base, "discriminator": {"propertyName": "k", "mapping": mapping}},
        {name: {"allOf": [THING, {"type": "object", "properties": {name: TEXT}}]} for name in names},
    )


def states(count: int) -> Schema:
    """A property with that many states, each followed by the next."""
    names = [f"e{number}" for number in range(count)]
    steps = {name: [after] for name, after in pairwise(names)}
    return of(kept(properties={"s": {"type": "string", "enum": names, "x-transitions": steps}}))


def schemes(count: int) -> Schema:
    """That many security schemes, of which any will do."""
    contract = of(kept(), security=[{f"k{number}": []} for number in range(count)])
    keys = {f"k{number}": {"type": "apiKey", "in": "header", "name": f"k{number}"} for number in range(count)}
    contract["components"]["securitySchemes"] = keys
    return contract


def parts(count: int, keyword: str) -> Schema:
    """A schema that is composed of that many."""
    listed = [{"properties": {f"q{number}": TEXT}, "required": [f"q{number}"]} for number in range(count)]
    return of(kept(**{keyword: listed}))


SIZES: dict[str, Callable[[int], Schema]] = {
    "properties": lambda count: properties(count, lambda _: TEXT),
    "patterns": lambda count: properties(count, lambda number: {"type": "string", "pattern": f"^[a-z]x{number}$"}),
    "unique properties": lambda count: properties(count, lambda _: {**TEXT, "x-unique": True}),
    "references": lambda count: properties(count, lambda _: {**TEXT, "x-references": "things"}),
    "immutable properties": lambda count: properties(count, lambda _: {**TEXT, "x-immutable": True}),
    "defaults": lambda count: properties(count, lambda _: {**TEXT, "default": "a"}),
    "wrong types": lambda count: properties(count, lambda _: {"type": "strng"}),
    "objects": lambda count: properties(count, lambda _: {"type": "object", "properties": {"a": TEXT}}),
    "paths": lambda count: operations(count, "/a{}"),
    "templates": lambda count: operations(count, "/{{id}}-{}"),
    "parameters": lambda count: operations(
        1, "/a{}", parameters=[{"name": f"p{number}", "in": "query", "schema": TEXT} for number in range(count)]
    ),
    "collections": collections,
    "parts of allOf": lambda count: parts(count, "allOf"),
    "alternatives of oneOf": lambda count: parts(count, "oneOf"),
    "alternatives of anyOf": lambda count: parts(count, "anyOf"),
    "chain of allOf": lambda count: chain(count, lambda after: {"allOf": [after]}),
    "chain of properties": lambda count: chain(count, lambda after: {"type": "object", "properties": {"a": after}}),
    "chain of items": lambda count: chain(count, lambda after: {"type": "array", "items": after}),
    "chain of maps": lambda count: chain(count, lambda after: {"type": "object", "additionalProperties": after}),
    "subtypes": tagged,
    "states": states,
    "security schemes": schemes,
    "enum": lambda count: of(kept(properties={"e": {"enum": [f"e{number}" for number in range(count)]}})),
    "examples": lambda count: operations(1, "/a{}", {"type": "string", "enum": [f"e{n}" for n in range(count)]}),
    "tags": lambda count: operations(1, "/a{}", tags=[f"t{number}" for number in range(count)]),
}
