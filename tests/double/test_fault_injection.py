"""Injected faults: what a client has to live with can be rehearsed, and nothing else is disturbed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.double import Double, Settings
from specdouble.double.http.fault_injection import fault_of, faults_of
from specdouble.double.server import Server
from tests.contracts import FOLDER

ROOT = Path(__file__).parent.parent.parent
FAULTS = "/_specdouble/faults"
TASKS = "/api/v1/tasks"
CREATE = f"POST {TASKS}"


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    server = Server(Double(Settings(FOLDER / "tasks.yaml", seed=1)), "127.0.0.1", 0)
    with server.running() as url, httpx.Client(base_url=url, timeout=30) as client:
        client.get(TASKS).raise_for_status()  # from here on the collection has its documents
        yield client


@pytest.fixture
def client(server: httpx.Client) -> Iterator[httpx.Client]:
    yield server
    server.delete(FAULTS)
    server.post("/_specdouble/reset")
    server.get(TASKS)


def inject(client: httpx.Client, **fault: Any) -> None:
    client.put(FAULTS, json=[fault]).raise_for_status()


def create(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.post(TASKS, json={"title": "A task"}, headers=headers)


def held(client: httpx.Client) -> int:
    return int(client.get("/_specdouble/worlds").json()[0]["documents"].get("tasks", 0))


def test_a_status_is_answered_in_the_declared_shape_and_nothing_is_done(client: httpx.Client) -> None:
    before = held(client)
    inject(client, operation=CREATE, status=503)
    answer = create(client)
    assert (answer.status_code, "json" in answer.headers["content-type"]) == (503, True)
    assert held(client) == before
    assert client.get(TASKS).status_code == 200


def test_an_answer_takes_the_time_that_is_injected(client: httpx.Client) -> None:
    inject(client, delay=0.2)
    began = time.perf_counter()
    assert create(client).status_code == 201
    assert time.perf_counter() - began >= 0.15  # the clock of the loop counts milliseconds


@pytest.mark.parametrize("delay", [{"low": 0, "high": 0.01}, {"median": 0.01, "sigma": 0.2}])
def test_a_delay_may_be_drawn(client: httpx.Client, delay: dict[str, float]) -> None:
    inject(client, delay=delay)
    assert create(client).status_code == 201


@pytest.mark.parametrize(("connection", "stored"), [("drop", 0), ("drop-after", 1), ("cut", 1)])
def test_a_connection_breaks_before_or_after_the_effect(client: httpx.Client, connection: str, stored: int) -> None:
    before = held(client)
    inject(client, operation=CREATE, connection=connection)
    with pytest.raises(httpx.RemoteProtocolError):
        create(client)
    assert held(client) == before + stored


def test_a_body_trickles_and_comes_whole(client: httpx.Client) -> None:
    inject(client, operation=CREATE, trickle=0.2)
    began = time.perf_counter()
    assert create(client).json()["title"] == "A task"
    assert time.perf_counter() - began >= 0.15  # the clock of the loop counts milliseconds


def test_a_fault_concerns_its_world_and_its_times(client: httpx.Client) -> None:
    inject(client, world="w", status=500, times=1)
    in_world = {"X-Specdouble-World": "w"}
    statuses = [
        create(client).status_code,
        create(client, **in_world).status_code,
        create(client, **in_world).status_code,
    ]
    assert statuses == [201, 500, 201]
    assert client.get(FAULTS).json()[0]["met"] == 1


def test_a_share_of_requests_meets_it_and_the_same_ones_again(client: httpx.Client) -> None:
    runs = []
    for _ in range(2):
        inject(client, share=0.5, status=500)
        runs.append([create(client).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {201, 500}


def test_what_went_wrong_stands_in_the_journal(client: httpx.Client) -> None:
    inject(client, operation=CREATE, status=503)
    create(client)
    assert client.get("/_specdouble/journal").json()[0]["explanation"]["detail"] == "an injected fault"


def test_a_rule_refuses_on_demand() -> None:
    rule = "unique:lead_management.configurationName"
    with Server(Double(Settings(ROOT)), "127.0.0.1", 0).running() as url, httpx.Client(base_url=url) as client:
        headers = client.get("/_specdouble/credentials/ada@tether.example").json()["headers"]
        body = {"configurationName": "New", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}
        wished = client.post("/api/lead-management", json=body, headers={**headers, "Prefer": f'rule="{rule}"'})
        other = client.get("/api/prompts/user", headers={**headers, "Prefer": f'rule="{rule}"'})
        client.put(FAULTS, json=[{"rule": rule}]).raise_for_status()
        injected = client.post("/api/lead-management", json=body, headers=headers)
    for answer in (wished, injected):
        assert (answer.status_code, answer.headers["X-Specdouble-Rule"]) == (400, rule)
    assert (other.status_code, "is under" in other.text) == (400, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "array"),
        ("[{}]", "nothing goes wrong"),
        ('[{"share": 2, "status": 500}]', "from 0 to 1"),
        ('[{"status": 700}]', "200 to 599"),
        ('[{"delay": "long"}]', "delay"),
        ('[{"delay": {"low": 1}}]', "low"),
        ('[{"delay": 1e9}]', "600"),
        ('[{"statos": 500}]', "statos"),
        ('[{"status": 500, "operation": "create_tsk"}]', "no operation"),
        ('[{"rule": "unique:none"}]', "no rule"),
        ("[", "truncated"),
    ],
)
def test_what_is_no_fault_is_told(client: httpx.Client, text: str, told: str) -> None:
    answer = client.put(FAULTS, content=text)
    assert (answer.status_code, told in answer.text) == (422, True), answer.text
    assert client.get(FAULTS).json() == []


def test_a_fault_can_be_written_in_one_line() -> None:
    contract = read(FOLDER / "tasks.yaml")
    written = fault_of(f"{CREATE}: status=503, share=0.1", contract)
    assert [written] == faults_of(f'[{{"operation": "{CREATE}", "status": 503, "share": 0.1}}]', contract)
    assert fault_of("delay=0.2", contract).delay == 0.2
    assert [fault_of("delay=0.1..2", contract)] == faults_of('[{"delay": {"low": 0.1, "high": 2}}]', contract)


@pytest.mark.parametrize("text", ["delay", "POST /nowhere: status=500", "status=five", ""])
def test_a_line_that_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"name=value|no operation|int|wrong"):
        fault_of(text, read(FOLDER / "tasks.yaml"))


def test_a_world_stays_while_one_of_its_requests_is_delayed() -> None:
    double = Double(Settings(FOLDER / "tasks.yaml", worlds=2))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=30) as client:
        first, other = {"X-Specdouble-World": "first"}, {"X-Specdouble-World": "other"}
        create(client, **first)
        inject(client, world="first", delay=1)
        with ThreadPoolExecutor(1) as pool:
            delayed = pool.submit(httpx.post, f"{url}{TASKS}", json={"title": "Delayed"}, headers=first)
            while not double.worlds.of("first").busy:  # until it waits
                time.sleep(0.01)
            refused = client.get(TASKS, headers=other)  # there is room for two worlds, and none is idle
            assert delayed.result().status_code == 201
        client.delete(FAULTS)
        assert refused.status_code == 503
        assert "Delayed" in client.get(TASKS, headers=first).text
