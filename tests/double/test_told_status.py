"""A refusal speaks of its own status, whatever the contract shows for others: in its numbers, codes and words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
PROBLEM = "application/problem+json"
STATUSES = ("401", "404", "409", "422", "429", "500")
PHRASES = {401: "Unauthorized", 409: "Conflict", 422: "Unprocessable", 429: "Too Many Requests", 500: "Internal Server"}
WORDS = ["conflict", "not_found", "unprocessable", "unauthorized", "too_many_requests", "internal_error", "unavailable"]
GONE = "the address is gone"


def object_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def response(schema: Any = None, media_type: str = "application/json", **shown: Any) -> dict[str, Any]:
    media = shown if schema is None else {"schema": schema, **shown}
    return {"description": "an error", "content": {media_type: media}}


FLAT = object_of(code={**TEXT, "enum": WORDS}, message=TEXT, status_code=NUMBER)
NESTED = object_of(error=FLAT)
OF_404: dict[str, Any] = {"code": "not_found", "message": GONE, "status_code": 404}
OF_409: dict[str, Any] = {"code": "conflict", "message": GONE, "status_code": 409}
DETAILS = {"type": "https://api.example/gone", "title": GONE, "status": 404, "detail": GONE}
SHOWN = {"type": {**TEXT, "format": "uri", "example": "https://api.example/not-found"}, "title": TEXT}
CODED = {**object_of(type=TEXT, title=TEXT, status=NUMBER, code={**TEXT, "enum": WORDS}), "additionalProperties": False}
MODELS = object_of(
    code={**TEXT, "example": "NOT_FOUND"}, message={**TEXT, "example": GONE}, statusCode={**TEXT, "example": "404"}
)

SHAPES: dict[str, dict[str, Any]] = {
    "default": {"default": response(NESTED, example={"error": OF_404})},
    "named": {"default": response(FLAT, examples={"one": {"value": OF_404}, "two": {"value": OF_409}})},
    "ranges": {"4XX": response(FLAT, example=OF_404), "5XX": response(FLAT, example=OF_404)},
    "shared": {status: {"$ref": "#/components/responses/Shared"} for status in STATUSES},
    "wordless": {status: {"$ref": "#/components/responses/Wordless"} for status in STATUSES},
    "copied": {status: response(FLAT, example=OF_404) for status in STATUSES},
    "open": {"default": response({"type": "object"}, example={"error": OF_404})},
    "schemaless": {"default": response(example={"error": OF_404})},
    "many": {"default": response({}, example={"errors": [{"status": "404", "code": "not_found", "detail": GONE}]})},
    "texts": {"default": response(object_of(errors={"type": "array", "items": TEXT}), example={"errors": [GONE]})},
    "problem": {"default": response(object_of(**SHOWN, status=NUMBER), PROBLEM, example=DETAILS)},
    "problem_as_json": {"default": response(object_of(**SHOWN, status=NUMBER), example=DETAILS)},
    "problem_with_code": {"default": response(CODED, PROBLEM, example={**DETAILS, "code": "not_found"})},
    "models": {"default": response(MODELS)},
    "digits": {"default": response(object_of(code={**TEXT, "enum": [*STATUSES, "503"]}, message=TEXT))},
    "numbers": {"default": response(object_of(status={"enum": [404, 401, 409, 422, 429, 500, 503]}, message=TEXT))},
    "pattern": {"default": response(object_of(status={**TEXT, "pattern": "^[0-9]{3}$"}, message=TEXT))},
    "untyped": {"default": response(object_of(status={}, code={"type": ["integer", "string"]}), example=OF_404)},
    "constants": {
        "default": response({"oneOf": [object_of(code={"const": word}, message=TEXT) for word in WORDS]}),
    },
    "text": {"default": response(TEXT, "text/plain", example=GONE)},
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    file: Path = tmp_path_factory.mktemp("told") / "openapi.json"
    read = {"200": response(object_of(id=NUMBER))}
    parameter = {"name": "id", "in": "path", "required": True, "schema": NUMBER}
    own: dict[str, Any] = {
        "401": response(FLAT, example={"code": "unauthorized", "message": "bring a key", "status_code": 401}),
        "404": response(FLAT, examples={"slip": {"value": OF_409}, "right": {"value": OF_404}}),
    }
    paths: dict[str, Any] = {}
    for name, responses in (*SHAPES.items(), ("own", own)):
        get = {"operationId": name, "parameters": [parameter], "responses": {**read, **responses}}
        paths[f"/{name}/{{id}}"] = {"get": get}
        paths[f"/closed/{name}/{{id}}"] = {"get": {**get, "operationId": f"closed_{name}", "security": [{"key": []}]}}
    components = {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "responses": {
            "Shared": response(FLAT, example=OF_404),
            "Wordless": response(object_of(message=TEXT), example={"message": GONE}),
        },
    }
    contract = {"openapi": "3.1.0", "info": {"title": "Told", "version": "1"}, "paths": paths, "components": components}
    file.write_text(json.dumps(contract))
    with serving(Settings(file, seed=1)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def speaks_of(answer: httpx.Response, name: str) -> None:
    """Fail where the answer speaks of the 404 that the contract shows, or breaks the schema."""
    status = answer.status_code
    assert GONE not in answer.text
    assert "not_found" not in answer.text.lower()
    assert not {"404", "409"} - {str(status)} & {*re.findall("[0-9]{3}", answer.text)}
    if answer.headers["content-type"] == "text/plain":
        return
    declared = SHAPES[name].get("default") or SHAPES[name].get(f"{status // 100}XX")
    schema = declared["content"][answer.headers["content-type"]].get("schema", {}) if declared else {}
    jsonschema.Draft202012Validator(schema).validate(answer.json())
    for part, value in members(answer.json()):
        if part in ("status", "status_code", "statusCode"):
            assert str(value) == str(status)


def members(body: Any) -> Iterator[tuple[str, Any]]:
    for part, value in body.items() if isinstance(body, dict) else ():
        yield part, value
        yield from members(value)
    for item in body if isinstance(body, list) else ():
        yield from members(item)


@pytest.mark.parametrize("name", SHAPES)
def test_who_brings_no_key_is_told_of_the_key(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/closed/{name}/1")
    assert answer.status_code == 401
    speaks_of(answer, name)
    assert "401" in answer.text or "unauthorized" in answer.text.lower()


@pytest.mark.parametrize("name", SHAPES)
def test_a_refusal_that_a_client_prefers_speaks_of_the_status_it_prefers(client: httpx.Client, name: str) -> None:
    for status in (409, 422, 429, 500):
        answer = client.get(f"/{name}/1", headers={"Prefer": f"code={status}"})
        assert (answer.status_code, answer.headers["Preference-Applied"]) == (status, f"code={status}")
        speaks_of(answer, name)
        assert str(status) in answer.text or PHRASES[status].lower() in answer.text.lower()


@pytest.mark.parametrize("name", SHAPES)
def test_an_injected_fault_speaks_of_its_own_status(client: httpx.Client, name: str) -> None:
    client.put("/_specdouble/faults", json=[{"operation": name, "status": 503}]).raise_for_status()
    answer = client.get(f"/{name}/1")
    client.put("/_specdouble/faults", json=[]).raise_for_status()
    assert answer.status_code == 503
    speaks_of(answer, name)


def test_the_words_of_an_example_are_not_told_where_it_is_not_of_that_status_alone(client: httpx.Client) -> None:
    for name in ("default", "named", "ranges", "wordless", "open", "schemaless", "many", "texts", "problem"):
        answer = client.get(f"/{name}/1", headers={"Prefer": "code=404"})
        assert (answer.status_code, GONE in answer.text) == (404, False), name
        assert "Not Found" in answer.text


def test_the_example_of_that_very_status_is_the_body(client: httpx.Client) -> None:
    assert client.get("/closed/own/1").json()["message"] == "bring a key"
    assert client.get("/own/1", headers={"Prefer": "code=404"}).json() == OF_404


def test_a_code_is_written_as_the_contract_writes_codes(client: httpx.Client) -> None:
    assert client.get("/closed/models/1").json()["code"] == "UNAUTHORIZED"
    assert client.get("/closed/many/1").json()["errors"][0]["code"] == "unauthorized"
    assert client.get("/closed/problem_as_json/1").json()["type"] == "about:blank"
