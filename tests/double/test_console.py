"""What the console asks of a double: its page, the contract, users, documents, and the stream of exchanges."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.console import STATIC
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.double.state.streams import MOST

ROOT = Path(__file__).parent.parent.parent
PROCESS = "64eea1110000000000000001"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client of a double that nobody else asks."""
    with serving(Settings(ROOT)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def documents(client: httpx.Client, collection: str = "lead_management") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/_specdouble/documents/{collection}").json()["documents"]
    return found


def test_the_bare_address_and_an_unknown_path_lead_to_the_console(client: httpx.Client) -> None:
    page = client.get("/", follow_redirects=True)
    assert page.url.path == "/_specdouble/"
    assert client.get("/_specdouble", follow_redirects=True).text == page.text
    assert "/_specdouble/ shows" in client.get("/nowhere").json()["detail"]


def test_the_page_may_run_its_own_modules_and_ask_its_own_host_alone(client: httpx.Client) -> None:
    policy = client.get("/_specdouble/").headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(
        policy.split("; ")
    )
    assert "unsafe" not in policy


def test_all_that_the_page_loads_is_in_the_package() -> None:
    loaded = re.compile(r"""(?:from|import|src=|href=)\s*"([^"#]+)\"""")
    for file in STATIC.iterdir():
        for name in loaded.findall(file.read_text("utf-8")):
            assert (STATIC / Path(name).name).is_file(), (file.name, name)


def test_no_module_makes_markup_of_a_text() -> None:
    for file in STATIC.glob("*.js"):
        text = file.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            file
        )


def test_an_operation_is_told_with_its_rules_its_example_and_the_ids_that_there_are(client: httpx.Client) -> None:
    contract = client.get("/_specdouble/contract").json()
    assert "post_lead_management" in [operation["id"] for operation in contract["operations"]]
    create = client.get("/_specdouble/operations/post_lead_management").json()
    assert "unique:lead_management.configurationName" in [rule["id"] for rule in create["rules"]]
    assert create["bodies"][0]["examples"][0]["value"]["configurationName"] == "Autumn Webinar"
    assert client.get("/_specdouble/operations/none").status_code == 404


def test_users_are_told_by_what_people_know_them_by(client: httpx.Client) -> None:
    schemes = {scheme["scheme"]: scheme for scheme in client.get("/_specdouble/users").json()}
    assert "ada@tether.example" in [user["name"] for user in schemes["bearerAuth"]["users"]]


def test_a_document_is_created_changed_and_deleted(client: httpx.Client) -> None:
    entry = documents(client)[0]
    copy = {name: value for name, value in entry["document"].items() if name != "_id"}
    made = client.post("/_specdouble/documents/lead_management", json={**copy, "configurationName": "Copied"})
    assert made.status_code == 201
    key = {"key": json.dumps(made.json()["_id"])}
    changed = client.put("/_specdouble/documents/lead_management", params=key, json={**made.json(), "costPerLead": 3})
    assert (changed.status_code, changed.json()["costPerLead"]) == (200, 3)
    assert client.delete("/_specdouble/documents/lead_management", params=key).status_code == 204
    assert client.delete("/_specdouble/documents/lead_management", params=key).status_code == 404


def test_a_document_that_breaks_a_rule_or_its_schema_is_refused_and_nothing_changes(client: httpx.Client) -> None:
    before = documents(client)
    first, second = before[0], before[1]
    key = {"key": json.dumps(second["key"])}
    taken = {**second["document"], "configurationName": first["document"]["configurationName"]}
    refused = client.put("/_specdouble/documents/lead_management", params=key, json=taken)
    assert refused.status_code == 409
    assert f"held by {first['key']}" in refused.json()["detail"]
    wrong = client.put("/_specdouble/documents/lead_management", params=key, json={**taken, "costPerLead": "much"})
    assert (wrong.status_code, "/costPerLead" in wrong.json()["detail"]) == (422, True)
    assert client.post("/_specdouble/documents/nowhere", json={}).status_code == 404
    assert client.put("/_specdouble/documents/lead_management", params={"key": "}"}, json={}).status_code == 400
    assert documents(client) == before


def test_a_request_is_sent_as_a_user_of_a_world(client: httpx.Client) -> None:
    body = json.dumps({"configurationName": "Sent", "initialStage": "New", "defaultProcess": PROCESS})
    request = {
        "method": "POST",
        "target": "/api/lead-management",
        "headers": {"Content-Type": "application/json"},
        "body": body,
        "world": "sent",
        "as": "ada@tether.example",
    }
    sent = client.post("/_specdouble/send", json=request).json()
    assert sent["status"] == 201
    story = client.get(f"/_specdouble/journal/{sent['number']}").json()
    assert (story["world"], story["caller"]) == ("sent", "ada@tether.example")
    assert client.post("/_specdouble/send", json={**request, "as": "nobody@x.example"}).status_code == 404
    assert (
        client.post("/_specdouble/send", json={"method": "GET", "target": "https://elsewhere.example/"}).status_code
        == 422
    )
    inside = client.post("/_specdouble/send", json={"method": "POST", "target": "/_specdouble/reset"}).json()
    assert inside["status"] == 404  # the contract's operations alone


def events(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for line in lines:
        if line.startswith("id: "):
            number = int(line.removeprefix("id: "))
        elif line.startswith("data: "):
            yield number, json.loads(line.removeprefix("data: "))


def test_exchanges_are_streamed_as_they_come_and_again_from_where_a_client_left(client: httpx.Client) -> None:
    with client.stream("GET", "/_specdouble/events") as stream:
        told = events(stream.iter_lines())
        client.get("/api/pipelines?token=hunter-22")
        number, news = next(told)
    assert [one["status"] for one in news["exchanges"]] == [401]
    assert "hunter-22" not in json.dumps(news)
    client.get("/api/prompts/user")
    with client.stream("GET", "/_specdouble/events", headers={"Last-Event-ID": str(number)}) as stream:
        _, missed = next(events(stream.iter_lines()))
    assert [one["target"] for one in missed["exchanges"]] == ["/api/prompts/user"]
    # A page that has read the journal knows what it lacks, before it has ever been told anything.
    with client.stream("GET", f"/_specdouble/events?since={number + 1}") as stream:
        assert next(events(stream.iter_lines()))[1] == missed


def test_what_is_too_fast_to_be_shown_is_counted(client: httpx.Client) -> None:
    last = client.get("/_specdouble/journal?limit=1&format=summary").json()[0]["number"]
    for _ in range(120):
        client.get("/api/pipelines")
    with client.stream("GET", "/_specdouble/events", headers={"Last-Event-ID": str(last)}) as stream:
        _, news = next(events(stream.iter_lines()))
    assert (len(news["exchanges"]), news["left_out"]) == (100, 20)


def listening(url: httpx.URL) -> socket.socket:
    """A connection that has asked for the stream, and is answered."""
    connection = socket.create_connection((url.host, url.port or 80), timeout=10)
    connection.sendall(b"GET /_specdouble/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"HTTP/1.1" in connection.recv(4096)
    return connection


def test_more_consoles_than_there_may_be_are_told_so_until_one_is_closed(client: httpx.Client) -> None:
    streams = [listening(client.base_url) for _ in range(MOST)]
    refused = client.get("/_specdouble/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    for stream in streams:
        stream.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with client.stream("GET", "/_specdouble/events") as again:
            if again.status_code == 200:
                return
        time.sleep(0.05)
    pytest.fail("closed streams leave no place")


@pytest.mark.slow
def test_an_open_console_does_not_delay_the_end() -> None:
    command = [sys.executable, "-m", "specdouble", "serve", "--quiet", "--port", "0", "--grace", "30", str(ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = httpx.URL(process.stdout.readline().split(" at ")[1].strip())
        stream = listening(url)
        process.send_signal(signal.SIGTERM)
        # The grace is thirty seconds: whoever waits for the stream takes as long.
        process.wait(timeout=20)
        assert "GET /_specdouble/events" not in process.stderr.read()
        stream.close()
