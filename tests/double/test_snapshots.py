"""Snapshots: what was taken comes back as it was, under the contract's rules."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server, serving
from specdouble.double.state.problem import Problem
from specdouble.double.state.upload import FILES
from tests.contracts import FOLDER

ROOT = Path(__file__).parent.parent.parent
TASKS = "/api/v1/tasks"
SNAPSHOT = "/_specdouble/snapshots/before"
DOTTED = """openapi: 3.0.3
info: {title: A, version: '1'}
paths: {}
components:
  schemas:
    Thing:
      type: object
      x-resource: {collection: things}
      properties: {id: {type: string}, a.b: {type: integer}, $c: {type: integer}}
"""


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    double = Double(Settings(FOLDER / "tasks.yaml"))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def uploads() -> Iterator[str]:
    with serving(Settings(Path(__file__).parent / "uploads.yaml")) as url:
        yield url


def create(client: httpx.Client, title: str, **headers: str) -> dict[str, Any]:
    created: dict[str, Any] = client.post(TASKS, json={"title": title}, headers=headers).raise_for_status().json()
    return created


def titles(client: httpx.Client, **headers: str) -> set[str]:
    answer = client.get(TASKS, headers=headers).json()
    tasks = answer if isinstance(answer, list) else answer["items"]
    return {task["title"] for task in tasks}


def test_a_world_comes_back_to_what_was_taken(client: httpx.Client) -> None:
    create(client, "kept")
    before = titles(client)
    assert client.put(SNAPSHOT).status_code == 201
    create(client, "lost")
    assert client.post(f"{SNAPSHOT}/restore").status_code == 204
    assert titles(client) == before


def test_documents_whose_names_are_escaped_are_taken_and_come_back(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(DOTTED)
    double = Double(Settings(tmp_path))
    world = double.world("default")
    world.collection("things", None).insert_one({"a.b": 1, "$c": 2})
    taken = world.documents()
    assert [(one["a.b"], one["$c"]) for one in taken["things"]] == [(1, 2)]
    world.begin_with(taken)
    assert world.documents() == taken


def test_a_snapshot_of_one_world_is_restored_in_another(client: httpx.Client) -> None:
    create(client, "elsewhere", **{"X-Specdouble-World": "one"})
    client.put(SNAPSHOT, headers={"X-Specdouble-World": "one"})
    client.post(f"{SNAPSHOT}/restore", headers={"X-Specdouble-World": "two"})
    assert "elsewhere" in titles(client, **{"X-Specdouble-World": "two"})
    assert "elsewhere" not in titles(client)


def test_the_difference_is_told_document_by_document(client: httpx.Client) -> None:
    changed, removed = create(client, "changed"), create(client, "removed")
    client.put(SNAPSHOT)
    patch = {"Content-Type": "application/merge-patch+json"}
    client.patch(f"{TASKS}/{changed['id']}", content='{"title": "new"}', headers=patch).raise_for_status()
    client.delete(f"{TASKS}/{removed['id']}").raise_for_status()
    added = create(client, "added")
    (found,) = client.get(f"{SNAPSHOT}/diff").json().values()
    assert [one["id"] for one in found["added"]] == [added["id"]]
    assert [one["id"] for one in found["removed"]] == [removed["id"]]
    assert [(one["before"]["title"], one["after"]["title"]) for one in found["changed"]] == [("changed", "new")]


def test_an_exported_snapshot_can_be_imported_elsewhere(client: httpx.Client) -> None:
    create(client, "exported")
    client.put(SNAPSHOT)
    exported = client.get(SNAPSHOT)
    other = "/_specdouble/snapshots/other"
    assert client.put(other, content=exported.content).json()["documents"] == {
        name: len(documents) for name, documents in exported.json().items()
    }
    client.post(f"{other}/restore", headers={"X-Specdouble-World": "new"})
    assert titles(client, **{"X-Specdouble-World": "new"}) == titles(client)


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        ('{"tasks": [{"id": 5, "title": []}]}', 422, "tasks"),
        ("[]", 422, "no object of collections"),
        ('{"tasks": {}}', 422, "no array of documents"),
        ("{", 422, "not JSON"),
        (b"\xff", 400, "not UTF-8"),
    ],
)
def test_what_breaks_the_contract_is_no_snapshot(
    client: httpx.Client, content: str | bytes, status: int, told: str
) -> None:
    answer = client.put(SNAPSHOT, content=content)
    assert (answer.status_code, told in answer.text) == (status, True), answer.text
    assert client.get("/_specdouble/snapshots").json() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_specdouble/snapshots/none", 404),
        ("POST", "/_specdouble/snapshots/none/restore", 404),
        ("GET", "/_specdouble/snapshots/none/diff", 404),
        ("DELETE", "/_specdouble/snapshots/none", 404),
        ("PUT", "/_specdouble/snapshots/a%20b", 400),
        ("POST", "/_specdouble/snapshots/none", 405),
        ("DELETE", "/_specdouble/worlds/none", 404),
        ("DELETE", "/_specdouble/worlds/default", 409),
    ],
)
def test_what_cannot_be_done_is_told(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_worlds_are_listed_and_forgotten(client: httpx.Client) -> None:
    create(client, "here", **{"X-Specdouble-World": "w"})
    listed = {world["name"]: world for world in client.get("/_specdouble/worlds").json()}
    assert listed["w"]["writes"] == 1
    assert client.delete("/_specdouble/worlds/w").status_code == 204
    assert [world["name"] for world in client.get("/_specdouble/worlds").json()] == ["default"]


@settings(max_examples=5, deadline=None)
@given(files=st.lists(st.binary(max_size=40), min_size=1, max_size=4), gone=st.integers(0, 3))
def test_files_come_back_from_a_snapshot_and_from_an_export_of_it(uploads: str, files: list[bytes], gone: int) -> None:
    with httpx.Client(base_url=uploads, headers={"X-Specdouble-World": uuid4().hex}) as client:
        made = [client.post("/files", files={"file": ("a.bin", content)}).json()["id"] for content in files]
        client.put("/_specdouble/snapshots/taken")
        exported = client.get("/_specdouble/snapshots/taken").json()
        assert client.put("/_specdouble/snapshots/imported", json=exported).is_success
        for name in ("taken", "imported"):
            client.delete(f"/files/{made[gone % len(made)]}")
            client.put(f"/files/{made[0]}/content", content=b"x", headers={"content-type": "application/octet-stream"})
            assert client.post(f"/_specdouble/snapshots/{name}/restore").status_code == 204
            assert [client.get(f"/files/{one}/content").content for one in made] == files
            assert client.get(f"/_specdouble/snapshots/{name}/diff").json() == {}


def test_what_keeps_no_file_is_refused_at_its_import_with_what_is_missing(uploads: str) -> None:
    kept = {"_id": "/files\n1", "name": "a", "type": "text/plain", "content": "as an earlier version kept it"}
    with httpx.Client(base_url=uploads) as client:
        refused = client.put("/_specdouble/snapshots/old", json={FILES: [kept]})
        broken = client.put("/_specdouble/snapshots/old", json={FILES: [{**kept, "base64": "%"}]})
    assert (refused.status_code, broken.status_code) == (422, 422)
    assert "the document keeps no file: `base64` is no text" in refused.json()["detail"]
    assert "`base64` is not that" in broken.json()["detail"]


def test_a_kept_file_that_cannot_be_read_says_which_and_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    double = Double(Settings(Path(__file__).parent / "uploads.yaml"))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url) as client:
        made = client.post("/files", files={"file": ("a.bin", b"abc")}).json()["id"]
        double.world("default").collection(FILES, None).update_many({}, {"$unset": {"base64": ""}})
        answer = client.get(f"/files/{made}/content")
        (told,) = client.get("/_specdouble/journal", params={"limit": 1}).json()
    assert answer.status_code == 500
    assert "upload it again" in str(told["explanation"])


# A program: each step writes as one of the users, by what the collection offers.
STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "rename", "delete", "many"]), st.integers(0, 9), st.integers(0, 9)),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, STEPS)
def test_a_restored_snapshot_equals_the_taken_one(before: list[Any], after: list[Any]) -> None:
    double = one_double()
    double.reset()
    world = double.world("default")
    play(double, before)
    double.snapshots.keep("taken", world.documents())
    taken = copy.deepcopy(world.documents())
    play(double, after)
    double.snapshots.restore("taken", world)
    assert world.documents() == taken
    own = [one for one in taken["lead_management"] if one["userId"] == owner(double)["userId"]]
    for name in {one["configurationName"] for one in own}:
        with pytest.raises(Problem):  # the unique keys are there again too
            insert(double, name)


def one_double(kept: list[Double] = []) -> Double:  # noqa: B006  (one for all examples)
    if not kept:
        kept.append(Double(Settings(ROOT)))
    return kept[0]


def owner(double: Double) -> dict[str, Any]:
    (user,) = (one for one in double.seed["users"] if one["email"] == "ada@tether.example")
    return {"userId": user["id"], "organizationId": user["organizationId"]}


def insert(double: Double, name: str) -> None:
    document = {"configurationName": name, "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}
    double.world("default").collection("lead_management", owner(double)).insert_one(document)


def play(double: Double, steps: list[tuple[str, int, int]]) -> None:
    collection = double.world("default").collection("lead_management", owner(double))
    for step, one, other in steps:
        try:
            if step == "insert":
                insert(double, f"name {one}")
            elif step == "rename":
                change = {"$set": {"configurationName": f"name {other}"}}
                collection.update_one({"configurationName": f"name {one}"}, change)
            elif step == "delete":
                collection.delete_one({"configurationName": f"name {one}"})
            else:
                collection.update_many({}, {"$set": {"costPerLead": other}})
        except Problem:
            continue
