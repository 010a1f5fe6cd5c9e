"""The journal: what it shows, what it leaves out, and how much it keeps."""

from __future__ import annotations

import base64
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import Violation, read
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.double.state.journal import BYTES, KEPT, Journal
from specdouble.double.state.masking import MASK, Masking
from specdouble.double.state.problem import Problem

ROOT = Path(__file__).parent.parent.parent
MASKING = Masking(read(ROOT))


def record(journal: Journal, **given: Any) -> None:
    entry = {"time": 1.0, "seconds": 0.1, "world": "default", "method": "POST", "path": "/a", "query": b""}
    entry |= {"operation": None, "request_body": b"", "status": 200, "response_body": b"", "rule": None, "why": None}
    entry |= {"caller": None, "media_type": b"", "is_read": True, "writes": ()}
    journal.record(tuple({**entry, **given}.values()))


def test_a_large_body_is_kept_as_far_as_it_is_shown() -> None:
    journal = Journal()
    tracemalloc.start()
    for _ in range(200):
        record(journal, request_body=b"x" * 1_000_000, response_body=bytes(1_000_000))
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 4_000_000
    shown = journal.shown(MASKING)[0]["request"]
    assert (len(shown.split(" … ")[0]), shown.split(" … ")[1]) == (4096, "(1000000 bytes)")


def test_what_is_new_is_told_across_a_reset() -> None:
    journal = Journal()
    for _ in range(3):
        record(journal)
    seen = journal.recorded
    journal.clear()
    record(journal, path="/b")
    assert [entry.path for entry in journal.since(seen)] == ["/b"]


@pytest.mark.parametrize(
    "why",
    [
        Problem(400, violations=[Violation("body", f"/{n}", "is wrong " * 100) for n in range(2000)]),
        Problem(400, violations=[Violation("body", "", "x" * 2_000_000 + " is not an object")]),
        Problem(400, "x" * 2_000_000),
        {"failure": "Traceback\n" + "x" * 2_000_000 + "\nKeyError: 'the end'", "violations": []},
    ],
    ids=["many", "long", "title", "traceback"],
)
def test_an_explanation_is_kept_as_far_as_a_reader_reads(why: Any) -> None:
    journal = Journal()
    record(journal, status=400, why=why)
    explanation = json.dumps(journal.shown(MASKING)[0]["explanation"])
    assert 100 < len(explanation) < 10_000
    assert "failure" not in explanation or "KeyError: 'the end'" in explanation


def test_the_oldest_make_room_by_number_and_by_bytes_and_are_counted() -> None:
    journal = Journal()
    for number in range(KEPT + 7):
        record(journal, path=f"/{number}")
    told = journal.shown(MASKING)
    assert (len(told), told[-1]["target"], journal.forgotten) == (KEPT, "/7", 7)
    journal.clear()
    assert (journal.shown(MASKING), journal.forgotten) == ([], 0)
    many = 900
    for _ in range(many):
        record(journal, path="/" + "a" * 8000, request_body=bytes(5000), response_body=bytes(5000))
    left = len(journal.shown(MASKING))
    assert left == BYTES // (2 * 4096 + 8001 + len("default"))
    assert journal.forgotten == many - left


CONTRACT = """
openapi: 3.0.3
info: {title: Secrets, version: '1'}
paths:
  /login:
    post:
      operationId: login
      tags: [auth]
      parameters: [{name: api_key, in: query, schema: {type: string}}]
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Login'}}
          application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Login'}}
          multipart/form-data: {schema: {$ref: '#/components/schemas/Login'}}
          application/xml: {schema: {$ref: '#/components/schemas/Login'}}
      responses:
        '200': {description: In., content: {application/json: {schema: {type: object}}}}
        '400': {description: No.}
components:
  schemas:
    Login:
      type: object
      required: [password]
      properties:
        password: {type: string, minLength: 7, maxLength: 5000}
        mother: {type: string, writeOnly: true}
        name: {type: string}
"""
HANDLER = """
def login(body):
    if body.get("name") == "fails":
        raise KeyError(body["password"])
    return {"token": "made-for-" + body["password"], "echo": body["password"], "name": body.get("name")}
"""


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (folder / "handlers").mkdir()
    (folder / "handlers" / "auth.py").write_text(HANDLER, "utf-8")
    with serving(Settings(folder)) as url:
        yield url


SENT: dict[str, dict[str, Any]] = {
    "json": {"json": {"password": "hunter-22", "mother": "maiden-name"}},
    "form": {"data": {"password": "hunter-22", "mother": "maiden-name"}},
    "multipart": {"files": {"password": (None, "hunter-22"), "mother": (None, "maiden-name")}},
    "xml": {"content": "<Login><password>hunter-22</password></Login>", "headers": {"Content-Type": "application/xml"}},
    "broken": {"content": '{"password": "hunter-22", "mother": "maiden-name"'},
    "long": {"json": {"name": "x" * 3000, "password": "hunter-22" * 300, "mother": "maiden-name"}},
    "query": {"params": {"api_key": "hunter-22"}, "json": {"password": "hunter-22"}},
    "failure": {"json": {"password": "hunter-22", "name": "fails"}},
    "violation": {"json": {"password": "hunter", "mother": ["maiden-name"]}},
    "header": {
        "json": {"password": "hunter-22"},
        "headers": {"Authorization": "Bearer hunter-23", "Cookie": "session=hunter-24", "X-API-Key": "hunter-25"},
    },
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT.keys())
def test_no_credential_gets_into_the_journal_however_it_is_sent(secrets: str, sent: dict[str, Any]) -> None:
    httpx.post(f"{secrets}/_specdouble/reset").raise_for_status()
    headers = {"Content-Type": "application/json"} if "content" in sent else {}
    httpx.post(f"{secrets}/login", **{"headers": headers, **sent})
    journal = httpx.get(f"{secrets}/_specdouble/journal")
    (entry,) = journal.json()
    assert entry["operation"] == "login"
    assert "hunter" not in journal.text
    assert "maiden" not in journal.text
    assert MASK in journal.text


def test_a_login_of_the_project_shows_neither_password_nor_token(world: httpx.Client) -> None:
    answer = world.post("/api/auth/login", json={"email": "ada@tether.example", "password": "ada-password"})
    (entry,) = [
        one for one in world.get("/_specdouble/journal").json() if one["world"] == world.headers["X-Specdouble-World"]
    ]
    assert "ada-password" not in str(entry)
    assert answer.json()["token"] not in str(entry)
    assert "ada@tether.example" in str(entry)
    assert base64.b64encode(b"ada-password").decode() not in str(entry)


def test_how_many_had_to_make_room_is_told(secrets: str) -> None:
    httpx.post(f"{secrets}/_specdouble/reset").raise_for_status()
    with httpx.Client(base_url=secrets) as client:
        for _ in range(KEPT + 3):
            client.get("/nowhere")
        assert client.get("/_specdouble/journal").headers["X-Specdouble-Forgotten"] == "3"


def test_it_is_searched_by_the_fields_of_an_exchange() -> None:
    journal = Journal()
    record(journal, path="/a", status=400, world="w")
    record(journal, path="/b", status=400)
    assert [one["target"] for one in journal.shown(MASKING, status="400", world="w")] == ["/a"]


def test_a_search_by_another_field_is_told() -> None:
    with serving(Settings(ROOT)) as url:
        answer = httpx.get(f"{url}/_specdouble/journal?colour=red")
        assert (answer.status_code, "colour" in answer.text) == (400, True)
        assert httpx.get(f"{url}/_specdouble/journal?status=200").status_code == 200
