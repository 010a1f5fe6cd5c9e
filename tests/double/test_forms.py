"""Bodies that are forms: what of them is fields, and what is text."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from specdouble.double.http.scalar import typed
from tests.contracts import client_for

FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
CONTRACT = """
openapi: 3.0.3
info: {title: Forms, version: "1"}
paths:
  /searches:
    post:
      operationId: search
      requestBody:
        required: true
        content: {application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: {type: string}}}}
      responses: {"204": {description: done}}
  /cards:
    post:
      operationId: draw_card
      requestBody:
        required: true
        content: {multipart/form-data: {schema: {type: string, maxLength: 200}}}
      responses: {"204": {description: done}}
  /numbers:
    get:
      operationId: find_tags
      parameters: [{name: tag, in: query, schema: {type: array, items: {
        allOf: [{$ref: "#/components/schemas/Tag"}, {description: a tag}]}}}]
      responses: {"204": {description: done}}
    post:
      operationId: send_number
      requestBody: {content: {text/plain: {schema: {type: integer}}}}
      responses: {"204": {description: done}}
  /tokens:
    post:
      operationId: grant
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {oneOf: [
        {$ref: "#/components/schemas/Password"}, {$ref: "#/components/schemas/Refresh"}]}}}}
      responses: {"204": {description: done}}
  /batches:
    post:
      operationId: send_batch
      requestBody: {content: {multipart/form-data: {schema: {type: object, properties: {
        tags: {type: array, items: {anyOf: [{$ref: "#/components/schemas/Tag"}, {type: "string", enum: [none]}]}}}}}}}
      responses: {"204": {description: done}, default: {$ref: "#/components/responses/Error"}}
components:
  responses:
    Error: {description: Refused., content: {application/json: {schema: {type: object, required: [error], properties: {
      error: {type: object, required: [status_code], properties: {status_code: {type: integer, enum: [401, 422]}}}}}}}}
  schemas:
    Password: {type: object, required: [password, days], properties: {password: {type: string}, days: {type: integer}}}
    Refresh: {type: object, required: [refresh], properties: {refresh: {type: string}}}
    Tag: {type: object, required: [key], properties: {key: {type: string}}}
"""


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("forms")) as client:
        yield client


@pytest.mark.parametrize("content", [b"", b"q=x&lang=en"], ids=["empty", "two fields"])
def test_a_form_of_an_object_is_one_however_few_fields_it_has(forms: httpx.Client, content: bytes) -> None:
    assert forms.post("/searches", content=content, headers={"Content-Type": FORM}).status_code == 204


def test_a_form_whose_schema_is_a_string_is_text(forms: httpx.Client) -> None:
    sent = {"Content-Type": PARTS}
    assert forms.post("/cards", content=b"title=Beans&servings=2", headers=sent).status_code == 204
    assert forms.post("/cards", content=b"x" * 201, headers=sent).status_code == 400


def test_a_text_is_what_its_schema_says(forms: httpx.Client) -> None:
    sent = {"Content-Type": "text/plain"}
    assert [forms.post("/numbers", content=text, headers=sent).status_code for text in ("7", "x")] == [204, 400]


def test_a_type_behind_all_of_is_a_parameters_type(forms: httpx.Client) -> None:
    assert forms.get("/numbers", params={"tag": '{"key": "a"}'}).status_code == 204
    assert forms.get("/numbers", params={"tag": "{}"}).status_code == 400


@pytest.mark.parametrize(
    ("content", "status"), [(b"password=x&days=7", 204), (b"refresh=y", 204), (b"password=x&days=few", 400)]
)
def test_a_form_of_alternatives_has_the_fields_of_each(forms: httpx.Client, content: bytes, status: int) -> None:
    assert forms.post("/tokens", content=content, headers={"Content-Type": FORM}).status_code == status


def test_an_array_may_be_written_as_json_where_no_style_can_write_it() -> None:
    assert typed('["a", 1]', {"type": "array"}) == ["a", 1]
    assert typed("[a", {"type": "array"}) == "[a"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", 1), ("null", None), ("x", "x")])
def test_of_an_enum_without_a_type_a_text_is_one_of_its_values(text: str, value: object) -> None:
    found = typed(text, {"enum": [True, False, 1, 0, None, "x"]})
    assert (found, type(found)) == (value, type(value))


def test_an_object_in_a_part_is_written_as_json_whatever_its_schema_refers_to(forms: httpx.Client) -> None:
    parts = [("tags", (None, '{"key": "a"}')), ("tags", (None, "none"))]
    assert forms.post("/batches", files=parts).status_code == 204


def test_what_is_invalid_is_refused_with_the_status_that_the_declared_body_can_tell(forms: httpx.Client) -> None:
    refused = forms.post("/batches", files=[("tags", (None, '{"no": "key"}'))])
    assert (refused.status_code, refused.json()["error"]["status_code"]) == (422, 422)
