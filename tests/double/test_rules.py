"""The rules of the reference API, on its double, over HTTP."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

PROMPT = "64eea1110000000000000001"  # Ada's
PROMPT_OF_GRACE = "prompt of grace"
MINIMAL = {"configurationName": "Spring Fair", "initialStage": "New Lead", "defaultProcess": PROMPT}
PATH = "/api/lead-management"
UNIQUE = "unique:lead_management.configurationName"
REFERENCES = "references:lead_management.defaultProcess"


def create(client: httpx.Client, **properties: Any) -> httpx.Response:
    return client.post(PATH, json={**MINIMAL, **properties})


def created(client: httpx.Client, **properties: Any) -> dict[str, Any]:
    answer = create(client, **properties)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()["data"]
    return document


def read(client: httpx.Client, id: str) -> dict[str, Any]:
    answer = client.get(f"{PATH}/{id}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()["data"]
    return document


def prompt_of(client: httpx.Client) -> str:
    (prompt, *_) = client.get("/api/prompts/user").json()
    id: str = prompt["_id"]
    return id


def test_a_configuration_is_created_with_every_default(ada: httpx.Client) -> None:
    answer = create(ada)
    body = answer.json()
    assert (answer.status_code, body["success"]) == (201, True)
    assert body["message"] == "Lead management configuration created"
    document = body["data"]
    server_set = {name: document.pop(name) for name in ("_id", "userId", "organizationId", "createdAt", "updatedAt")}
    unset = ("name", "description", "inboundEmail", "starterMessage", "pipelineId", "pipelineStage")
    assert document == {
        **MINIMAL,
        **dict.fromkeys(unset),
        "source": "Unassigned",
        "isAutopilot": False,
        "allowRecontact": False,
        "costPerLead": 0,
        "status": "active",
        "createApplication": False,
        "forwardToOutreach": True,
        "useWorkflowOnly": False,
    }
    assert re.fullmatch(r"[0-9a-f]{24}", server_set["_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", server_set["createdAt"])
    assert server_set["createdAt"] == server_set["updatedAt"]


def test_a_configuration_that_was_created_is_read_back(ada: httpx.Client) -> None:
    document = created(ada, costPerLead=12.345678901234567, name="Ünïcode ✓", starterMessage="Hi {{firstName}}")
    answer = ada.get(f"{PATH}/{document['_id']}")
    assert answer.json() == {"success": True, "data": document}


def test_properties_of_applications_are_shown_only_where_applications_are_created(ada: httpx.Client) -> None:
    without = created(ada, applicationName="Loan")
    with_application = created(ada, configurationName="Other", createApplication=True, applicationName="Loan")
    assert "applicationName" not in without
    assert with_application["applicationName"] == "Loan"
    assert with_application["applicationStatus"] is None


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ("Spring Fair", "Spring Fair"),
        ("Spring Fair", "sPRING fAIR"),
        ("Spring Fair", "  Spring Fair\t\n"),
        ("STRASSE", "straße"),
        ("İstanbul", "i̇stanbul"),
        ("caf\u00e9", "CAFE\u0301"),
        ("ＦＵＬＬ", "ｆｕｌｌ"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_a_name_taken_in_another_spelling_is_refused(ada: httpx.Client, taken: str, name: str) -> None:
    before = created(ada, configurationName=taken)
    answer = create(ada, configurationName=name)
    assert answer.status_code == 400
    assert answer.headers["X-Specdouble-Rule"] == UNIQUE
    assert answer.json()["success"] is False
    assert answer.json()["error"]
    assert read(ada, before["_id"]) == before


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ("Spring Fair", "Spring  Fair"),
        ("Spring Fair", "Spring Fairs"),
        ("FULL", "ＦＵＬＬ"),
        ("cafe", "café"),
        ("a" * 256, "a" * 255 + "b"),
        ("Istanbul", "İstanbul"),
        ("a.c", "abc"),
    ],
)
def test_a_name_that_differs_is_accepted_and_keeps_its_spelling(ada: httpx.Client, taken: str, name: str) -> None:
    created(ada, configurationName=taken)
    document = created(ada, configurationName=name)
    assert read(ada, document["_id"])["configurationName"] == name


def test_the_stored_name_keeps_its_surrounding_spaces(ada: httpx.Client) -> None:
    document = created(ada, configurationName="  Spaced  ")
    assert read(ada, document["_id"])["configurationName"] == "  Spaced  "


def test_two_users_may_share_a_name(ada: httpx.Client, grace: httpx.Client) -> None:
    created(ada)
    assert created(grace, defaultProcess=prompt_of(grace))["configurationName"] == MINIMAL["configurationName"]


def test_a_rename_to_a_taken_name_is_refused_and_changes_nothing(ada: httpx.Client) -> None:
    created(ada)
    other = created(ada, configurationName="Autumn Fair")
    answer = ada.put(f"{PATH}/{other['_id']}", json={"configurationName": "SPRING FAIR", "costPerLead": 9})
    assert (answer.status_code, answer.headers["X-Specdouble-Rule"]) == (400, UNIQUE)
    assert read(ada, other["_id"]) == other


def test_a_rename_to_its_own_name_in_another_case_is_fine(ada: httpx.Client) -> None:
    document = created(ada)
    answer = ada.put(f"{PATH}/{document['_id']}", json={"configurationName": "SPRING fair"})
    assert answer.status_code == 200
    assert answer.json()["message"] == "Lead management configuration updated"
    assert answer.json()["data"]["configurationName"] == "SPRING fair"


def test_a_name_that_a_rename_has_left_is_free_again(ada: httpx.Client) -> None:
    document = created(ada)
    ada.put(f"{PATH}/{document['_id']}", json={"configurationName": "Moved"}).raise_for_status()
    assert create(ada).status_code == 201


@pytest.mark.parametrize("id", ["", "nope", "0" * 24, "64eea11100000000000000010", "64EEA1110000000000000001"])
def test_an_unknown_prompt_is_refused(ada: httpx.Client, id: str) -> None:
    answer = create(ada, defaultProcess=id)
    assert (answer.status_code, answer.headers["X-Specdouble-Rule"]) == (400, REFERENCES)
    assert create(ada).status_code == 201, "the refused one left its name taken"


def test_another_users_prompt_does_not_exist_for_the_caller(ada: httpx.Client, grace: httpx.Client) -> None:
    answer = create(ada, defaultProcess=prompt_of(grace))
    assert answer.headers["X-Specdouble-Rule"] == REFERENCES


def test_an_update_to_an_unknown_prompt_is_refused(ada: httpx.Client) -> None:
    document = created(ada)
    answer = ada.put(f"{PATH}/{document['_id']}", json={"defaultProcess": "0" * 24, "name": "New"})
    assert (answer.status_code, answer.headers["X-Specdouble-Rule"]) == (400, REFERENCES)
    assert read(ada, document["_id"]) == document


def test_every_broken_rule_is_told_at_once(ada: httpx.Client) -> None:
    created(ada)
    violations = create(ada, defaultProcess="nope").json()["violations"]
    assert [one["pointer"] for one in violations] == ["/configurationName", "/defaultProcess"]


@pytest.mark.parametrize("who", ["grace", "linus"])
def test_another_users_configuration_does_not_exist(
    ada: httpx.Client, who: str, request: pytest.FixtureRequest
) -> None:
    other: httpx.Client = request.getfixturevalue(who)
    document = created(ada)
    for answer in (
        other.get(f"{PATH}/{document['_id']}"),
        other.put(f"{PATH}/{document['_id']}", json={"name": "Mine now"}),
    ):
        assert answer.status_code == 404
        assert answer.json()["error"] == "Lead management configuration not found"
    assert read(ada, document["_id"]) == document


@pytest.mark.parametrize("id", ["0" * 24, "nope", "%24ne", "{}", "a%2Fb", "%00"])
def test_a_malformed_or_unknown_id_is_not_found(ada: httpx.Client, id: str) -> None:
    answer = ada.get(f"{PATH}/{id}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "Lead management configuration not found"


def test_what_the_server_sets_cannot_be_sent(ada: httpx.Client) -> None:
    sent = {"_id": "1" * 24, "userId": "me", "organizationId": "ours", "createdAt": "then", "updatedAt": "then"}
    document = created(ada, **sent)
    after = ada.put(f"{PATH}/{document['_id']}", json=sent).json()["data"]
    for name in ("_id", "userId", "organizationId", "createdAt"):
        assert document[name] == after[name] != sent[name]


def test_unknown_properties_are_accepted_and_not_stored(ada: httpx.Client) -> None:
    document = created(ada, unheardOf={"deep": [1]})
    assert "unheardOf" not in document
    after = ada.put(f"{PATH}/{document['_id']}", json={"unheardOf": 1})
    assert after.status_code == 200
    assert "unheardOf" not in after.json()["data"]


def test_an_update_changes_what_was_sent_and_applies_no_defaults(ada: httpx.Client) -> None:
    document = created(ada, source="Fair", forwardToOutreach=False, costPerLead=3, status="inactive")
    after = ada.put(f"{PATH}/{document['_id']}", json={"name": "Named"}).json()["data"]
    assert after == {**document, "name": "Named", "updatedAt": after["updatedAt"]}
    assert after["updatedAt"] > document["updatedAt"]


def test_falsy_values_are_kept(ada: httpx.Client) -> None:
    document = created(ada, source="", forwardToOutreach=False, costPerLead=0, name="")
    assert (document["source"], document["forwardToOutreach"], document["name"]) == ("", False, "")


def test_an_inactive_configuration_is_refused_by_the_webhook(ada: httpx.Client) -> None:
    lead = {"configurationId": "6968f4156f0be283d47ae918", "phoneNumber": "+15550100142"}
    headers = {"Authorization": "Bearer key-ada-7f3c91d2"}
    answer = ada.post("/api/webhook/outreach", json=lead, headers=headers)
    assert (answer.status_code, answer.headers["X-Specdouble-Rule"]) == (400, "outreach.inactive")


def test_the_webhook_takes_an_api_key_and_no_token(ada: httpx.Client) -> None:
    lead = {"configurationId": "69f46b906f0be283d47ae916", "phoneNumber": "+15550100142", "anything": "goes"}
    assert ada.post("/api/webhook/outreach", json=lead).status_code == 401
    answer = ada.post("/api/webhook/outreach", json=lead, headers={"Authorization": "Bearer key-ada-7f3c91d2"})
    assert answer.json()["message"] == "Data processed successfully and message sent."
    assert set(answer.json()["data"]) == {"contactId", "conversationId"}


def test_the_webhook_creates_an_application_where_the_configuration_says_so(ada: httpx.Client) -> None:
    lead = {"configurationId": "69d364886f0be283d47ae919", "phoneNumber": "+15550100142"}
    answer = ada.post("/api/webhook/outreach", json=lead, headers={"Authorization": "Bearer key-ada-7f3c91d2"})
    assert set(answer.json()["data"]) == {"contactId", "conversationId", "applicationId"}


def test_a_users_list_holds_their_own_prompts_alone(ada: httpx.Client, grace: httpx.Client) -> None:
    before = ada.get("/api/prompts/user").json()
    made = ada.post("/api/prompts/create", json={"name": "Greeting", "temperature": 0.3}).json()["prompt"]
    assert ada.get("/api/prompts/user").json() == [*before, made]
    assert {one["userId"] for one in before} == {made["userId"]}
    assert made["_id"] not in {one["_id"] for one in grace.get("/api/prompts/user").json()}
    assert grace.put(f"/api/prompts/{made['_id']}", json={"name": "Mine"}).status_code == 404


def test_a_pipelines_stages_that_are_left_out_are_deactivated(ada: httpx.Client) -> None:
    stages = [{"name": "One", "position": 0}, {"name": "Two", "position": 1}]
    made = ada.post("/api/pipelines", json={"name": " Fair ", "pipelineStages": stages}).json()["pipeline"]
    assert (made["name"], made["isDefault"]) == ("Fair", False)
    kept = made["pipelineStages"][1]
    body = {"name": "Fair", "pipelineId": made["_id"], "pipelineStages": [kept]}
    assert ada.post("/api/pipelines", json=body).json()["pipeline"]["pipelineStages"] == [kept]


def test_a_pipelines_name_is_unique_in_the_organization(
    ada: httpx.Client, grace: httpx.Client, linus: httpx.Client
) -> None:
    assert ada.post("/api/pipelines", json={"name": "Fair"}).status_code == 200
    refused = grace.post("/api/pipelines", json={"name": " Fair "})
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (400, "unique:pipelines.name")
    assert linus.post("/api/pipelines", json={"name": "Fair"}).status_code == 200


def test_the_default_pipeline_of_the_type_is_read_unless_one_is_named(ada: httpx.Client) -> None:
    contact = ada.get("/api/pipelines").json()["pipeline"]
    application = ada.get("/api/pipelines", params={"type": "Application"}).json()["pipeline"]
    named = ada.get("/api/pipelines", params={"pipelineId": "696770281a74c5e9b0c05d19"}).json()["pipeline"]
    assert (contact["type"], contact["isDefault"]) == ("Contact", True)
    assert (application["type"], application["isDefault"]) == ("Application", True)
    assert named["name"] == "Partner Pipeline"
    assert ada.get("/api/pipelines", params={"pipelineId": "nope"}).status_code == 404
