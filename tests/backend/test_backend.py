"""The backend keeps the reference API's facts; each fault changes something."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import scenario
from .app import create_app
from .faults import FAULTS
from .scenario import LEADS, PIPELINES, PROMPT, SEEDED, configuration
from .seed import USERS
from .server import Backend


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as running:
        yield running


@pytest.fixture
def ada(backend: Backend) -> Iterator[httpx.Client]:
    backend.switch()
    with _client(backend, "ada") as client:
        yield client


def _client(backend: Backend, name: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {backend.token(name)}"}
    return httpx.Client(base_url=backend.url, headers=headers)


def _created(client: httpx.Client, name: str, **others: Any) -> dict[str, Any]:
    answer = client.post(LEADS, json=configuration(name, **others))
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def _refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()
    assert isinstance(error["error"], str)
    assert error["success"] is False
    return error


def test_login_gives_a_token_that_is_good(ada: httpx.Client) -> None:
    login = {"email": "grace@tether.example", "password": "grace-password"}
    answer = ada.post("/api/auth/login", json=login)
    assert answer.status_code == 200
    assert answer.json()["user"]["accessRole"] == "ADMIN"
    token = {"Authorization": f"Bearer {answer.json()['token']}"}
    verified = ada.get("/api/auth/verify-token", headers=token)
    assert (verified.status_code, verified.json()) == (
        200,
        {"message": "Token is good"},
    )


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic YTpi"])
def test_without_a_good_token_there_is_401(backend: Backend, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.get(f"{backend.url}{SEEDED}", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Invalid or expired token"}
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_new_configuration_has_all_defaults_and_reads_back(ada: httpx.Client) -> None:
    data = _created(ada, " Spring ", userId="x", _id="y", more=1)
    assert data["configurationName"] == " Spring "
    assert data["userId"] == USERS["ada"].id
    assert data["source"] == "Unassigned"
    assert data["forwardToOutreach"] is True
    assert data["description"] is None
    assert data["createdAt"] == data["updatedAt"]
    assert not {"applicationName", "more"} & data.keys()
    answer = ada.get(f"{LEADS}/{data['_id']}")
    assert answer.json() == {"success": True, "data": data}


def test_application_properties_show_with_applications(ada: httpx.Client) -> None:
    data = _created(ada, "Loans", createApplication=True, applicationName="Loan")
    assert (data["applicationName"], data["applicationStatus"]) == ("Loan", None)


@pytest.mark.parametrize("name", ["STRASSE", " straße ", "Straße"])
def test_a_taken_name_is_refused(ada: httpx.Client, name: str) -> None:
    _created(ada, "Straße")
    _refused(ada.post(LEADS, json=configuration(name)), 400)


def test_two_users_may_share_a_name(backend: Backend, ada: httpx.Client) -> None:
    _created(ada, "Shared")
    with _client(backend, "grace") as grace:
        _created(grace, "Shared", defaultProcess="65b000000000000000000021")


def test_one_of_many_at_once_gets_the_name(ada: httpx.Client) -> None:
    body = configuration("Contested")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ada.post(LEADS, json=body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 7


@pytest.mark.parametrize(
    "values",
    [
        {"defaultProcess": "nonsense"},
        {"defaultProcess": "65b000000000000000000021"},
        {"costPerLead": -0.01},
        {"costPerLead": "1"},
        {"costPerLead": True},
        {"status": "paused"},
        {"inboundEmail": "nobody"},
        {"description": None},
        {"more": "\0"},
        {"more": 2**63},
        {"more": {"\0": 1}},
    ],
)
def test_a_wrong_value_is_refused_on_create_and_update(ada: httpx.Client, values: dict[str, Any]) -> None:
    before = ada.get(SEEDED).json()
    _refused(ada.post(LEADS, json=configuration("Wrong") | values), 400)
    _refused(ada.put(SEEDED, json={"description": "changed"} | values), 400)
    assert ada.get(SEEDED).json() == before
    _created(ada, "Wrong")


def test_an_update_changes_what_it_names_alone(ada: httpx.Client) -> None:
    before = _created(ada, "Old", description="Kept", isAutopilot=True)
    change = {"configurationName": "OLD", "costPerLead": 1.25, "createdAt": "x"}
    after = ada.put(f"{LEADS}/{before['_id']}", json=change).json()["data"]
    moved = {"configurationName": "OLD", "costPerLead": 1.25}
    assert after == before | moved | {"updatedAt": after["updatedAt"]}
    assert after["updatedAt"] > before["updatedAt"]
    _refused(ada.put(SEEDED, json={"configurationName": "old"}), 400)


@pytest.mark.parametrize("name", ["grace", "linus"])
def test_other_peoples_documents_do_not_exist(backend: Backend, name: str) -> None:
    with _client(backend, name) as other:
        error = _refused(other.get(SEEDED), 404)
        assert error["error"] == "Lead management configuration not found"
        _refused(other.put(SEEDED, json={}), 404)
        _refused(other.get(f"{LEADS}/nonsense"), 404)
        _refused(other.put(f"/api/prompts/{PROMPT}", json={}), 404)


def test_prompts_are_the_callers_own(ada: httpx.Client) -> None:
    answer = ada.post("/api/prompts/create", json={"name": "New"})
    assert answer.status_code == 201
    prompt = answer.json()["prompt"]
    listed = ada.get("/api/prompts/user").json()
    assert [p["name"] for p in listed] == ["Qualification", "Booking", "New"]
    answer = ada.put(f"/api/prompts/{prompt['_id']}", json={"temperature": 1})
    assert answer.json()["message"] == "Prompt updated successfully"
    assert answer.json()["prompt"]["updatedAt"] > prompt["updatedAt"]
    _created(ada, "With it", defaultProcess=prompt["_id"])


def test_pipelines_are_created_and_changed(ada: httpx.Client) -> None:
    default = ada.get(PIPELINES).json()["pipeline"]
    assert (default["type"], default["isDefault"]) == ("Contact", True)
    body = {"name": " Mine ", "pipelineStages": [{"name": "A"}, {"name": "B"}]}
    mine = ada.post(PIPELINES, json=body).json()["pipeline"]
    assert (mine["name"], mine["isDefault"]) == ("Mine", False)
    assert [s["position"] for s in mine["pipelineStages"]] == [0, 1]
    change = {"pipelineId": mine["_id"], "pipelineStages": mine["pipelineStages"][1:]}
    answer = ada.post(PIPELINES, json={"name": "Mine"} | change)
    assert answer.json()["message"] == "Pipeline updated"
    read = ada.get(PIPELINES, params={"pipelineId": mine["_id"]}).json()["pipeline"]
    assert read["pipelineStages"] == mine["pipelineStages"][1:]
    _refused(ada.post(PIPELINES, json={"name": " Mine"}), 400)
    _refused(ada.get(PIPELINES, params={"pipelineId": "nonsense"}), 404)


def test_the_webhook_takes_leads_for_active_configurations(ada: httpx.Client) -> None:
    def deliver(id: str, key: str = "key-ada") -> httpx.Response:
        lead = {"configurationId": id, "phoneNumber": "+15550100142"}
        headers = {"Authorization": f"Bearer {key}"}
        return ada.post("/api/webhook/outreach", json=lead, headers=headers)

    active = _created(ada, "Active", createApplication=True)["_id"]
    inactive = _created(ada, "Inactive", status="inactive")["_id"]
    assert "applicationId" in deliver(active).json()["data"]
    _refused(deliver(inactive), 400)
    _refused(deliver(active, "key-grace"), 404)
    assert deliver(active, "nonsense").status_code == 401


def test_requests_that_are_none_are_refused(ada: httpx.Client) -> None:
    json = {"Content-Type": "application/json"}
    for content in ("", "{", "[]", '"\\ud800"', "[" * 100_000, b"\xff", '{"a": NaN}'):
        _refused(ada.post(LEADS, content=content, headers=json), 400)
    deep = '{"a":' * 200 + "1" + "}" * 200
    _refused(ada.put(SEEDED, content=deep, headers=json), 400)
    _refused(ada.put(SEEDED, content="{}", headers={"Content-Type": "text/plain"}), 415)
    _refused(ada.put(SEEDED, json={"a": "x" * 1024 * 1024}), 413)
    _refused(ada.get("/api/nowhere"), 404)
    answer = ada.delete(SEEDED)
    _refused(answer, 405)
    assert answer.headers["allow"] == "GET, PUT"


def test_it_runs_as_a_process() -> None:
    command = [sys.executable, "-m", "tests.backend", "--fault", "create_answers_200"]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        headers = {"Authorization": f"Bearer {Backend.token()}"}
        body = configuration("New")
        answer = httpx.post(f"{url}{LEADS}", json=body, headers=headers)
        assert answer.status_code == 200
    finally:
        process.terminate()
        process.communicate()


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no such fault: nonsense"):
        create_app(["nonsense"])


def _told(*faults: str) -> list[str]:
    async def run() -> list[str]:
        transport = httpx.ASGITransport(create_app(faults), raise_app_exceptions=False)
        url = "http://backend"
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await scenario.run(client)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def faultless() -> list[str]:
    return _told()


def test_two_runs_without_faults_are_the_same(faultless: list[str]) -> None:
    assert _told() == faultless


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_changes_something(faultless: list[str], name: str) -> None:
    assert FAULTS[name].sentence.endswith(".")
    assert FAULTS[name].rule
    assert _told(name) != faultless
