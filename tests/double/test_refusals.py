"""A refusal has the status and the body that the operation declares for it, in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from specdouble.double.double import Settings
from specdouble.double.server import serving
from tests.contracts import FOLDER

TEXT = {"type": "string"}
PLACED: dict[str, Any] = {
    "type": "object", "required": ["resource", "field", "code"], "additionalProperties": False,
    "properties": {"resource": TEXT, "field": TEXT, "code": {"type": "string", "enum": ["missing", "invalid"]}},
}  # fmt: skip
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "github": ("422", {
        "type": "object", "required": ["message", "errors"], "additionalProperties": False,
        "properties": {"message": TEXT, "errors": {"type": "array", "minItems": 1, "items": PLACED}}}),
    "stripe": ("default", {
        "type": "object", "required": ["error"], "additionalProperties": False,
        "properties": {"error": {"type": "object", "required": ["type"], "additionalProperties": False, "properties": {
            "type": {"type": "string", "enum": ["api_error", "invalid_request_error"]}, "message": TEXT}}}}),
    "fastapi": ("422", {
        "type": "object", "additionalProperties": False, "properties": {"detail": {"type": "array", "items": {
            "type": "object", "required": ["loc", "msg", "type"], "properties": {
                "loc": {"type": "array", "items": TEXT}, "msg": TEXT, "type": TEXT}}}}}),
    "laravel": ("422", {
        "type": "object", "required": ["message", "errors"], "properties": {
            "message": TEXT, "errors": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}}}),
    "jsonapi": ("4XX", {
        "type": "object", "required": ["errors"], "additionalProperties": False, "properties": {
            "errors": {"type": "array", "minItems": 1, "items": {
                "type": "object", "required": ["status"], "properties": {"status": TEXT, "title": TEXT,
                "source": {"type": "object", "properties": {"pointer": TEXT}}}}}}}),
    "coded": ("400", {
        "type": "object", "required": ["code", "trace", "at"], "additionalProperties": False, "properties": {
            "code": {"type": "string", "pattern": "^E[0-9]{4}$"}, "trace": {"type": "string", "format": "uuid"},
            "at": {"type": "string", "format": "date-time"}, "message": {"type": "string", "maxLength": 5}}}),
    "open": ("400", {"type": "object", "required": ["message"], "properties": {"message": TEXT}}),
    "welcoming": ("400", {"type": "object", "properties": {"message": TEXT}, "additionalProperties": True}),
    "list": ("400", {"type": "array", "minItems": 1, "items": PLACED}),
    "either": ("400", {"oneOf": [{"type": "object", "required": ["never"], "properties": {"never": {"const": 1}}},
                                 {"type": "object", "required": ["reason"], "properties": {"reason": TEXT}}]}),
}  # fmt: skip


def operation(status: str, schema: dict[str, Any]) -> dict[str, Any]:
    name = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    responses = {"200": {"description": "ok"}, status: {"description": "bad"}}
    responses[status]["content"] = {"application/json": {"schema": schema}}  # type: ignore[assignment]
    return {"requestBody": {"content": {"application/json": {"schema": name}}}, "responses": responses}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("refusals")
    paths: dict[str, Any] = {f"/{name}": {"post": operation(*shape)} for name, shape in SHAPES.items()}
    both = operation("422", SHAPES["github"][1])
    both["responses"]["default"] = {"description": "any other"}
    paths["/both"] = {"post": both}
    paths["/plain"] = {"post": {
        **both, "responses": {"200": {"description": "ok"}, "400": {
            "description": "bad", "content": {"text/plain": {"schema": TEXT}}}}}}  # fmt: skip
    contract = {"openapi": "3.1.0", "info": {"title": "Refusals", "version": "1"}, "paths": paths}
    (folder / "openapi.json").write_text(json.dumps(contract))
    with serving(Settings(folder / "openapi.json", seed=1)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.mark.parametrize("name", SHAPES)
def test_an_invalid_body_is_refused_in_the_declared_shape(client: httpx.Client, name: str) -> None:
    status, schema = SHAPES[name]
    answer = client.post(f"/{name}", json={"name": 3})
    assert answer.status_code == (int(status) if status.isdigit() else 400)
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(answer.json())


def test_the_status_that_stands_there_goes_before_the_default(client: httpx.Client) -> None:
    assert client.post("/both", json={}).status_code == 422


def test_the_story_stands_in_the_fields_that_are_there_for_it(client: httpx.Client) -> None:
    error = client.post("/github", json={}).json()["errors"][0]
    assert (error["field"], error["code"]) == ("name", "missing")
    assert client.post("/fastapi", json={}).json()["detail"][0]["loc"] == ["body", "name"]
    assert client.post("/laravel", json={}).json()["errors"] == {"name": ["is required"]}
    assert client.post("/jsonapi", json={}).json()["errors"][0]["source"] == {"pointer": "/name"}
    assert client.post("/stripe", json={}).json()["error"]["type"] == "invalid_request_error"


def test_a_refusal_that_is_declared_as_a_text_is_one(client: httpx.Client) -> None:
    answer = client.post("/plain", json={})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain")
    assert answer.text


OF_YAML = """
swagger: "2.0"
info: {title: Plugins, version: "1"}
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}}
definitions: {Error: {type: object, required: [error], properties: {error: {type: string}}}}
paths:
  /config:
    get:
      operationId: read_config
      produces: [application/x-yaml]
      security: [{key: []}]
      responses:
        "200": {description: all, schema: {type: object}}
        "401": {description: who are you, schema: {$ref: "#/definitions/Error"}}
"""


def test_where_all_answers_are_yaml_a_refusal_is_too(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(OF_YAML)
    with serving(Settings(tmp_path)) as url:
        answer = httpx.get(f"{url}/config")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/x-yaml")
    assert isinstance(yaml.safe_load(answer.text)["error"], str)


@pytest.mark.parametrize(("path", "more"), [("/open", set()), ("/welcoming", {"violations"})])
def test_our_story_takes_no_field_that_the_contract_does_not_welcome(
    client: httpx.Client, path: str, more: set[str]
) -> None:
    answer = client.post(path, json={})
    assert answer.json().keys() == {"message"} | more
    assert "name is required" in answer.json()["message"]


def test_who_leaves_out_the_path_of_the_server_is_told_it() -> None:
    with serving(Settings(FOLDER / "tasks.yaml")) as url:
        answer = httpx.get(f"{url}/tasks")
        assert (answer.status_code, answer.json()["detail"].endswith("ask for /api/v1/tasks")) == (404, True)
        assert "/_specdouble/docs" in httpx.get(f"{url}/nowhere").json()["detail"]
