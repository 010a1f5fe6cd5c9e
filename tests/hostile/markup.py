"""A contract in which every text is markup, and its documents."""

from __future__ import annotations

from typing import Any

from tests.hostile.sizes import Schema

TEXTS = (
    '<img data-broken src=x onerror="window.broken=1">',
    "</script><script data-broken>window.broken=1</script>",
    "\"'><svg data-broken onload=window.broken=1>",
    "<a data-broken href='javascript:window.broken=1'>x</a> [x](javascript:window.broken=1)",
    "{{constructor.constructor('window.broken=1')()}}${window.broken=1}<%= window.broken=1 %>{% raw %}",
    "</textarea></title></style><!--<iframe data-broken srcdoc='<script>parent.broken=1</script>'>",
)
ALL = " ".join(TEXTS)
LINK = "javascript:window.broken=1"
NAME = TEXTS[0]  # of properties, users, collections
USERS: list[Schema] = [{"id": f"{number} {text}", "email": text, NAME: text} for number, text in enumerate(TEXTS)]


def contract() -> Schema:
    """A contract that lists, creates and reads things, and signs users in."""
    user = {
        "type": "object",
        "description": ALL,
        "x-resource": {"collection": "users", "id": "id"},
        "properties": {"id": {"type": "string"}, "email": {"type": "string"}, NAME: {"type": "string"}},
    }
    thing = {
        "type": "object",
        "title": ALL,
        "description": ALL,
        "externalDocs": {"url": LINK, "description": ALL},
        "x-resource": {"collection": "things", "id": "id"},
        "x-validations": [{"rule": "self.name != 'no'", "message": ALL}],
        "required": ["name"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "name": {"type": "string", "description": ALL, "example": ALL, "x-unique": True},
            NAME: {"type": "string", "enum": list(TEXTS), "default": TEXTS[0]},
        },
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    answer = {"description": ALL, **body}
    refused = {"description": ALL, "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    head: Schema = {"tags": [ALL], "summary": ALL, "description": ALL, "externalDocs": {"url": LINK}}
    key = {"name": "id", "in": "path", "required": True, "description": ALL, "schema": {"type": "string"}}
    query = {"name": NAME, "in": "query", "description": ALL, "schema": {"type": "string", "enum": list(TEXTS)}}
    listed = {
        "description": ALL,
        "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": ALL,
            "version": ALL,
            "description": ALL,
            "termsOfService": LINK,
            "contact": {"name": ALL, "url": LINK, "email": ALL},
            "license": {"name": ALL, "url": LINK},
        },
        "servers": [{"url": "/", "description": ALL}],
        "externalDocs": {"url": LINK, "description": ALL},
        "tags": [{"name": ALL, "description": ALL, "externalDocs": {"url": LINK}}],
        "security": [{}, {"oauth": [NAME]}],
        "paths": {
            "/things": {
                "get": {"operationId": TEXTS[0], "parameters": [query], "responses": {"200": listed}, **head},
                "post": {
                    "operationId": TEXTS[1],
                    "requestBody": body,
                    "responses": {"201": answer, "400": refused, "409": refused},
                    **head,
                },
            },
            "/things/{id}": {
                "parameters": [key],
                "get": {"operationId": TEXTS[2], "responses": {"200": answer, "404": refused}, **head},
            },
        },
        "components": {
            "securitySchemes": {"oauth": _scheme()},
            "schemas": {"User": user, "Thing": thing},
        },
    }


def _scheme() -> Schema:
    flow: dict[str, Any] = {"authorizationUrl": LINK, "tokenUrl": LINK, "scopes": {NAME: ALL}}
    return {
        "type": "oauth2",
        "description": ALL,
        "flows": {"authorizationCode": flow},
        "x-identity": {"collection": "users", "claims": {"email": "email"}},
    }
