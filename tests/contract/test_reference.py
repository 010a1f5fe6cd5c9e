"""The operation that the API publishes is kept as published: a table of our own, beside the contract."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import ROOT

PATH = "/api/lead-management"

# What a client may send: type and format, default, other bounds. The first three are required.
REQUEST = {
    "configurationName": {"type": "string"},
    "initialStage": {"type": "string"},
    "defaultProcess": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "source": {"type": "string", "default": "Unassigned"},
    "inboundEmail": {"type": "string", "format": "email"},
    "isAutopilot": {"type": "boolean", "default": False},
    "allowRecontact": {"type": "boolean", "default": False},
    "starterMessage": {"type": "string"},
    "costPerLead": {"type": "number", "minimum": 0, "default": 0},
    "status": {"type": "string", "enum": ["active", "inactive"], "default": "active"},
    "pipelineId": {"type": "string"},
    "pipelineStage": {"type": "string"},
    "createApplication": {"type": "boolean", "default": False},
    "applicationName": {"type": "string"},
    "applicationStatus": {"type": "string"},
    "applicationPipelineId": {"type": "string"},
    "applicationPipelineStage": {"type": "string"},
    "forwardToOutreach": {"type": "boolean", "default": True},
    "useWorkflowOnly": {"type": "boolean", "default": False},
}

NULLABLE = {"type": "string", "nullable": True}
MOMENT = {"type": "string", "format": "date-time"}

# What is kept: nothing is required, and what was not sent may be null.
DOCUMENT = {
    "_id": {"type": "string"},
    "organizationId": {"type": "string"},
    "userId": {"type": "string"},
    "configurationName": {"type": "string"},
    "name": NULLABLE,
    "description": NULLABLE,
    "source": {"type": "string"},
    "inboundEmail": NULLABLE,
    "initialStage": {"type": "string"},
    "defaultProcess": {"type": "string"},
    "isAutopilot": {"type": "boolean"},
    "allowRecontact": {"type": "boolean"},
    "starterMessage": NULLABLE,
    "costPerLead": {"type": "number", "minimum": 0},
    "status": {"type": "string", "enum": ["active", "inactive"]},
    "pipelineId": NULLABLE,
    "pipelineStage": NULLABLE,
    "createApplication": {"type": "boolean"},
    "applicationName": NULLABLE,
    "applicationStatus": NULLABLE,
    "applicationPipelineId": NULLABLE,
    "applicationPipelineStage": NULLABLE,
    "forwardToOutreach": {"type": "boolean"},
    "useWorkflowOnly": {"type": "boolean"},
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
}

SCHEMAS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "CreateLeadManagementRequest": (["configurationName", "initialStage", "defaultProcess"], REQUEST),
    "LeadManagementDto": ([], DOCUMENT),
    "LeadManagementMutationResponse": (
        ["success", "data"],
        {
            "success": {"type": "boolean"},
            "message": {"type": "string"},
            "data": {"$ref": "#/components/schemas/LeadManagementDto"},
        },
    ),
    "LeadManagementErrorResponse": (
        ["error"],
        {
            "error": {"type": "string"},
            "message": {"type": "string"},
            "success": {"type": "boolean", "enum": [False]},
        },
    ),
}

ANSWERS = {
    "201": "LeadManagementMutationResponse",
    "400": "LeadManagementErrorResponse",
    "500": "LeadManagementErrorResponse",
    "401": "LeadManagementErrorResponse",  # the one that the page leaves out
}

# The request that the API's documentation shows, as a reader copies it.
EXAMPLE = """{"configurationName": "Facebook Lead Ad Funnel", "source": "Facebook Lead Ad",
    "inboundEmail": "leads+fb@inbound.example.com", "initialStage": "New Lead",
    "defaultProcess": "64eea1110000000000000001", "isAutopilot": true,
    "starterMessage": "Hi {{firstName}}, thanks for your interest!", "costPerLead": 12.5,
    "status": "active", "forwardToOutreach": true}"""

CLIENTS_CONCERN = {"type", "format", "default", "enum", "minimum", "nullable", "$ref"}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    return data


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_has_the_published_properties_and_no_others(contract: dict[str, Any], name: str) -> None:
    required, properties = SCHEMAS[name]
    schema = contract["components"]["schemas"][name]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is True
    assert schema.get("required", []) == required
    found = {
        property: {keyword: value for keyword, value in content.items() if keyword in CLIENTS_CONCERN}
        for property, content in schema["properties"].items()
    }
    assert found == properties


def test_the_create_has_the_published_name_body_statuses_and_security(contract: dict[str, Any]) -> None:
    operation = contract["paths"][PATH]["post"]
    body = operation["requestBody"]
    assert operation["operationId"] == "post_lead_management"
    assert operation["tags"] == ["Lead Management"]
    assert operation["security"] == [{"bearerAuth": []}]
    assert contract["security"] == []
    assert body["required"] is True
    assert body["content"] == {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/CreateLeadManagementRequest"},
            "examples": body["content"]["application/json"]["examples"],
        }
    }
    answers = {status: answer_schema(contract, answer) for status, answer in operation["responses"].items()}
    assert answers == {status: f"#/components/schemas/{name}" for status, name in ANSWERS.items()}


def answer_schema(contract: dict[str, Any], answer: dict[str, Any]) -> str:
    """The address of the schema of an answer in JSON."""
    if "$ref" in answer:
        answer = contract["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    address: str = answer["content"]["application/json"]["schema"]["$ref"]
    return address


def test_the_api_is_titled_versioned_and_served_as_published(contract: dict[str, Any]) -> None:
    assert contract["info"]["title"] == "Tether Relay and Tether API"
    assert contract["info"]["version"] == "1.0.0"
    assert [server["url"] for server in contract["servers"]] == [
        "https://your-instance.example.com",
        "http://localhost:2212",
    ]
    bearer = contract["components"]["securitySchemes"]["bearerAuth"]
    assert (bearer["type"], bearer["scheme"], bearer["bearerFormat"]) == ("http", "bearer", "JWT")


def test_the_documentations_own_request_is_answered_201(ada: httpx.Client) -> None:
    answer = ada.post(PATH, content=EXAMPLE, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert data["organizationId"] == "64ee9a8b1e7f2a0011223344"
    assert data["userId"] == "64ee9a8b1e7f2a0011223399"
    assert data["starterMessage"] == "Hi {{firstName}}, thanks for your interest!"


def test_the_documentations_own_pipeline_is_in_the_seed(ada: httpx.Client) -> None:
    answer = ada.get("/api/pipelines", params={"pipelineId": "64eea1110000000000000010"})
    assert answer.status_code == 200
    assert "New Lead" in [stage["name"] for stage in answer.json()["pipeline"]["pipelineStages"]]
