"""A flag of the query that says what is shown says nothing of which documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import Parameter
from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Zones, version: "1"}
paths:
  /zones:
    get:
      parameters:
      - {name: signed, in: query, schema: {type: boolean}, description: Whether to include the field `signed`}
      - {name: kept, in: query, schema: {type: boolean}, description: Return only the zones that are kept}
      responses:
        '200':
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Zone'}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Zone'}}}}
      responses: {'201': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Zone'}}}}}
  /zones/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Zone'}}}}}
components:
  schemas:
    Zone:
      type: object
      properties: {id: {type: integer, readOnly: true}, signed: {type: boolean}, kept: {type: boolean}}
"""


def flag(description: str, schema: Any) -> Parameter:
    return Parameter("signed", "query", False, schema, None, "form", True, None, "", description)


@pytest.mark.parametrize(
    "description",
    [
        "“true” (default) or “false”, whether to include the “signed” fields in the zones.",
        "If set, archived ones are included",
        "Include the members of each team.",
        "Expand the author",
        "Should hidden ones be omitted?",
    ],
)
def test_a_flag_that_says_what_is_included_is_no_filter(description: str) -> None:
    assert flag(description, {"type": "boolean"}).shapes_answer
    assert not flag(description, {"type": "string"}).shapes_answer


@pytest.mark.parametrize(
    "description", ["", "Only signed zones", "Filter by whether a zone is signed", "Is it signed?"]
)
def test_a_flag_that_says_which_documents_are_meant_is_a_filter(description: str) -> None:
    assert not flag(description, {"type": "boolean"}).shapes_answer


def test_a_list_is_not_filtered_by_a_flag_that_includes_a_field(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(CONTRACT)
    with serving(Settings(file)) as url, httpx.Client(base_url=url) as client:
        made = client.post("/zones", json={"signed": False, "kept": False}).json()
        assert made in client.get("/zones", params={"signed": "true"}).json()
        assert made not in client.get("/zones", params={"kept": "true"}).json()
        assert made in client.get("/zones", params={"kept": "false"}).json()
