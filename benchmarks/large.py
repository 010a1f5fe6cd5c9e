"""A large contract: 3 MB, hundreds of operations, schemas that refer to each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESOURCES = 96
PROPERTIES = 95
Schema = dict[str, Any]


def contract(resources: int = RESOURCES, properties: int = PROPERTIES) -> Schema:
    """A contract with five operations for each resource."""
    paths: Schema = {}
    for number in range(resources):
        one, many = _operations(number)
        paths[f"/resources-{number}"], paths[f"/resources-{number}/{{id}}"] = many, one
    return {
        "openapi": "3.0.3",
        "info": {"title": "Large", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {f"Resource{number}": _schema(number, resources, properties) for number in range(resources)}
        },
    }


def write(folder: Path) -> Path:
    """Write it into a folder; the file's path."""
    file = folder / "openapi.json"
    file.write_text(json.dumps(contract(), indent=1), "utf-8")
    return file


def _schema(number: int, resources: int, count: int) -> Schema:
    properties: Schema = {
        "id": {"type": "string", "readOnly": True},
        "next": {"$ref": f"#/components/schemas/Resource{(number + 1) % resources}"},
    }
    for index in range(count):
        properties[f"property{index}"] = _property(number, index)
    return {
        "type": "object",
        "description": f"Resource number {number}. " + "It is described at length, as large contracts do. " * 10,
        "x-resource": {"collection": f"resources{number}", "id": "id"},
        "required": ["property0", "property1"],
        "properties": properties,
    }


def _property(number: int, index: int) -> Schema:
    words = {"description": f"Property {index} of resource {number}, and what it is good for. " * 3}
    kinds: list[Schema] = [
        {"type": "string", "maxLength": 80, "example": "text"},
        {"type": "integer", "minimum": 0},
        {"type": "string", "enum": ["one", "two", "three"]},
        {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
        {"type": "string", "format": "date-time", "nullable": True},
        {"type": "object", "properties": {"inner": {"type": "number"}, "other": {"type": "boolean"}}},
    ]
    return {**kinds[index % len(kinds)], **words}


def _operations(number: int) -> tuple[Schema, Schema]:
    whole = {"$ref": f"#/components/schemas/Resource{number}"}
    some: Schema = {"type": "array", "items": whole}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    one = {
        "parameters": [key],
        "get": _operation(f"get_{number}", whole),
        "put": _operation(f"put_{number}", whole, body=True),
        "delete": {"operationId": f"delete_{number}", "responses": {"204": {"description": "Gone."}}},
    }
    many = {
        "get": _operation(f"list_{number}", some),
        "post": _operation(f"post_{number}", whole, "201", body=True),
    }
    return one, many


def _operation(id: str, schema: Schema, status: str = "200", *, body: bool = False) -> Schema:
    content = {"application/json": {"schema": schema}}
    request = {"requestBody": {"required": True, "content": content}} if body else {}
    refused = {"description": "Refused."}
    return {
        "operationId": id,
        **request,
        "responses": {status: {"description": "Done.", "content": content}, "400": refused, "404": refused},
    }
