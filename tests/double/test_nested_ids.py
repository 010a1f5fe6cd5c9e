"""Ids that clients choose, under a parent: the same id under two parents is two documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Flags, version: '1'}
paths:
  /orgs/{org}/flags:
    parameters: [{name: org, in: path, required: true, schema: {type: string}}]
    get:
      operationId: flags
      responses:
        '200':
          description: All.
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Flag'}}}}
    post:
      operationId: add
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Flag'}}}}
      responses:
        '201': {$ref: '#/components/responses/Flag'}
        '409': {description: The flag exists.}
  /orgs/{org}/flags/{key}:
    parameters:
      - {name: org, in: path, required: true, schema: {type: string}}
      - {name: key, in: path, required: true, schema: {type: string}}
    get:
      operationId: flag
      responses: {'200': {$ref: '#/components/responses/Flag'}, '404': {description: None.}}
    put:
      operationId: put
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Flag'}}}}
      responses:
        '200': {$ref: '#/components/responses/Flag'}
        '201': {$ref: '#/components/responses/Flag'}
        '404': {description: None.}
    delete:
      operationId: remove
      responses: {'204': {description: Gone.}, '404': {description: None.}}
components:
  responses:
    Flag: {description: The flag., content: {application/json: {schema: {$ref: '#/components/schemas/Flag'}}}}
  schemas:
    Flag:
      type: object
      required: [key, on]
      properties:
        key: {type: string}
        on: {type: boolean}
"""
HELD = CONTRACT.replace("        key: {type: string}\n", "        key: {type: string}\n        org: {type: string}\n")


@pytest.fixture(scope="module", params=[CONTRACT, HELD], ids=["beside the document", "in a property"])
def flags(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with client_for(request.param, tmp_path_factory.mktemp("flags")) as client:
        yield client


def test_the_same_id_under_two_parents_is_two_documents(flags: httpx.Client) -> None:
    for org, on in (("one", True), ("two", False)):
        assert flags.post(f"/orgs/{org}/flags", json={"key": "dark", "on": on}).status_code == 201
    assert [flags.get(f"/orgs/{org}/flags/dark").json()["on"] for org in ("one", "two")] == [True, False]
    assert flags.put("/orgs/one/flags/dark", json={"key": "dark", "on": False}).status_code == 200
    assert flags.delete("/orgs/two/flags/dark").status_code == 204
    assert [flags.get(f"/orgs/{org}/flags/dark").status_code for org in ("one", "two")] == [200, 404]
    assert [flag["key"] for flag in flags.get("/orgs/one/flags").json()] == ["dark"]


def test_the_same_id_under_one_parent_is_taken(flags: httpx.Client) -> None:
    assert flags.post("/orgs/three/flags", json={"key": "dark", "on": True}).status_code == 201
    refused = flags.post("/orgs/three/flags", json={"key": "dark", "on": False})
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (409, "unique:flags.key")
    assert flags.get("/orgs/three/flags/dark").json()["on"] is True


def test_a_put_creates_under_its_own_parent(flags: httpx.Client) -> None:
    assert flags.put("/orgs/four/flags/new", json={"key": "new", "on": True}).status_code == 201
    assert flags.put("/orgs/five/flags/new", json={"key": "new", "on": False}).status_code == 201
    assert [flags.get(f"/orgs/{org}/flags/new").json()["on"] for org in ("four", "five")] == [True, False]


def test_what_the_store_calls_a_document_is_never_shown(flags: httpx.Client) -> None:
    created = flags.post("/orgs/six/flags", json={"key": "plain", "on": True}).json()
    assert created == flags.get("/orgs/six/flags/plain").json() == flags.get("/orgs/six/flags").json()[0]
    assert set(created) <= {"key", "on", "org"}


def test_a_document_stays_with_its_parent(tmp_path: Path) -> None:
    with client_for(HELD, tmp_path) as flags:
        flags.post("/orgs/one/flags", json={"key": "dark", "on": True})
        moved = flags.put("/orgs/one/flags/dark", json={"key": "light", "on": False, "org": "two"})
        assert moved.json() == {"key": "dark", "on": False, "org": "one"}
        assert flags.get("/orgs/two/flags/light").status_code == 404


def test_a_taken_id_takes_the_old_ones_place_under_its_own_parent_where_no_409_is_declared(tmp_path: Path) -> None:
    without = CONTRACT.replace("        '409': {description: The flag exists.}\n", "")
    with client_for(without, tmp_path) as flags:
        for org, on in (("one", True), ("two", True), ("two", False)):
            assert flags.post(f"/orgs/{org}/flags", json={"key": "dark", "on": on}).status_code == 201
        assert [flags.get(f"/orgs/{org}/flags/dark").json()["on"] for org in ("one", "two")] == [True, False]


@pytest.mark.parametrize("path", ["/flags/{key}", "/teams/{team}/flags/{key}"])
def test_a_path_without_the_parent_makes_ids_those_of_the_whole_collection(tmp_path: Path, path: str) -> None:
    names = [name.partition("}")[0] for name in path.split("{")[1:]]
    parameters = ", ".join(f"{{name: {name}, in: path, required: true, schema: {{type: string}}}}" for name in names)
    other = f"""
  {path}:
    parameters: [{parameters}]
    get:
      operationId: any
      responses: {{'200': {{$ref: '#/components/responses/Flag'}}, '404': {{description: None.}}}}
    delete:
      operationId: removeAny
      responses: {{'204': {{description: Gone.}}, '404': {{description: None.}}}}
components:
"""
    with client_for(CONTRACT.replace("\ncomponents:\n", other), tmp_path) as flags:
        assert flags.post("/orgs/one/flags", json={"key": "dark", "on": True}).status_code == 201
        assert flags.post("/orgs/two/flags", json={"key": "dark", "on": True}).status_code == 409
        assert flags.get("/flags/dark").status_code == (200 if path == "/flags/{key}" else 404)


def test_a_restored_snapshot_knows_whose_children_its_documents_are(flags: httpx.Client) -> None:
    flags.post("/orgs/first/flags", json={"key": "mine", "on": True}).raise_for_status()
    flags.put("/_specdouble/snapshots/nested").raise_for_status()
    flags.delete("/orgs/first/flags/mine").raise_for_status()
    flags.post("/_specdouble/snapshots/nested/restore").raise_for_status()
    assert flags.get("/orgs/first/flags/mine").json()["on"] is True
    assert flags.get("/orgs/second/flags/mine").status_code == 404


@pytest.mark.parametrize("changed", ["left", "right"])
def test_of_two_children_with_one_id_the_changed_one_is_told(flags: httpx.Client, changed: str) -> None:
    flags.post("/_specdouble/reset").raise_for_status()
    for org in ("left", "right"):
        flags.post(f"/orgs/{org}/flags", json={"key": "same", "on": True}).raise_for_status()
    flags.put("/_specdouble/snapshots/twins").raise_for_status()
    flags.put(f"/orgs/{changed}/flags/same", json={"key": "same", "on": False}).raise_for_status()
    (found,) = flags.get("/_specdouble/snapshots/twins/diff").json().values()
    assert [(one["before"]["on"], one["after"]["on"]) for one in found["changed"]] == [(True, False)]
    assert found["added"] == found["removed"] == []
