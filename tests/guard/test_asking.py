"""A POST that only asks is told as no create: its answer is a list, and what it takes is no document."""

from __future__ import annotations

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify.creation import creates
from specdouble.verify.intent import intent
from specdouble.verify.settings import Settings

CONTRACT = """
openapi: 3.0.3
info: {title: Runs with a history, version: "1"}
paths:
  /runs:
    post: {operationId: start, responses: {"201": {description: made, content: {application/json: {
      schema: {type: object, properties: {id: {type: string}}}}}}}}
  /runs/{runId}:
    parameters: [&run {name: runId, in: path, required: true, schema: {type: string}}]
    delete: {operationId: stop, responses: {"204": {description: gone}}}
  /runs/{runId}/history:
    parameters: [*run]
    get:
      operationId: listHistory
      parameters: [{name: before, in: query, schema: {type: string}}]
      responses: &states {"200": {description: all, content: {application/json: {
        schema: {type: array, items: {$ref: "#/components/schemas/State"}}}}}}
    post:
      operationId: askHistory
      requestBody: {content: {application/json: {schema: {type: object, properties: {
        before: {type: string}, step: {type: integer}, metadata: {type: object}}}}}}
      responses: *states
  /runs/{runId}/notes:
    parameters: [*run]
    get: {operationId: listNotes, responses: &notes {"200": {description: all, content: {application/json: {
      schema: {type: array, items: &note {type: object, properties: {id: {type: string}, text: {type: string},
        colour: {type: string}}}}}}}}}
    post: {operationId: addNote, requestBody: {content: {application/json: {schema: {type: object, properties: {
      text: {type: string}, colour: {type: string}}}}}}, responses: *notes}
  /runs/query:
    post: {operationId: query, requestBody: {content: {application/json: {schema: {type: object}}}}, responses: {
      "200": {description: found, content: {application/json: {schema: {type: object, properties: {
        total: {type: integer}}}}}}}}
  /runs/query/{page}:
    get: {operationId: nextPage, parameters: [{name: page, in: path, required: true, schema: {type: string}}],
      responses: {"200": {description: found}}}
components:
  schemas:
    State: {type: object, properties: {step: {type: integer}, values: {type: object}, metadata: {type: object}}}
"""


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file = tmp_path_factory.mktemp("asking") / "openapi.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(CONTRACT)), "utf-8")
    return read(file)


def test_what_takes_a_question_and_answers_with_a_list_or_a_number_creates_nothing(contract: Contract) -> None:
    found = {name for name, one in contract.operations.items() if creates(contract, one)}
    assert found == {"start", "addNote"}


def test_nobody_is_told_before_that_it_creates_anything(contract: Contract) -> None:
    told = " ".join(intent(contract, Settings("http://server")))
    assert "POST /runs" in told
    assert "/history" not in told
    assert "/query" not in told
