"""Names that a store would take for operators or paths: those that the contract admits work as any other."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Devices, version: "1"}
paths:
  /devices:
    get:
      operationId: list_devices
      parameters:
        - {name: push.state, in: query, schema: {type: string}}
        - {name: sort, in: query, schema: {type: string}}
      responses: {"200": {description: all, content: {application/json: {schema: {
        type: array, items: {$ref: "#/components/schemas/Device"}}}}}}
    post:
      operationId: create_device
      requestBody: {content: {application/json: {
        schema: {$ref: "#/components/schemas/Device"}, example: {versions: {watch 2.0: [one]}}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Device"}}}}
        "409": {description: taken}
        "422": {description: moved}
  /devices/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: read_device
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Device"}}}}
        "404": {description: none}
    put:
      operationId: replace_device
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Device"}}}}
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Device"}}}}
        "404": {description: none}
        "409": {description: taken}
        "422": {description: moved}
components:
  schemas:
    Device:
      type: object
      x-resource: {collection: devices, id: id}
      properties:
        id: {type: string, readOnly: true}
        push.state: {type: string, enum: [new, seen], x-transitions: {new: [seen]}}
        push.token: {type: string, x-unique: true}
        $schema: {type: string}
        "100%2E": {type: string}
        versions: {type: object, example: {ios 12.0: [iphone]}}
        push: {type: object, properties: {state: {type: string}, $ref.target: {type: string}}}
        LABELS
"""
LABELS = """labels: {type: object, additionalProperties: {type: string}}
      additionalProperties: {type: string}"""


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT.replace("LABELS", ""), tmp_path_factory.mktemp("devices")) as client:
        yield client


@pytest.mark.parametrize(
    "sent",
    [
        {"push.state": "new", "push": {"state": "other"}},
        {"$schema": "device"},
        {"100%2E": "a", "push.state": "new"},
        {"push": {"$ref.target": "deep"}},
    ],
    ids=["a dot", "a dollar", "an escape", "nested"],
)
def test_a_name_with_a_dot_that_the_contract_declares_is_stored_and_comes_back(
    devices: httpx.Client, sent: dict[str, object]
) -> None:
    created = devices.post("/devices", json=sent)
    assert created.status_code == 201, created.text
    assert sent.items() <= created.json().items()
    assert devices.get(f"/devices/{created.json()['id']}").json() == created.json()
    assert created.json() in devices.get("/devices").json()


def test_a_list_filters_and_sorts_by_a_name_with_a_dot(devices: httpx.Client) -> None:
    for token in ("t2", "t1"):
        devices.post("/devices", json={"push.state": "seen", "push.token": token, "push": {"state": "new"}})
    found = devices.get("/devices", params={"push.state": "seen", "sort": "push.token"}).json()
    assert {one["push.state"] for one in found} == {"seen"}
    tokens = [one["push.token"] for one in found if "push.token" in one]
    assert tokens == sorted(tokens)
    assert {"t1", "t2"} <= {*tokens}


def test_rules_hold_for_a_name_with_a_dot(devices: httpx.Client) -> None:
    first = devices.post("/devices", json={"push.token": "once", "push.state": "seen"}).json()
    twin = devices.post("/devices", json={"push.token": "once"})
    assert (twin.status_code, twin.headers["X-Specdouble-Rule"]) == (409, "unique:devices.push.token")
    back = devices.put(f"/devices/{first['id']}", json={**first, "push.state": "new"})
    assert back.headers["X-Specdouble-Rule"] == "transitions:devices.push.state"
    assert devices.get(f"/devices/{first['id']}").json() == first


def test_a_name_with_a_dot_that_an_example_shows_is_not_refused(devices: httpx.Client) -> None:
    for shown in ("ios 12.0", "watch 2.0"):
        assert devices.post("/devices", json={"versions": {shown: ["iphone"]}}).status_code == 201
    assert devices.post("/devices", json={"versions": {"ios 13.0": ["iphone"]}}).status_code == 422


def test_a_name_with_a_dot_that_the_contract_does_not_declare_is_refused(devices: httpx.Client) -> None:
    for sent in ({"$set": 1}, {"push.other": 1}, {"push": {"$gt": ""}}):
        assert devices.post("/devices", json=sent).status_code == 422


def test_where_the_client_chooses_the_names_any_name_is_stored(tmp_path_factory: pytest.TempPathFactory) -> None:
    labels = {"app.kubernetes.io/name": "x", "$where": "y", "50%25": "z"}
    with client_for(CONTRACT.replace("LABELS", LABELS), tmp_path_factory.mktemp("labels")) as client:
        created = client.post("/devices", json={"labels": labels, **labels}).json()
        assert client.get(f"/devices/{created['id']}").json() == {"id": created["id"], "labels": labels, **labels}
