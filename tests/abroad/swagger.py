"""An OpenAPI 3.0 description of ours as Swagger 2.0 writes it."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")


def as_swagger(whole: Schema) -> Schema:
    """The same description in Swagger 2.0."""
    found: Schema = {"swagger": "2.0", "info": whole["info"], "consumes": ["application/json"]}
    found |= {"produces": ["application/json"], "paths": {}}
    for path, operations in whole["paths"].items():
        found["paths"][path] = {
            key: _operation(one) if key in METHODS else [_parameter(each) for each in one]
            for key, one in operations.items()
        }
    found["definitions"] = whole["components"]["schemas"]
    schemes = whole["components"].get("securitySchemes", {})
    if schemes:
        found["security"] = whole["security"]
        found["securityDefinitions"] = {name: _scheme(one) for name, one in schemes.items()}
    swagger: Schema = _renamed(found)
    return swagger


def _operation(operation: Schema) -> Schema:
    found = {key: one for key, one in operation.items() if key not in ("requestBody", "responses", "parameters")}
    parameters = [_parameter(one) for one in operation.get("parameters", ())]
    body = operation.get("requestBody")
    if body is not None:
        ((media, content),) = body["content"].items()
        parameters.append({"name": "body", "in": "body", "required": True, "schema": content["schema"]})
        if media != "application/json":
            found["consumes"] = [media]
    if parameters:
        found["parameters"] = parameters
    found["responses"] = {status: _response(one) for status, one in operation["responses"].items()}
    return found


def _parameter(parameter: Schema) -> Schema:
    plain = {key: one for key, one in parameter.items() if key != "schema"}
    return {**plain, **parameter["schema"]}


def _response(response: Schema) -> Schema:
    found: Schema = {key: one for key, one in response.items() if key not in ("content", "headers")}
    for content in response.get("content", {}).values():
        found["schema"] = content["schema"]
    if "headers" in response:
        found["headers"] = {name: one["schema"] for name, one in response["headers"].items()}
    return found


def _scheme(scheme: Schema) -> Schema:
    if scheme["type"] != "http":
        return scheme
    plain = {key: one for key, one in scheme.items() if key != "scheme"}
    return {**plain, "type": scheme["scheme"]}


def _renamed(value: Any) -> Any:
    """The value with references to where Swagger keeps schemas."""
    if isinstance(value, dict):
        return {key: _renamed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    return value.replace("#/components/schemas/", "#/definitions/") if isinstance(value, str) else value
