"""json-server's `db.json` as a contract and its documents."""

from __future__ import annotations

import re
from typing import Any

import inflection
from genson import SchemaBuilder

from specdouble.contract.json_type import JSON

Documents = dict[str, list[dict[str, Any]]]
_NAME = re.compile(r"\w[\w.~-]*")
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


class BadName(Exception):
    """A collection has a name that no path and no file can have."""


def contract_of_database(title: str, database: dict[str, Any]) -> tuple[dict[str, JSON], Documents]:
    """The contract that json-server serves for a database, and the documents in it.

    An array of objects is a collection with its six operations, an object is one document. `postId` refers to `posts`,
    where each is the id of one.

    Args:
        title: what the API is called.
        database: the content of `db.json`.

    Raises:
        BadName: a collection cannot be called so.
    """
    paths: dict[str, JSON] = {}
    schemas: dict[str, JSON] = {}
    documents: Documents = {}
    for name, value in database.items():
        if not isinstance(value, list | dict):  # such as `$schema`
            continue
        if not _NAME.fullmatch(name):
            raise BadName(f"`{name}` is no name of a collection: it is a part of paths, and of a file's name")
        held = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else None
        if held is not None and (held or not value):
            schema = schemas[schema_name(name)] = _collection_schema(name, held, database)
            paths |= _collection_paths(name, schema)
            documents[name] = [{**one, "id": _id(one["id"], schema)} for one in held if "id" in one]
        elif isinstance(value, dict):
            schemas[schema_name(name)] = inferred([value])
            paths[f"/{name}"] = _single_paths(name, value)
    contract: dict[str, JSON] = {
        "openapi": "3.1.0",
        "info": {"title": inflection.titleize(title), "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return contract, documents


def schema_name(collection: str) -> str:
    """`blog-posts` holds `BlogPost`."""
    words = re.sub(r"\W+", "_", collection, flags=re.ASCII).strip("_") or "document"
    return inflection.camelize(inflection.singularize(words))


def inferred(values: list[JSON]) -> dict[str, Any]:
    """What the values have in common, as a schema that demands nothing but types."""
    builder = SchemaBuilder(schema_uri=None)
    for value in values:
        builder.add_object(value)
    schema: dict[str, Any] = builder.to_schema()
    _demand_nothing(schema)
    return schema


def _demand_nothing(schema: Any) -> None:
    """A few documents do not tell what every document must have."""
    if isinstance(schema, dict):
        schema.pop("required", None)
        for value in schema.values():
            _demand_nothing(value)
    elif isinstance(schema, list):
        for one in schema:
            _demand_nothing(one)


def _collection_schema(name: str, held: list[dict[str, Any]], database: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = inferred(list(held)) if held else {"type": "object"}
    properties: dict[str, Any] = schema.setdefault("properties", {})
    identity = properties.setdefault("id", {"type": "string"})
    if not isinstance(identity.get("type"), str):  # json-server takes several; an id is of one type
        properties["id"] = {"type": "string"}
    for field, described in properties.items():
        target = inflection.pluralize(field.removesuffix("Id")) if field.endswith("Id") else ""
        if _scalar(described) and _all_refer([one.get(field) for one in held], database.get(target)):
            described["x-references"] = target
    return {"x-resource": {"collection": name, "id": "id"}, **schema}


def _id(value: object, schema: dict[str, Any]) -> Any:
    """An id of the one type that ids have."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number and schema["properties"]["id"]["type"] == "string" else value


def _all_refer(values: list[Any], documents: Any) -> bool:
    """Whether each value is the id of one of the documents: a guess that the data itself breaks is none."""
    if not isinstance(documents, list):
        return False
    ids = [one.get("id") for one in documents if isinstance(one, dict)]
    known = {one for one in ids if isinstance(one, str | int | float)}
    return all(value is None or value in known for value in values)


def _scalar(schema: Any) -> str | None:
    """The one type of a text or a number that values have, whether or not some are null; None where there is none."""
    named = schema.get("type") if isinstance(schema, dict) else None
    types = {named} if isinstance(named, str) else {*(named or ())} - {"null"}
    return next(iter(types)) if len(types) == 1 and types <= _SCALARS else None


def _collection_paths(name: str, schema: Any) -> dict[str, JSON]:
    what, one = {"$ref": f"#/components/schemas/{schema_name(name)}"}, schema_name(name)
    filters: list[JSON] = []
    for field, described in schema["properties"].items():
        if (scalar := _scalar(described)) is not None:
            filters.append({"name": field, "in": "query", "schema": {"type": scalar}})
    pages: list[JSON] = [{"name": page, "in": "query", "schema": {"type": "integer"}} for page in ("_page", "_limit")]
    known = {"name": "id", "in": "path", "required": True, "schema": {"type": schema["properties"]["id"]["type"]}}
    tag = [name]
    items: JSON = {"type": "array", "items": what}
    return {
        f"/{name}": {
            "get": {"operationId": f"list{inflection.camelize(inflection.underscore(name))}", "tags": tag,
                    "parameters": [*filters, *pages], "responses": {"200": _json("All of them.", items), **_REFUSED}},
            "post": {"operationId": f"create{one}", "tags": tag, "requestBody": _sent(what),
                     "responses": {"201": _json("The new one.", what), **_REFUSED}},
        },
        f"/{name}/{{id}}": {
            "parameters": [known],
            "get": {"operationId": f"get{one}", "tags": tag,
                    "responses": {"200": _json("The one of that id.", what), **_MISSED}},
            "put": {"operationId": f"replace{one}", "tags": tag, "requestBody": _sent(what),
                    "responses": {"200": _json("As it is now.", what), **_REFUSED, **_MISSED}},
            "patch": {"operationId": f"change{one}", "tags": tag, "requestBody": _sent(what),
                      "responses": {"200": _json("As it is now.", what), **_REFUSED, **_MISSED}},
            "delete": {"operationId": f"delete{one}", "tags": tag,
                       "responses": {"204": {"description": "It is gone."}, **_MISSED}},
        },
    }  # fmt: skip


def _single_paths(name: str, value: JSON) -> dict[str, JSON]:
    what, one = {"$ref": f"#/components/schemas/{schema_name(name)}"}, schema_name(name)
    answered = {"200": _json("As it is now.", what)}
    begun = {"200": _json("As it is now.", what, example=value)}
    return {
        "get": {"operationId": f"get{one}", "tags": [name], "responses": begun},
        "put": {"operationId": f"replace{one}", "tags": [name], "requestBody": _sent(what),
                "responses": {**answered, **_REFUSED}},
        "patch": {"operationId": f"change{one}", "tags": [name], "requestBody": _sent(what),
                  "responses": {**answered, **_REFUSED}},
    }  # fmt: skip


def _json(description: str, schema: JSON, **more: JSON) -> dict[str, JSON]:
    return {"description": description, "content": {"application/json": {"schema": schema, **more}}}


def _sent(schema: JSON) -> dict[str, JSON]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_REFUSED: dict[str, JSON] = {"400": {"description": "It is refused."}}
_MISSED: dict[str, JSON] = {"404": {"description": "There is none of that id."}}
