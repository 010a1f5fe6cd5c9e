"""What a body names by its own name is a document too: nothing is put below another's, and what was made goes again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import (
    CaseMetadata,
    ComponentInfo,
    FuzzingPhaseData,
    GenerationInfo,
    PhaseInfo,
    TestPhase,
)

from specdouble.contract import Contract, read
from specdouble.verify.conformance.engine import Conformance
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.guard import Guard
from specdouble.verify.identity import anybody
from specdouble.verify.ledger import Ledger
from specdouble.verify.naming import references_by_name
from specdouble.verify.session import Session
from specdouble.verify.settings import Settings

CONTRACT = """
openapi: 3.0.3
info: {title: In the manner of Django REST Framework, version: "1"}
paths:
  /projects/:
    get: {operationId: projects_list, responses: {"200": &projects {description: all, content: {application/json: {
      schema: {type: array, items: {$ref: "#/components/schemas/Project"}}}}}}}
    post: {operationId: projects_create, requestBody: &project {content: {application/json: {
      schema: {$ref: "#/components/schemas/Project"}}}}, responses: {"201": {description: made, <<: *project}}}
  /projects/{id}/:
    parameters: [&id {name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: projects_retrieve, responses: {"200": {description: one, <<: *project}}}
    delete: {operationId: projects_destroy, responses: {"204": {description: gone}}}
  /tasks/:
    post: {operationId: tasks_create, requestBody: &task {content: {application/json: {
      schema: {$ref: "#/components/schemas/Task"}}}}, responses: {"201": {description: made, <<: *task}}}
  /tasks/{id}/:
    parameters: [*id]
    get: {operationId: tasks_retrieve, responses: {"200": {description: one, <<: *task}}}
    patch: {operationId: tasks_partial_update, requestBody: *task, responses: {"200": {description: one, <<: *task}}}
    delete: {operationId: tasks_destroy, responses: {"204": {description: gone}}}
  /tags:
    post: {operationId: tags_create, requestBody: &tag {content: {application/json: {
      schema: {$ref: "#/components/schemas/Tag"}}}}, responses: {"201": {description: made, <<: *tag}}}
  /tags/{type}/{value}:
    parameters:
    - {name: type, in: path, required: true, schema: {type: string}}
    - {name: value, in: path, required: true, schema: {type: string}}
    delete: {operationId: tags_destroy, responses: {"204": {description: gone}}}
components:
  schemas:
    Project: {type: object, properties: {id: {type: integer, readOnly: true}, title: {type: string}}}
    Task:
      type: object
      properties: {id: {type: integer, readOnly: true}, project: {type: integer}, text: {type: string}}
    Tag: {type: object, properties: {type: {type: string}, value: {type: string}}}
"""


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file = tmp_path_factory.mktemp("references") / "openapi.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(CONTRACT)), "utf-8")
    return read(file)


@pytest.fixture
def guard(contract: Contract) -> Guard:
    ledger = Ledger(contract)
    ledger.strangers.meet("projects", 1)
    return Guard(contract, ledger, references=references_by_name(contract))


def answered(guard: Guard, operation: str, body: object) -> None:
    """Have the ledger note that a create was answered with what it was sent."""
    call = Call(guard.contract.operations[operation], "ada", body=body, has_body=True)
    content = json.dumps(body).encode()
    exchange = Exchange(call, "POST", "", {}, None, 201, {"content-type": "application/json"}, content, 0.0, 0.0)
    guard.ledger.answer(guard.ledger.send(call), call, exchange)


def test_a_property_that_holds_a_number_and_is_called_as_other_documents_are_names_one(contract: Contract) -> None:
    assert references_by_name(contract) == {"project": "projects"}


def test_a_property_that_is_annotated_is_left_to_the_attack_of_its_rule(tmp_path: Path) -> None:
    written = yaml.safe_load(CONTRACT)
    task = written["components"]["schemas"]["Task"]
    task["x-resource"] = "tasks"
    task["properties"]["project"]["x-references"] = {"collection": "projects"}
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(written), "utf-8")
    assert references_by_name(read(file)) == {}


def test_nothing_is_created_below_a_document_of_anothers(guard: Guard) -> None:
    create = guard.contract.operations["tasks_create"]
    why = guard.refuses(Call(create, "ada", body={"project": 1, "text": "x"}, has_body=True))
    assert why is not None
    assert "project 1: this run did not create it" in why


def test_nothing_is_moved_below_a_document_of_anothers(guard: Guard) -> None:
    answered(guard, "tasks_create", {"id": 7, "text": "x"})
    change = guard.contract.operations["tasks_partial_update"]
    assert guard.refuses(Call(change, "ada", path={"id": 7}, body={"project": 1}, has_body=True)) is not None
    assert guard.refuses(Call(change, "ada", path={"id": 7}, body={"text": "y"}, has_body=True)) is None


def test_below_a_document_of_its_own_a_run_creates(guard: Guard) -> None:
    answered(guard, "projects_create", {"id": 2, "title": "x"})
    create = guard.contract.operations["tasks_create"]
    assert guard.refuses(Call(create, "ada", body={"project": 2, "text": "x"}, has_body=True)) is None


def test_a_delete_of_one_document_may_be_called_destroy(guard: Guard) -> None:
    destroy = guard.contract.operations["projects_destroy"]
    assert guard.forbids(destroy) is None
    assert guard.refuses(Call(destroy, "ada", path={"id": 1})) is not None


def test_what_two_parameters_name_is_deleted_by_both(guard: Guard) -> None:
    answered(guard, "tags_create", {"type": "plain", "value": "specdouble 1"})
    assert [guard.ledger.removal(one) for one in guard.ledger.newest_first()] == ["DELETE /tags/plain/specdouble%201"]
    destroy = guard.contract.operations["tags_destroy"]
    assert guard.refuses(Call(destroy, "ada", path={"type": "plain", "value": "specdouble 1"})) is None
    assert guard.refuses(Call(destroy, "ada", path={"type": "other", "value": "specdouble 1"})) is not None


def test_a_body_that_was_wrong_for_what_is_anothers_alone_is_sent_with_what_a_store_can_carry(
    contract: Contract,
) -> None:
    session = Session(contract, Settings("http://127.0.0.1:9", users=anybody(contract)))
    session.ledger.strangers.meet("projects", 1)
    conformance = Conformance(session, Path(contract.path).parent)
    meta = CaseMetadata(
        GenerationInfo(0.0, GenerationMode.NEGATIVE),
        {ParameterLocation.BODY: ComponentInfo(GenerationMode.NEGATIVE)},
        PhaseInfo(TestPhase.FUZZING, FuzzingPhaseData(None, None, None, None)),
    )
    wrong: dict[str, Any] = {"project": 1.5, "text": "x", "more": [-(2**80)]}
    case = conformance.schema["/tasks/"]["POST"].Case(body=wrong, media_type="application/json", _meta=meta)
    conformance.knowledge.before_call(case)
    assert case.meta is not None
    assert case.meta.generation.mode == GenerationMode.POSITIVE
    assert case.body == {"text": "x", "more": [1 - 2**63]}
