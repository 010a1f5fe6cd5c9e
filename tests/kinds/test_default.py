"""A default is a promise of a property that a client may leave out, and not of what tells documents apart."""

from __future__ import annotations

from pathlib import Path

from specdouble.contract import read

CONTRACT = """
openapi: 3.1.0
info: {title: Artifacts as a library of validation shows them, version: "1"}
paths:
  /artifacts:
    post:
      operationId: add
      parameters: [{name: projectId, in: query, required: true, schema: {type: string, format: uuid}}]
      requestBody: &artifact {content: {application/json: {schema: {$ref: "#/components/schemas/Artifact"}}}}
      responses: {"201": {description: made, <<: *artifact}}
  /artifacts/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]
    get: {operationId: look, responses: {"200": {description: one, <<: *artifact}}}
components:
  schemas:
    Artifact:
      type: object
      properties:
        id: {type: string, format: uuid, default: 00000000-0000-7000-8000-000000000000}
        projectId: {type: string, format: uuid, default: 00000000-0000-7000-8000-000000000000}
        name: {type: string, default: untitled}
"""


def test_an_id_and_what_a_parameter_says_have_no_default(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    assert [name for name in read(tmp_path).rules if name.startswith("default:")] == ["default:artifacts.name"]
